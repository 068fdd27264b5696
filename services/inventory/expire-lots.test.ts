import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { writeOffExpired } from './expire-lots.ts'
import { inventory } from './index.ts'
import { settleAbandoned } from './settle-transfers.ts'
import { shopWithLots } from './test-goods.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

async function dayAfter(promised: number, setApart = 0) {
  // The job looks at every shop: what the tests before left lying keeps from now on.
  await database.query('update inventory.lots set expires_on = null')
  const inv = await shopWithLots(shards, { soon: { units: 6, expiresOn: '2026-11-22' }, keeps: { units: 4 } })
  const order = inv.order(setApart)
  inv.orders.promise(inv.variantId, promised)
  if (setApart > 0) await inv.assign(order)
  inv.clock.now = new Date('2026-11-23T00:00:01Z')
  return { ...inv, setApart: order }
}

describe('a lot that has expired', () => {
  test('is taken out of sale and written off', async () => {
    const inv = await dayAfter(0)
    expect(await writeOffExpired(inv.deps)).toBe(6)
    expect(await inv.lots()).toEqual(['keeps 4/0'])
    expect(await inv.books()).toEqual({ onHand: 4, allotted: 4 })
    expect(inv.orders.remaining(inv.variantId)).toBe(4)
    expect(await writeOffExpired(inv.deps)).toBe(0)
    expect(await inv.audit()).toEqual([])
  })

  test('is left alone on its last day', async () => {
    const inv = await dayAfter(0)
    inv.clock.now = new Date('2026-11-22T23:59:59Z')
    expect(await writeOffExpired(inv.deps)).toBe(0)
  })

  test('keeps what is promised until those orders have ended, and loses the rest', async () => {
    const inv = await dayAfter(7)
    expect(await writeOffExpired(inv.deps)).toBe(3)
    expect(await inv.lots()).toEqual(['soon 3/0', 'keeps 4/0'])
    // Four get what keeps; the fifth hears why there is nothing, is cancelled, and its units come back.
    expect(await inv.assign(inv.order(4), inv.order(1))).toMatchObject([
      { assigned: true },
      { assigned: false, reason: 'expired' },
    ])
    inv.orders.promise(inv.variantId, -3)
    expect(await writeOffExpired(inv.deps)).toBe(3)
    expect(await inv.lots()).toEqual(['keeps 4/4'])
    expect(await inv.audit()).toEqual([])
  })

  test('keeps what is set apart, until it is given up', async () => {
    const inv = await dayAfter(6, 6)
    expect(await writeOffExpired(inv.deps)).toBe(0)
    expect(await inv.lots()).toEqual(['soon 6/6', 'keeps 4/0'])
    expect(await inv.issue(inv.setApart)).toMatchObject({ kind: 'refused', reason: 'expired' })
    await inv.release(inv.setApart)
    inv.orders.promise(inv.variantId, -6)
    expect(await writeOffExpired(inv.deps)).toBe(6)
    expect(await inv.audit()).toEqual([])
  })

  test('is written off later when orders is away, once', async () => {
    const inv = await dayAfter(0)
    inv.orders.troubles.push('down')
    expect(await writeOffExpired(inv.deps)).toBe(0)
    inv.orders.troubles.push('none', 'answer-lost')
    expect(await writeOffExpired(inv.deps)).toBe(0)
    expect(await writeOffExpired(inv.deps)).toBe(0)
    await settleAbandoned(inv.deps, -1_000)
    expect(await inv.lots()).toEqual(['keeps 4/0'])
    expect(await inv.audit()).toEqual([])
  })

  test('cannot be received any more, nor a known lot with another day', async () => {
    const inv = await dayAfter(0)
    const receive = (expiresOn: string) => inv.change({ by: 1, code: 'soon', expiresOn })
    await expect(receive('2026-11-22')).rejects.toMatchObject({ code: 'lot-expired' })
    await expect(receive('2026-12-22')).rejects.toMatchObject({
      code: 'lot-differs',
      extra: { expiresOn: '2026-11-22' },
    })
    expect(await inv.books()).toMatchObject({ onHand: 10 })
  })
})
