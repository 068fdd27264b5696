import { randomUUID } from 'node:crypto'
import { stockChanged, stockRanLow } from '@souk/contracts'
import { sql } from '@souk/postgres'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { type AskedLine, changeStock } from './change-stock.ts'
import { findItems } from './inventory.sql.ts'
import { itemsOfShop } from './know-items.ts'
import { inventory } from './index.ts'
import { receiveStock } from './receive-stock.ts'
import { settleAbandoned } from './settle-transfers.ts'
import { counted, newShop, type Product, testInventory } from './test-inventory.ts'

const database = await testDatabase([inventory])
const { shards, sent } = counted(database.open('inventory', { maxConnections: 10 }))
afterAll(() => database.close())

async function shopWith(onHand: number, variants = 1) {
  const inv = testInventory(shards)
  const product = inv.product(newShop(), variants)
  const cause = { id: randomUUID(), actor: 'test' }
  const goods = product.variantIds.map((variantId) => ({ variantId, quantity: onHand }))
  await receiveStock(inv.deps, product.shopId, goods, cause)
  inv.outbox.clear()
  return { ...inv, made: product, variantId: product.variantIds[0] as string }
}
type Inventory = Awaited<ReturnType<typeof shopWith>>

const change = (inv: Pick<Inventory, 'deps'>, product: Product, lines: AskedLine[], id: string = randomUUID()) =>
  changeStock(inv.deps, {
    id,
    shopId: product.shopId,
    reason: 'counted',
    note: '',
    actor: 'test',
    correlationId: id,
    lines,
  })
const stockOf = async (inv: Pick<Inventory, 'made' | 'variantId'>) => {
  const [item] = await findItems(shards.ofOwner(inv.made.shopId).db.autocommit, [inv.variantId])
  return (
    item && {
      onHand: item.onHand,
      allotted: item.allotted,
      leaving: item.leaving,
      inTransfer: item.granting - item.withdrawing,
    }
  )
}

describe('receiving goods', () => {
  test('orders may promise all of it in the same request', async () => {
    const inv = await shopWith(12)
    expect(await stockOf(inv)).toEqual({ onHand: 12, allotted: 12, leaving: 0, inTransfer: 0 })
    expect(inv.orders.remaining(inv.variantId)).toBe(12)
    expect(await inv.audit()).toEqual([])
  })

  test('a thousand variants cost as many statements as one', async () => {
    const before = sent()
    await shopWith(1)
    const one = sent() - before
    await shopWith(1, 1_000)
    expect(sent() - before - one).toBe(one)
  })

  test('a delivery received twice under one id is received once', async () => {
    const inv = await shopWith(5)
    const cause = { id: randomUUID(), actor: 'test' }
    const goods = [{ variantId: inv.variantId, quantity: 3 }]
    const first = await receiveStock(inv.deps, inv.made.shopId, goods, cause)
    expect(await receiveStock(inv.deps, inv.made.shopId, goods, cause)).toEqual(first)
    expect(await stockOf(inv)).toMatchObject({ onHand: 8, allotted: 8 })
  })

  test('another body under a known id is refused', async () => {
    const inv = await shopWith(5)
    const id = randomUUID()
    await change(inv, inv.made, [{ variantId: inv.variantId, by: 1 }], id)
    await expect(change(inv, inv.made, [{ variantId: inv.variantId, by: 2 }], id)).rejects.toMatchObject({
      code: 'idempotency-mismatch',
    })
  })

  test('goods stay received when orders does not answer, and are granted later', async () => {
    const inv = await shopWith(5)
    inv.orders.troubles.push('down')
    await change(inv, inv.made, [{ variantId: inv.variantId, to: 9 }])
    expect(await stockOf(inv)).toEqual({ onHand: 9, allotted: 5, leaving: 0, inTransfer: 4 })
    expect(await settleAbandoned(inv.deps, -1_000)).toBe(1)
    expect(await stockOf(inv)).toEqual({ onHand: 9, allotted: 9, leaving: 0, inTransfer: 0 })
    expect(inv.orders.granted(inv.variantId)).toBe(9)
  })

  test('a variant of another shop is not received', async () => {
    const inv = await shopWith(5)
    const other = inv.product(newShop())
    const goods = [{ variantId: other.variantIds[0] as string, quantity: 1 }]
    const receive = receiveStock(inv.deps, inv.made.shopId, goods, { id: randomUUID(), actor: 'test' })
    await expect(receive).rejects.toMatchObject({ code: 'stock-item-not-found' })
  })
})

describe('taking goods', () => {
  test('what nobody was promised can be taken, and can no longer be ordered', async () => {
    const inv = await shopWith(10)
    inv.orders.promise(inv.variantId, 4)
    expect(await change(inv, inv.made, [{ variantId: inv.variantId, to: 4 }])).toEqual([
      { variantId: inv.variantId, delta: -6, onHand: 4 },
    ])
    expect(inv.orders.remaining(inv.variantId)).toBe(0)
    expect(await stockOf(inv)).toEqual({ onHand: 4, allotted: 4, leaving: 0, inTransfer: 0 })
    expect(await inv.audit()).toEqual([])
  })

  test('what is promised cannot be taken, and it is said how many can', async () => {
    const inv = await shopWith(10)
    inv.orders.promise(inv.variantId, 7)
    const id = randomUUID()
    const take = () => change(inv, inv.made, [{ variantId: inv.variantId, to: 6 }], id)
    const refusal = { code: 'already-promised', extra: { lines: [{ variantId: inv.variantId, atMost: 3 }] } }
    await expect(take()).rejects.toMatchObject(refusal)
    await expect(take()).rejects.toMatchObject(refusal)
    expect(await stockOf(inv)).toEqual({ onHand: 10, allotted: 10, leaving: 0, inTransfer: 0 })
    expect(inv.orders.calls.filter((name) => name === 'withdrawMany')).toHaveLength(1)
    expect(await inv.audit()).toEqual([])
  })

  test('of several lines all are done or none', async () => {
    const inv = await shopWith(10, 3)
    const [first, second, third] = inv.made.variantIds as [string, string, string]
    inv.orders.promise(second, 9)
    const lines = [
      { variantId: first, by: -2 },
      { variantId: second, by: -2 },
      { variantId: third, by: 5 },
    ]
    await expect(change(inv, inv.made, lines)).rejects.toMatchObject({
      extra: { lines: [{ variantId: second, atMost: 1 }] },
    })
    expect(inv.orders.remaining(first)).toBe(10)
    expect(inv.orders.remaining(third)).toBe(10)
    await change(inv, inv.made, [lines[0] as AskedLine, lines[2] as AskedLine])
    expect(inv.orders.remaining(first)).toBe(8)
    expect(inv.orders.remaining(third)).toBe(15)
    expect(await inv.audit()).toEqual([])
  })

  test('when the answer is lost the change is settled later, once', async () => {
    const inv = await shopWith(10)
    inv.orders.troubles.push('answer-lost')
    const take = change(inv, inv.made, [{ variantId: inv.variantId, by: -4 }])
    await expect(take).rejects.toMatchObject({ code: 'stock-transfer-pending' })
    expect(await stockOf(inv)).toEqual({ onHand: 10, allotted: 10, leaving: 4, inTransfer: -4 })
    expect(inv.orders.granted(inv.variantId)).toBe(6)
    await settleAbandoned(inv.deps, -1_000)
    expect(await stockOf(inv)).toEqual({ onHand: 6, allotted: 6, leaving: 0, inTransfer: 0 })
    expect(inv.orders.granted(inv.variantId)).toBe(6)
    expect(await inv.audit()).toEqual([])
  })

  test('more than lies on a shelf cannot be taken', async () => {
    const inv = await shopWith(3)
    const take = change(inv, inv.made, [{ variantId: inv.variantId, by: -4 }])
    await expect(take).rejects.toMatchObject({ code: 'not-on-shelf', extra: { lines: [{ atMost: 3 }] } })
  })
})

describe('announcing', () => {
  test('an alert once each time stock falls to its level', async () => {
    const inv = await shopWith(10)
    await database.query('update inventory.items set alert_level = 5 where variant_id = $1', [inv.variantId])
    for (const to of [6, 5, 4, 8, 3]) await change(inv, inv.made, [{ variantId: inv.variantId, to }])
    expect(inv.outbox.of(stockRanLow).map((event) => Number(event.onHand))).toEqual([5, 3])
  })

  test('every change, with a version that grows', async () => {
    const inv = await shopWith(10)
    await change(inv, inv.made, [{ variantId: inv.variantId, by: 2 }])
    await change(inv, inv.made, [{ variantId: inv.variantId, by: -5 }])
    const events = inv.outbox.of(stockChanged)
    expect(events.map((event) => [Number(event.onHand), Number(event.allotted)])).toEqual([
      [12, 10],
      [12, 12],
      [7, 7],
    ])
    const versions = events.map((event) => Number(event.version))
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
  })
})

describe('many at once', () => {
  test('fifty that raise and lower one variant leave the books balanced', async () => {
    const inv = await shopWith(100)
    const lines = Array.from({ length: 50 }, (_, index) => ({ variantId: inv.variantId, by: index % 2 === 0 ? 3 : -2 }))
    const outcomes = await Promise.allSettled(lines.map((line) => change(inv, inv.made, [line])))
    expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toEqual([])
    expect(await stockOf(inv)).toEqual({ onHand: 125, allotted: 125, leaving: 0, inTransfer: 0 })
    expect(inv.orders.granted(inv.variantId)).toBe(125)
    expect(await inv.audit()).toEqual([])
  })

  test('fifty that lower by more than there is take exactly what there is', async () => {
    const inv = await shopWith(20)
    const takes = Array.from({ length: 50 }, () => change(inv, inv.made, [{ variantId: inv.variantId, by: -1 }]))
    const outcomes = await Promise.allSettled(takes)
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(20)
    expect(await stockOf(inv)).toEqual({ onHand: 0, allotted: 0, leaving: 0, inTransfer: 0 })
    expect(await inv.audit()).toEqual([])
  })

  test('changes that name the same variants in opposite order do not deadlock', async () => {
    const inv = await shopWith(500, 2)
    const [a, b] = inv.made.variantIds as [string, string]
    const before = await deadlocks()
    const changes = Array.from({ length: 40 }, (_, index) => {
      const pair = index % 2 === 0 ? [a, b] : [b, a]
      return change(
        inv,
        inv.made,
        pair.map((variantId) => ({ variantId, by: index % 3 === 0 ? 2 : -1 })),
      )
    })
    const outcomes = await Promise.allSettled(changes)
    expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toEqual([])
    expect(await deadlocks()).toBe(before)
    expect(await inv.audit()).toEqual([])
  })

  test('the same change sent twenty times at once happens once', async () => {
    const inv = await shopWith(10)
    const id = randomUUID()
    const sent = Array.from({ length: 20 }, () => change(inv, inv.made, [{ variantId: inv.variantId, by: -3 }], id))
    const answers = await Promise.all(sent)
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await stockOf(inv)).toMatchObject({ onHand: 7, allotted: 7 })
  })
})

describe('the audit', () => {
  test('sees a shelf that differs from its ledger and its lots, also when it looks only at what is new', async () => {
    const inv = await shopWith(10)
    const [{ snapshot } = { snapshot: '' }] = await database.query<{ snapshot: string }>(
      'select pg_current_snapshot()::text as snapshot',
    )
    expect(await inv.audit(snapshot)).toEqual([])
    await change(inv, inv.made, [{ variantId: inv.variantId, by: 1 }])
    await database.query('update inventory.stock set on_hand = on_hand - 1 where variant_id = $1', [inv.variantId])
    const findings = await inv.audit(snapshot)
    expect(findings).toEqual([
      expect.stringContaining('I1 variant'),
      expect.stringContaining('on the shelf 10, ledger 11'),
      expect.stringContaining('on the shelf 10, lots 11'),
    ])
    await database.query('update inventory.stock set on_hand = on_hand + 1 where variant_id = $1', [inv.variantId])
    expect(await inv.audit()).toEqual([])
  })

  test('sees a transfer that is done without its movement', async () => {
    const inv = await shopWith(10)
    const [taken] = await database.query(
      `delete from inventory.movements where variant_id = $1 and kind = 'grant' returning *`,
      [inv.variantId],
    )
    expect((await inv.audit()).join()).toMatch(/I1 variant .*I2 transfer .* has no movement/)
    await database.query(
      'insert into inventory.movements select * from json_populate_record(null::inventory.movements, $1)',
      [JSON.stringify(taken)],
    )
    expect(await inv.audit()).toEqual([])
  })

  test('the service itself cannot rewrite its ledger', async () => {
    const inv = await shopWith(1)
    const own = database.open('inventory')
    const rewrite = sql`update movements set on_hand_delta = 2 where variant_id = ${inv.variantId}`
    await expect(own.autocommit.run(rewrite)).rejects.toThrow('permission denied')
  })
})

test('a product not heard of yet is asked for', async () => {
  const inv = testInventory(shards)
  const product = inv.product(newShop(), 2)
  expect(await itemsOfShop(inv.deps, product.shopId, product.variantIds)).toHaveLength(2)
  expect(await itemsOfShop(inv.deps, newShop(), product.variantIds)).toHaveLength(0)
})

async function deadlocks(): Promise<number> {
  const [row] = await database.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  return Number(row?.deadlocks)
}
