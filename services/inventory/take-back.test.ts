import { randomUUID } from 'node:crypto'
import { AssignmentService } from '@souk/contracts/inventory'
import { createDirectory } from '@souk/rpc'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { inventory } from './index.ts'
import { listMovements } from './inventory.sql.ts'
import { rpc } from './rpc.ts'
import { settleAbandoned } from './settle-transfers.ts'
import { shopWithLots } from './test-goods.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

/** A shop from whose ten units four were sold and shipped. */
async function shipped(expiresOn?: string) {
  const inv = await shopWithLots(shards, { A: { units: 10, ...(expiresOn === undefined ? {} : { expiresOn }) } })
  const order = inv.order(4)
  inv.orders.promise(inv.variantId, 4)
  await inv.assign(order)
  await inv.issue(order)
  // As orders does once a shipment is issued.
  inv.orders.ship(inv.variantId, 4)
  const ledger = async () =>
    (await listMovements(shards.ofOwner(inv.shopId).db.autocommit, inv.variantId, undefined, 3))
      .map((each) => `${each.kind} ${each.onHandDelta || each.allottedDelta}`)
      .sort()
  return { ...inv, sold: order, ledger }
}

describe('goods that come back', () => {
  test('lie in a lot of their own and can be ordered again', async () => {
    const inv = await shipped('2026-12-24')
    expect(await inv.takeBack(inv.sold, 3, true)).toEqual([])
    expect(await inv.lots()).toEqual(['A 6/0', 'returned 2026-12-24 3/0'])
    expect(await inv.books()).toEqual({ onHand: 9, allotted: 9 })
    expect([inv.orders.remaining(inv.variantId), inv.orders.granted(inv.variantId)]).toEqual([9, 9])
    expect(await inv.ledger()).toEqual(['grant 3', 'issue -4', 'return 3'])
    expect(await inv.audit()).toEqual([])
  })

  test('broken, are entered and written off, and nobody can order them', async () => {
    const inv = await shipped()
    await inv.takeBack(inv.sold, 3, false)
    expect(await inv.lots()).toEqual(['A 6/0'])
    expect(await inv.books()).toEqual({ onHand: 6, allotted: 6 })
    expect(await inv.ledger()).toEqual(['issue -4', 'return 3', 'write-off -3'])
    expect(await inv.audit()).toEqual([])
  })

  test('expired meanwhile, are written off whatever was asked', async () => {
    const inv = await shipped('2026-12-24')
    inv.clock.now = new Date('2026-12-25T00:00:00Z')
    const returnId = randomUUID()
    const lines = [
      { variantId: inv.variantId, quantity: 2, restock: true },
      { variantId: inv.variantId, quantity: 1, restock: false },
    ]
    // Whoever asked for them to be sold again is told, also when he asks twice.
    for (const _ of [1, 2])
      expect(await inv.takeBackLines(inv.sold, lines, returnId)).toEqual([{ variantId: inv.variantId, quantity: 2 }])
    expect(await inv.books()).toMatchObject({ onHand: 6 })
    expect(await inv.ledger()).toContain('write-off -3')
  })

  test('come back once, however often it is said, and in whatever order', async () => {
    const inv = await shipped()
    const returnId = randomUUID()
    await Promise.all(Array.from({ length: 10 }, () => inv.takeBack(inv.sold, 1, true, returnId)))
    expect(await inv.books()).toEqual({ onHand: 7, allotted: 7 })
    await expect(inv.takeBack(inv.sold, 2, true, returnId)).rejects.toMatchObject({ code: 'idempotency-mismatch' })
    expect(await inv.audit()).toEqual([])
  })

  test('are never more than were shipped, over all returns of an order', async () => {
    const inv = await shipped()
    await inv.takeBack(inv.sold, 3, false)
    const more = inv.takeBack(inv.sold, 2, true)
    await expect(more).rejects.toMatchObject({ code: 'more-returned-than-issued', extra: { atMost: 1 } })
    await expect(inv.takeBack(inv.order(1), 1, true)).rejects.toMatchObject({ code: 'more-returned-than-issued' })
    await inv.takeBack(inv.sold, 1, true)
    expect(await inv.books()).toMatchObject({ onHand: 7 })
    expect(await inv.audit()).toEqual([])
  })

  test('are up for sale a little later when orders is away just then', async () => {
    const inv = await shipped()
    inv.orders.troubles.push('answer-lost')
    await inv.takeBack(inv.sold, 4, true)
    expect(await inv.books()).toEqual({ onHand: 10, allotted: 6 })
    await settleAbandoned(inv.deps, -1_000)
    expect(await inv.books()).toEqual({ onHand: 10, allotted: 10 })
    expect(inv.orders.granted(inv.variantId)).toBe(10)
    expect(await inv.audit()).toEqual([])
  })
})

test('other services ask for all of it by calls, and read the whole story of an order', async () => {
  const inv = await shopWithLots(shards, { A: { units: 10, expiresOn: '2026-12-24' } })
  const directory = createDirectory()
  directory.serve(rpc(inv.deps), [AssignmentService])
  const client = directory.client(AssignmentService)
  const { shopId, variantId } = inv
  const order = inv.order(4)
  const asked = (units: bigint) => [{ variantId, quantity: units }]
  expect(
    await client.assign({
      orders: [
        { ...order, lines: asked(4n) },
        { ...inv.order(1), lines: asked(7n) },
      ],
    }),
  ).toMatchObject({
    answers: [
      { orderId: order.orderId, assigned: true },
      { assigned: false, variantId, reason: 'held' },
    ],
  })
  const about = { orderId: order.orderId, shopId, actorId: 'packer' }
  inv.clock.now = new Date('2026-11-22T09:00:00Z')
  const shipment = { ...about, shipmentId: randomUUID(), lines: asked(3n) }
  expect(await client.issue(shipment)).toMatchObject({ issued: true })
  expect(await client.issue({ ...shipment, shipmentId: randomUUID() })).toMatchObject({
    issued: false,
    reason: 'short',
  })
  inv.clock.now = new Date('2026-11-23T09:00:00Z')
  const lines = [
    { variantId, quantity: 1n, restock: true },
    { variantId, quantity: 1n, restock: false },
  ]
  await client.takeBack({ ...about, returnId: randomUUID(), lines })
  inv.clock.now = new Date('2026-11-24T09:00:00Z')
  await client.release({ orders: [{ orderId: order.orderId, shopId }] })
  const { entries } = await client.getStory({ orderId: order.orderId, shopId })
  expect(entries.map(({ what, detail }) => `${what}: ${detail}`)).toEqual([
    'set apart: 4 × POT-0, lot A, expires 2026-12-24',
    'issued: 3 × POT-0, lot A, expires 2026-12-24',
    'taken back: 2 × POT-0',
    'written off: 1 × POT-0',
    'released: 1 × POT-0, lot A, expires 2026-12-24',
  ])
  expect((await client.getStory({ orderId: order.orderId, shopId: randomUUID() })).entries).toEqual([])
  await expect(client.assign({ orders: [{ ...order, lines: [...asked(1n), ...asked(1n)] }] })).rejects.toThrow(
    'names a variant twice',
  )
  expect(await inv.audit()).toEqual([])
})
