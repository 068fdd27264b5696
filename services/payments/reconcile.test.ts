import { randomUUID } from 'node:crypto'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { reconcile } from './reconcile.ts'
import { paymentsWorld, type TestWorld } from './test-payments.ts'

const database = await testDatabase([{ name: 'payments', migrations: new URL('./migrations/', import.meta.url) }])
const db = database.open('payments')
afterAll(() => database.close())

const compared = (world: TestWorld) =>
  reconcile(db, world.memory.provider, new Date(0), new Date(world.clock.now.getTime() + 86_400_000))

async function settledWorld() {
  const world = paymentsWorld(db, { fraud: undefined })
  const card = () => world.asked({ method: 'card', token: 'tok_1', amountMinor: 1_000 })
  const ids = [await card(), await card(), await card()] as const
  world.memory.troubles.push('none', 'none', 'decline')
  await world.settle(1)
  // Which of the three is declined is nobody's choice: they are due in the same millisecond.
  const paid = ids.find((id) => world.memory.of(id).state !== 'declined') as string
  await world.refund(paid, 400)
  await world.settle(3)
  return { world, ids, captured: ids.filter((id) => world.memory.of(id).state === 'captured') }
}

describe('comparing books', () => {
  test('that agree finds nothing, whatever became of the payments', async () => {
    const { world } = await settledWorld()
    const report = await compared(world)
    expect(report).toMatchObject({ compared: 3, differences: [], more: 0 })
    expect(report.totals).toEqual([{ currency: 'EUR', oursMinor: 1_600, theirsMinor: 1_600 }])
  })

  test('names each difference with its cause', async () => {
    const { world, captured } = await settledWorld()
    const [first, second] = captured as [string, string]
    const { books } = world.memory
    const record = world.memory.of(second)
    const find = async (change: Partial<typeof record>) => {
      const before = { ...record }
      Object.assign(record, change)
      const { differences } = await compared(world)
      Object.assign(record, before)
      return differences.map(({ reference, cause }) => [reference === second ? 'second' : 'other', cause])
    }
    expect(await find({ refundedMinor: 100 })).toEqual([['second', 'refunded-differs']])
    expect(await find({ capturedMinor: 900 })).toEqual([['second', 'captured-differs']])
    expect(await find({ captures: 2 })).toEqual([['second', 'captured-twice']])
    expect(await find({ currency: 'USD' })).toEqual([['second', 'other-amount']])
    expect(await find({ ourReference: randomUUID() })).toEqual([
      ['other', 'not-in-our-books'],
      ['second', 'not-at-the-provider'],
    ])
    books.delete(first)
    expect((await compared(world)).differences).toMatchObject([
      { reference: first, cause: 'not-at-the-provider', theirsMinor: 0 },
    ])
  })

  test('says of what is being worked on that it is under way', async () => {
    const { world, captured } = await settledWorld()
    await world.refund(captured[1] as string, 100)
    expect((await compared(world)).differences).toEqual([])
    world.memory.troubles.push('lost-after')
    await world.dispatch()
    expect((await compared(world)).differences).toMatchObject([{ cause: 'under-way' }])
    await world.settle(3)
    expect((await compared(world)).differences).toEqual([])
  })
})
