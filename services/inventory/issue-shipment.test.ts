import { randomUUID } from 'node:crypto'
import { stockChanged, stockRanLow } from '@souk/contracts'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { inventory } from './index.ts'
import { setAlertLevel } from './inventory.sql.ts'
import { shopWithLots } from './test-goods.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

const bakery = () => shopWithLots(shards, { keeps: { units: 10 }, soon: { units: 5, expiresOn: '2026-11-23' } })

/** The bakery with an order of so many units for which goods are set apart. */
async function withOrder(units: number) {
  const inv = await bakery()
  const order = inv.order(units)
  inv.orders.promise(inv.variantId, units)
  await inv.assign(order)
  return { ...inv, order, part: (quantity: number) => ({ ...order, lines: [{ variantId: inv.variantId, quantity }] }) }
}

describe('handing goods over', () => {
  test('they leave their lots, the shelf and what is allotted, and nobody can order more or fewer for it', async () => {
    const inv = await withOrder(7)
    expect(await inv.issue(inv.order)).toEqual({ kind: 'issued' })
    expect(await inv.lots()).toEqual(['keeps 8/0'])
    expect(await inv.books()).toEqual({ onHand: 8, allotted: 8 })
    expect(inv.orders.remaining(inv.variantId)).toBe(8)
    expect(inv.outbox.of(stockChanged).at(-1)).toMatchObject({ onHand: 8n, allotted: 8n })
    expect(await inv.audit()).toEqual([])
  })

  test('in parts: the rest stays set apart, and no more leaves than was', async () => {
    const inv = await withOrder(7)
    expect(await inv.issue(inv.part(3))).toEqual({ kind: 'issued' })
    expect(await inv.held(inv.order)).toEqual([
      [5, 3, 0],
      [2, 0, 0],
    ])
    const tooMany = await inv.issue(inv.part(5))
    expect(tooMany).toEqual({ kind: 'refused', variantId: inv.variantId, reason: 'short' })
    expect(await inv.issue(inv.part(4))).toEqual({ kind: 'issued' })
    expect(await inv.issue(inv.part(1))).toMatchObject({ kind: 'refused' })
    expect(await inv.books()).toEqual({ onHand: 8, allotted: 8 })
    expect(await inv.audit()).toEqual([])
  })

  test('a shipment repeated, even twenty times at once, leaves once', async () => {
    const inv = await withOrder(7)
    const shipmentId = randomUUID()
    const issued = await Promise.all(Array.from({ length: 20 }, () => inv.issue(inv.part(2), { shipmentId })))
    expect(new Set(issued.map((each) => each.kind))).toEqual(new Set(['issued']))
    expect(await inv.books()).toMatchObject({ onHand: 13 })
    await expect(inv.issue(inv.part(3), { shipmentId })).rejects.toMatchObject({ code: 'shipment-differs' })
    expect(await inv.audit()).toEqual([])
  })

  test('a shipment that was refused stays refused, whatever arrives later and however long its first call was held up', async () => {
    const inv = await withOrder(7)
    const shipmentId = randomUUID()
    const refused = { kind: 'refused', variantId: inv.variantId, reason: 'short' }
    expect(await inv.issue(inv.part(8), { shipmentId })).toEqual(refused)
    expect(await inv.issue(inv.part(7), { shipmentId })).toEqual(refused)
    const elsewhere = inv.issue({ ...inv.part(7), orderId: randomUUID() }, { shipmentId })
    await expect(elsewhere).rejects.toMatchObject({ code: 'shipment-differs' })
    expect(await inv.issue(inv.part(7))).toEqual({ kind: 'issued' })
    expect(await inv.audit()).toEqual([])
  })

  test('nothing leaves for an order that was cancelled, or for which nothing was set apart', async () => {
    const inv = await withOrder(7)
    expect(await inv.issue({ ...inv.order, orderId: randomUUID() })).toMatchObject({ kind: 'refused', reason: 'short' })
    await inv.release(inv.order)
    expect(await inv.issue(inv.order)).toMatchObject({ kind: 'refused', reason: 'released' })
    expect(await inv.books()).toEqual({ onHand: 15, allotted: 15 })
  })

  test('of several variants all leave or none', async () => {
    const inv = await shopWithLots(shards, { A: { units: 5 }, B: { units: 5, variant: 1 } }, 2)
    const order = inv.order(2, 1)
    await inv.assign(order)
    const more = { ...order, lines: [order.lines[0], { ...order.lines[1], quantity: 2 }] as typeof order.lines }
    expect(await inv.issue(more)).toEqual({ kind: 'refused', variantId: inv.variantOf(1), reason: 'short' })
    expect(await inv.books(0)).toMatchObject({ onHand: 5 })
    expect(await inv.issue(order)).toEqual({ kind: 'issued' })
    expect([await inv.books(0), await inv.books(1)]).toMatchObject([{ onHand: 3 }, { onHand: 4 }])
    expect(await inv.audit()).toEqual([])
  })

  test('waits until our own books know that orders has the units', async () => {
    const inv = await shopWithLots(shards, {})
    inv.orders.troubles.push('answer-lost')
    await inv.change({ by: 4 })
    const order = inv.order(2)
    await inv.assign(order)
    expect(await inv.books()).toEqual({ onHand: 4, allotted: 0 })
    expect(await inv.issue(order)).toEqual({ kind: 'issued' })
    expect(await inv.books()).toEqual({ onHand: 2, allotted: 2 })
    expect(await inv.audit()).toEqual([])
  })

  test('what leaves may make the stock run low, and the shop is told', async () => {
    const inv = await withOrder(7)
    await setAlertLevel(shards.ofOwner(inv.shopId).db.autocommit, inv.variantId, inv.shopId, 8)
    await inv.issue(inv.order)
    expect(inv.outbox.of(stockRanLow)).toMatchObject([{ onHand: 8n, alertLevel: 8n }])
  })
})

describe('goods that expire while they wait for their carrier', () => {
  test('are left, and fresh ones that nobody has go in their place', async () => {
    const inv = await withOrder(7)
    inv.clock.now = new Date('2026-11-24T08:00:00Z')
    expect(await inv.issue(inv.order)).toEqual({ kind: 'issued' })
    expect(await inv.lots()).toEqual(['keeps 3/0', 'soon 5/0'])
    expect(await inv.held(inv.order)).toEqual([
      [5, 0, 5],
      [2, 2, 0],
      [5, 5, 0],
    ])
    expect(await inv.audit()).toEqual([])
  })

  test('are refused, and with them the shipment, when no fresh ones are left', async () => {
    const inv = await withOrder(7)
    const other = { ...inv.part(6), orderId: randomUUID() }
    await inv.assign(other)
    inv.clock.now = new Date('2026-11-24T08:00:00Z')
    expect(await inv.issue(inv.order)).toEqual({ kind: 'refused', variantId: inv.variantId, reason: 'expired' })
    expect(await inv.issue(inv.part(4))).toEqual({ kind: 'issued' })
    expect(await inv.lots()).toEqual(['keeps 6/6', 'soon 5/3'])
    expect(await inv.audit()).toEqual([])
  })
})
