import { randomUUID } from 'node:crypto'
import { cursorOf } from '@souk/http'
import { type Sql, sql, type Tx } from '@souk/postgres'
import { callRoute, staff, testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { inventory } from './index.ts'
import { listExpiredLots, listExpiringLots, listLots, lockLots } from './lots.sql.ts'
import { listToReorder } from './reorder.sql.ts'
import { lotRoutes } from './routes-lots.ts'
import { stockRoutes } from './routes-stock.ts'
import { type LotsOf, shopWithLots } from './test-goods.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

async function shop(lots: LotsOf = {}, variants = 1) {
  const inv = await shopWithLots(shards, lots, variants)
  const routes = [...stockRoutes(inv.deps), ...lotRoutes(inv.deps)]
  const keeper = staff(inv.shopId, 'inventory')
  const call = (operationId: string, given: Parameters<typeof callRoute>[2]) =>
    callRoute(routes, operationId, { principal: keeper, ...given })
  const adjust = (line: object, key: string = randomUUID()) => {
    // Lots of one instant come in no order.
    inv.clock.now = new Date(inv.clock.now.getTime() + 1)
    const body = { shopId: inv.shopId, reason: 'received', lines: [{ variantId: inv.variantId, ...line }] }
    return call('adjustInventory', { idempotencyKey: key, body })
  }
  const writeOff = (lotId: string, body: object, key: string = randomUUID()) =>
    call('writeOffLot', { params: { lotId }, body: { reason: 'damaged', ...body }, idempotencyKey: key })
  type Listed = { items: { lotId: string; code: string }[]; nextCursor: string | null }
  const list = async (operationId: string, given: object) => (await call(operationId, given)).body as Listed
  const listed = async () => (await list('listLots', { params: { variantId: inv.variantId } })).items
  const firstLot = async () => (await listed())[0]?.lotId as string
  return { ...inv, call, list, adjust, writeOff, listed, firstLot }
}

describe('lots', () => {
  test('goods come into a lot with its code and day, and leave it by its code', async () => {
    const inv = await shop()
    expect(await inv.adjust({ delta: 5, lotCode: 'B-17', expiresOn: '2026-12-01' })).toMatchObject({ status: 201 })
    expect(await inv.adjust({ delta: 2, lotCode: ' B-17 ', expiresOn: '2026-12-01' })).toMatchObject({ status: 201 })
    expect(await inv.adjust({ delta: 4 })).toMatchObject({ status: 201 })
    expect(await inv.adjust({ delta: -1, lotCode: 'B-17' })).toMatchObject({ status: 201 })
    expect(await inv.listed()).toMatchObject([
      { code: 'B-17', expiresOn: '2026-12-01', expired: false, onHand: 6, setApart: 0 },
      { code: '', expiresOn: null, onHand: 4 },
    ])
    expect(await inv.adjust({ delta: -5, lotCode: 'B-18' })).toMatchObject({
      status: 409,
      body: { code: 'not-on-shelf' },
    })
    expect(await inv.audit()).toEqual([])
  })

  test('a day without a code, a lot with two days and one long past are refused', async () => {
    const inv = await shop()
    expect(await inv.adjust({ delta: 5, expiresOn: '2026-12-01' })).toMatchObject({ status: 400 })
    await inv.adjust({ delta: 5, lotCode: 'A', expiresOn: '2026-12-01' })
    expect(await inv.adjust({ delta: 5, lotCode: 'A', expiresOn: '2026-12-02' })).toMatchObject({
      status: 409,
      body: { code: 'lot-differs', expiresOn: '2026-12-01' },
    })
    expect(await inv.adjust({ delta: 5, lotCode: 'B', expiresOn: '2026-11-20' })).toMatchObject({
      status: 409,
      body: { code: 'lot-expired' },
    })
  })

  test('what expires soon is listed by its day, page by page', async () => {
    const lots = Object.fromEntries(
      [5, 1, 3, 13, 20].map((days) => [
        `in ${days}`,
        { units: days, expiresOn: `2026-12-${String(days).padStart(2, '0')}` },
      ]),
    )
    const inv = await shop({ ...lots, keeps: { units: 1 } })
    const page = (query: object) =>
      inv.list('listExpiringLots', { params: { shopId: inv.shopId }, query: { limit: 2, ...query } })
    const first = await page({})
    const second = await page({ cursor: first.nextCursor })
    expect([...first.items, ...second.items].map((lot) => lot.code)).toEqual(['in 1', 'in 3', 'in 5'])
    expect(second.nextCursor).toBe(null)
    const all = await page({ until: '2027-01-01', limit: 10 })
    expect(all.items).toHaveLength(5)
    for (const day of ['2026-02-31', '2026-13-01', '0000-01-01', 'later'])
      expect(await page({ cursor: cursorOf('expiring-lots', day, randomUUID()) })).toMatchObject({
        code: 'validation-failed',
      })
  })

  test('writing off takes what is nobody’s, once for each key', async () => {
    const inv = await shop({ A: { units: 9, expiresOn: '2026-12-01' }, B: { units: 5 } })
    inv.orders.promise(inv.variantId, 2)
    await inv.assign(inv.order(2))
    const lotId = await inv.firstLot()
    const key = randomUUID()
    const once = await inv.writeOff(lotId, { units: 3 }, key)
    expect(once).toMatchObject({ status: 201, body: { lotId, units: 3 } })
    expect(await inv.writeOff(lotId, { units: 3 }, key)).toEqual(once)
    expect(await inv.writeOff(lotId, { units: 5 })).toMatchObject({
      status: 409,
      body: { code: 'already-promised', lines: [{ variantId: inv.variantId, atMost: 4 }] },
    })
    expect(await inv.writeOff(lotId, {})).toMatchObject({ status: 201, body: { units: 4 } })
    expect(await inv.writeOff(lotId, {})).toMatchObject({ status: 201, body: { units: 0 } })
    expect(await inv.lots()).toEqual(['A 2/2', 'B 5/0'])
    expect(await inv.audit()).toEqual([])
  })

  test('what customers were promised is not written off', async () => {
    const inv = await shop({ A: { units: 5 } })
    inv.orders.promise(inv.variantId, 4)
    const lotId = await inv.firstLot()
    expect(await inv.writeOff(lotId, {})).toMatchObject({ status: 409, body: { lines: [{ atMost: 1 }] } })
    expect(await inv.writeOff(lotId, { units: 1 })).toMatchObject({ status: 201 })
  })

  test('of another shop there are none', async () => {
    const [inv, other] = [await shop({ A: { units: 1 } }), await shop({ A: { units: 1 } })]
    const lotId = await other.firstLot()
    expect(await inv.writeOff(lotId, {})).toMatchObject({ status: 404, body: { code: 'lot-not-found' } })
    expect(await inv.writeOff(randomUUID(), {})).toMatchObject({ status: 404, body: { code: 'lot-not-found' } })
    expect(await inv.call('listLots', { params: { variantId: other.variantId } })).toMatchObject({ status: 404 })
    expect(await inv.call('listExpiringLots', { params: { shopId: other.shopId } })).toMatchObject({ status: 404 })
  })
})

describe('rules', () => {
  test('the shop says which lot leaves first, and a variant may differ', async () => {
    const inv = await shop({ early: { units: 5 }, soon: { units: 5, expiresOn: '2026-12-01' } })
    const ofShop = { params: { shopId: inv.shopId } }
    const ofVariant = { params: { variantId: inv.variantId } }
    expect((await inv.call('getShopIssueRule', ofShop)).body).toEqual({ issueRule: 'fefo' })
    await inv.call('setShopIssueRule', { ...ofShop, body: { issueRule: 'fifo' } })
    expect((await inv.call('getShopIssueRule', ofShop)).body).toEqual({ issueRule: 'fifo' })
    await inv.assign(inv.order(1))
    expect(await inv.lots()).toEqual(['early 5/1', 'soon 5/0'])
    const answer = await inv.call('setIssueRule', { ...ofVariant, body: { issueRule: 'fefo' } })
    expect(answer.body).toEqual({ variantId: inv.variantId, issueRule: 'fefo' })
    await inv.assign(inv.order(1))
    expect(await inv.lots()).toEqual(['early 5/1', 'soon 5/1'])
  })

  test('what is as low as its reorder point is to be reordered, so many of it', async () => {
    const inv = await shop({ A: { units: 8 }, B: { units: 8, variant: 1 } }, 2)
    const set = (which: number, rule: object | null) =>
      inv.call('setReorderRule', { params: { variantId: inv.variantOf(which) }, body: { rule } })
    const reorders = async () => (await inv.list('listToReorder', { params: { shopId: inv.shopId } })).items
    const rule = { reorderPoint: 5, reorderQuantity: 24 }
    expect(await set(0, rule)).toMatchObject({ status: 200, body: { variantId: inv.variantId, rule } })
    await set(1, rule)
    expect(await reorders()).toEqual([])
    const order = inv.order(3)
    await inv.assign(order)
    await inv.issue(order)
    await inv.assign(inv.order(2))
    expect(await reorders()).toMatchObject([
      { variantId: inv.variantId, sku: 'POT-0', onHand: 5, setApart: 2, ...rule },
    ])
    await set(0, null)
    expect(await reorders()).toEqual([])
  })
})

describe('with very many lots', () => {
  type Node = { 'Node Type': string; 'Actual Rows': number; 'Rows Removed by Filter'?: number; Plans?: Node[] }
  const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

  /** Nodes of the plan for these values, and of the one for any values. */
  async function plansOf(list: (tx: Tx) => Promise<unknown>): Promise<Node[]> {
    const { db } = shards.all()[0] as typeof shards extends { all(): readonly (infer One)[] } ? One : never
    const statements: Sql[] = []
    await list({ ...db.autocommit, many: (statement) => (statements.push(statement), db.autocommit.many(statement)) })
    const plans = ['force_custom_plan', 'force_generic_plan'].map((mode) =>
      db.transaction(async (tx) => {
        await tx.run(sql`select set_config('plan_cache_mode', ${mode}, true)`)
        const [statement] = statements
        const text = `explain (analyze, format json) ${statement?.text}`
        return await tx.one<{ 'QUERY PLAN': [{ Plan: Node }] }>({ name: '', text, values: statement?.values ?? [] })
      }),
    )
    return (await Promise.all(plans)).flatMap((row) => nodesOf(row['QUERY PLAN'][0].Plan))
  }

  test('no list reads more than its page, and setting apart reads what lies there', async () => {
    const inv = await shop({ here: { units: 3, expiresOn: '2026-12-01' } })
    await database.query(
      `with place as (select location_id from inventory.lots where variant_id = $1), made as (
         insert into inventory.items (variant_id, product_id, shop_id, sku, title, active, catalog_version, changed_at, on_hand, reorder_point, reorder_quantity)
         select gen_random_uuid(), gen_random_uuid(), case when n % 2 = 0 then $2 else gen_random_uuid() end, 'S', 'T', true, 1, now(), 1,
                case when n % 4 = 0 then 1 else 0 end, 1
           from generate_series(1, 20000) n returning variant_id, shop_id),
       old as (insert into inventory.lots select gen_random_uuid(), $1, location_id, $2, 'old ' || n, date '2025-01-01', now(), 0
                 from place, generate_series(1, 5000) n)
       insert into inventory.lots select gen_random_uuid(), variant_id, location_id, shop_id, '', date '2026-12-01' + (random() * 60)::int, now(), 1
         from place, made`,
      [inv.variantId, inv.shopId],
    )
    await database.query('analyze inventory.items, inventory.lots')
    const after = { expiresOn: '2026-12-20', lotId: randomUUID() }
    const lists: Record<string, (tx: Tx) => Promise<unknown>> = {
      lots: (tx) => listLots(tx, inv.variantId, undefined, 21),
      expiring: (tx) => listExpiringLots(tx, inv.shopId, '2027-01-20', after, 21),
      expired: (tx) => listExpiredLots(tx, '2027-01-20', after, 21),
      'to reorder': (tx) => listToReorder(tx, inv.shopId, undefined, 21),
      'set apart': (tx) => lockLots(tx, [inv.variantId]),
    }
    for (const [name, list] of Object.entries(lists))
      for (const node of await plansOf(list)) {
        expect(node['Node Type'], name).not.toBe('Seq Scan')
        expect(
          node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0),
          `${name}: ${node['Node Type']}`,
        ).toBeLessThanOrEqual(22)
      }
    await database.query(`delete from inventory.lots where code = '' or code like 'old %'`)
    await database.query(`delete from inventory.items where sku = 'S'`)
  })
})
