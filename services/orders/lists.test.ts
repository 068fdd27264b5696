import { randomUUID } from 'node:crypto'
import { type Sql, sql, type Tx } from '@souk/postgres'
import { callRoute, staff } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ordersToShip, shipmentsOf } from './fulfilment.sql.ts'
import { listOfCustomer, listOfShop, maxLooked, readOrders } from './orders.sql.ts'
import { returnsOf, returnsOfShop } from './returns.sql.ts'
import { ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
const customerId = randomUUID()
const quietShopId = randomUUID()
let middle: string

/** 50,000 orders of two lines over four weeks; half of them in one shop, 400 in a quiet one, 500 of one customer. */
beforeAll(async () => {
  world = await ordersWorld()
  await world.database.query(
    `create function pg_temp.id_at(at timestamptz) returns uuid language sql volatile as $$
       select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(md5(random()::text), 1, 3) || '-a' || substr(r, 1, 3) || '-' || substr(r, 4, 12))::uuid
       from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as h, md5(random()::text) as r) t $$;
     with made as materialized (
       select n, pg_temp.id_at(now() - n * interval '27 days' / 50000) as order_id from generate_series(1, 50000) n),
     placed as (
       insert into orders.orders (order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method, placed_at, history)
       select order_id, case when n % 125 = 0 then '${quietShopId}' when n % 2 = 0 then '${world.shopId}' else gen_random_uuid() end::uuid,
         case when n % 100 = 7 then '${customerId}' else gen_random_uuid() end::uuid,
         case when n % 1000 = 2 then 'cancelled' else 'confirmed' end, 2, 200, 'EUR', 'cash-on-delivery', now(), '[["placed", 1]]'
       from made)
     insert into orders.order_lines_apart (order_id, line_no, variant_id, product_id, sku, title, quantity, unit_price_minor, total_minor, price_version)
     select order_id, line, order_id, order_id, 'SKU', 'A thing', 1, 100, 100, 1 from made cross join generate_series(1, 2) line;
     insert into orders.shipments (shipment_id, order_id, shop_id, state, carrier, tracking_number, tracking_url, actor_id, correlation_id, created_at, try_at)
     select order_id, order_id, shop_id, 'issued', '', '', '', shop_id, '', now(), now() from orders.orders;
     insert into orders.shipment_lines (shipment_id, line_no, variant_id, quantity)
     select order_id, 1, order_id, 1 from orders.orders;
     insert into orders.returns (return_id, order_id, shop_id, customer_id, origin, state, reason, note, answer, correlation_id, requested_at, try_at)
     select order_id, order_id, shop_id, customer_id, 'customer', case status when 'cancelled' then 'requested' else 'settled' end, 'other', '', '', '', now(), now()
     from orders.orders;
     insert into orders.return_lines (return_id, line_no, variant_id, quantity)
     select order_id, 1, order_id, 1 from orders.orders;
     analyze orders.orders, orders.order_lines_apart, orders.shipments, orders.shipment_lines, orders.returns, orders.return_lines`,
  )
  const ids = (await listOfCustomer(world.db.autocommit, customerId, null, 100)).map(({ orderId }) => orderId)
  middle = ids[50] as string
})
afterAll(() => world.database.close())

type Node = {
  'Node Type': string
  'Relation Name'?: string
  'Plan Rows': number
  'Actual Rows'?: number
  Plans?: Node[]
} & Record<string, unknown>
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

/** Every statement a list runs, with the values it was run with. */
async function statementsOf(list: (tx: Tx) => Promise<unknown>): Promise<Sql[]> {
  const statements: Sql[] = []
  const tx = world.db.autocommit
  const noting: Tx = {
    ...tx,
    many: (statement) => {
      statements.push(statement)
      return tx.many(statement)
    },
    one: (statement) => {
      statements.push(statement)
      return tx.one(statement)
    },
  }
  await list(noting)
  return statements
}

async function explain(options: string, { text }: Sql, values: readonly unknown[]): Promise<Node[]> {
  const statement = { ...sql`select`, name: '', text: `explain (${options}, format json) ${text}`, values }
  const row = await world.db.autocommit.one<{ 'QUERY PLAN': { Plan: Node }[] }>(statement)
  return nodesOf(row['QUERY PLAN'][0]?.Plan as Node)
}

/** Partitions of months to come are empty: how those are read costs nothing and says nothing. */
async function filled(): Promise<Set<string>> {
  const rows = await world.database.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'orders'::regnamespace and reltuples > 0`,
  )
  return new Set(rows.map(({ name }) => name))
}

const lists: Record<string, { rows: number; list(tx: Tx): Promise<unknown> }> = {
  'the first page of a customer': { rows: 21, list: (tx) => listOfCustomer(tx, customerId, null, 21) },
  'a later page of a customer': { rows: 21, list: (tx) => listOfCustomer(tx, customerId, middle, 21) },
  'a page of a customer without orders': { rows: 21, list: (tx) => listOfCustomer(tx, randomUUID(), null, 21) },
  'the first page of a busy shop': { rows: 21, list: (tx) => listOfShop(tx, world.shopId, null, null, 21) },
  'a later page of a busy shop': { rows: 21, list: (tx) => listOfShop(tx, world.shopId, null, middle, 21) },
  'a page of a quiet shop': { rows: 21, list: (tx) => listOfShop(tx, quietShopId, null, null, 21) },
  'a page of a shop by a rare state': {
    rows: maxLooked,
    list: (tx) => listOfShop(tx, world.shopId, 'cancelled', null, 21),
  },
  'an order by its id': { rows: 1, list: (tx) => readOrders(tx, [middle]) },
  'what a busy shop has to ship': {
    rows: maxLooked,
    list: (tx) => ordersToShip(tx, world.shopId, '00000000-0000-0000-0000-000000000000', 21),
  },
  'the shipments of an order': { rows: 1, list: (tx) => shipmentsOf(tx, [middle]) },
  'the returns of an order': { rows: 1, list: (tx) => returnsOf(tx, [middle]) },
  'the returns of a busy shop': { rows: 21, list: (tx) => returnsOfShop(tx, world.shopId, null, middle, 21) },
  'the returns of a shop in a rare state': {
    rows: 21,
    list: (tx) => returnsOfShop(tx, world.shopId, 'requested', null, 21),
  },
}

describe('among 50,000 orders', () => {
  for (const [name, { rows, list }] of Object.entries(lists)) {
    test(`${name} is found through indexes, without sorting more than the page`, async () => {
      const withRows = await filled()
      for (const statement of await statementsOf(list)) {
        const sorted = 2 * Math.min(rows, 21)
        const known = await explain('analyze, buffers', statement, statement.values)
        // As the server plans it for good, once it has seen the statement a few times.
        const generic = await explain('generic_plan', statement, [])
        for (const node of [...known, ...generic])
          if (node['Node Type'] === 'Seq Scan') expect(withRows).not.toContain(node['Relation Name'])
        for (const node of known) {
          if (node['Node Type'].includes('Sort')) expect(node['Actual Rows']).toBeLessThanOrEqual(sorted)
          if (node['Relation Name'] !== undefined)
            expect(node['Actual Rows']).toBeLessThanOrEqual(Math.max(rows, sorted))
        }
        const blocks = Number(known[0]?.['Shared Hit Blocks']) + Number(known[0]?.['Shared Read Blocks'])
        expect(blocks).toBeLessThan(rows === maxLooked ? 20_000 : 400)
      }
    })
  }

  test('those of a rare state are all found, page after page, however far back they lie', async () => {
    const [routes, found] = [world.routes(), [] as string[]]
    const call = { principal: staff(world.shopId, 'orders'), params: { shopId: world.shopId } }
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { status: 'cancelled', limit: 20, ...(cursor !== undefined && { cursor }) }
      const { body } = await callRoute(routes, 'listShopOrders', { ...call, query })
      const page = body as { items: { id: string }[]; nextCursor: string | null }
      found.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(found).toEqual(found.toSorted().toReversed())
    expect(new Set(found).size).toBe(50)
  })
})
