import { integerArray, type Sql, sql, textArray, type Tx, uuidArray } from '@souk/postgres'
import type { Demand } from './allocate.ts'
import { isCap, type PricedOrder } from './price-order.ts'
import type { Terms } from './terms.ts'

/** SQLSTATE of `expect()`: the world is not as it was when the batch was decided; nothing was written. */
export const expectationFailed = 'SK001'

export type DecidedBatch = {
  orders: readonly PricedOrder[]
  /** The sum of what they draw, by allotment. */
  demand: ReadonlyMap<string, Demand>
  keyDays: readonly string[]
  /** One per order, as the two below. */
  keys: readonly string[]
  bodyHashes: readonly string[]
  outboxBatch: Buffer
  placedAtMs: number
}

/**
 * Write a decided batch, whole or not at all, in one statement: keys, allotments, orders with their lines, and the outbox row.
 * Every part is counted against what was decided; a repeated key, a missing unit, changed terms or a shop that stopped
 * selling makes a count differ and `expect` undoes it all. So being right needs no lock held while deciding.
 *
 * Arrays, never a statement per order: at 256 orders a batch it is one round trip and one commit for all of them.
 * @returns the place of the outbox row.
 */
export function placeBatch(tx: Tx, batch: DecidedBatch): Promise<{ xid: string; seq: number }> {
  const { demand, keyDays, keys, bodyHashes, outboxBatch, placedAtMs } = batch
  const orders = batch.orders.map((priced) => priced.order)
  const { terms, lines } = termsAndLines(batch.orders)
  // In key order, so that two batches wait for each other's rows in the same direction.
  const drawn = [...demand.values()].sort((a, b) => (a.draw.allotmentId < b.draw.allotmentId ? -1 : 1))
  const shared = drawn.filter(({ draw }) => draw.kind === 'goods' || draw.kind === 'sale')
  const caps = drawn.filter(({ draw }) => isCap(draw))
  return tx.one<{ xid: string; seq: number }>(sql`
    with
      asked as materialized (
        select * from unnest(
          ${uuidArray(orders.map((order) => order.orderId))}::uuid[],
          ${uuidArray(orders.map((order) => order.shopId))}::uuid[],
          ${uuidArray(orders.map((order) => order.customerId))}::uuid[],
          ${integerArray(orders.map((order) => order.totalMinor))}::bigint[],
          ${textArray(orders.map((order) => order.currency))}::text[],
          ${textArray(orders.map((order) => order.paymentMethod))}::text[],
          ${textArray(keys)}::text[],
          ${uuidArray(bodyHashes)}::uuid[],
          ${textArray(lines)}::text[])
          as t (order_id, shop_id, customer_id, total_minor, currency, payment_method, key, body_hash, lines)),
      -- A key that is there already is an error here (23505), which undoes the statement as a wrong count would; asking
      -- for "on conflict do nothing" instead costs PostgreSQL about 4 µs an order, in one comparison of 48 with 44.
      keyed as (
        insert into order_keys (day, customer_id, key, order_id, body_hash)
        select day, customer_id, key, order_id, body_hash from asked cross join unnest(${keyDays}::date[]) as day
        returning 1),
      -- Locked in the order of their ids before they are changed: an update takes rows as its plan finds them.
      locked as materialized (
        select a.kind, a.allotment_id, d.quantity
        from unnest(
          ${uuidArray(shared.map(({ draw }) => draw.allotmentId))}::uuid[],
          ${integerArray(shared.map(({ quantity }) => quantity))}::bigint[])
          as d (allotment_id, quantity)
        join allotments a on a.kind in (1, 2) and a.allotment_id = d.allotment_id
        order by a.allotment_id for update of a),
      taken as (
        update allotments a set remaining = a.remaining - l.quantity
        from locked l
        where a.kind = l.kind and a.allotment_id = l.allotment_id and a.remaining >= l.quantity
        returning 1),
      capped as (
        insert into allotments as a (kind, allotment_id, shop_id, granted, remaining)
        select 3, d.allotment_id, d.shop_id, d.cap, d.cap - d.quantity
        from unnest(
          ${uuidArray(caps.map(({ draw }) => draw.allotmentId))}::uuid[],
          ${uuidArray(caps.map(({ draw }) => draw.shopId))}::uuid[],
          ${integerArray(caps.map(({ draw }) => draw.cap))}::bigint[],
          ${integerArray(caps.map(({ quantity }) => quantity))}::bigint[])
          as d (allotment_id, shop_id, cap, quantity)
        where d.quantity <= d.cap
        on conflict (kind, allotment_id) do update set remaining = a.remaining - (excluded.granted - excluded.remaining)
        where a.remaining >= excluded.granted - excluded.remaining
        returning 1),
      placed as (
        insert into orders (order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method, placed_at, history, lines)
        select order_id, shop_id, customer_id, 'placed', 1, total_minor, currency, payment_method,
          to_timestamp(${placedAtMs}::bigint / 1000.0), ${JSON.stringify([['placed', placedAtMs]])}::jsonb, lines::json
        from asked returning 1),
      -- What the lines say of price, SKU and title is what these versions of the terms say.
      agreed as (
        select o.variant_id
        from unnest(
          ${uuidArray(terms.map((term) => term.variantId))}::uuid[],
          ${integerArray(terms.map((term) => term.version))}::bigint[])
          as t (variant_id, version)
        join offers o on o.variant_id = t.variant_id and o.selling
        join shops s on s.shop_id = o.shop_id and s.selling and o.version + s.epoch = t.version),
      logged as (
        insert into outbox (topic, kinds, event_count, batch)
        values ('orders.order', '{orders.order_placed}', ${orders.length}, ${outboxBatch}) returning xid::text, seq)
    select
      -- Counted, and so done, in this order: the allotments last, because a hot one stays locked from then to the commit
      -- and the next batch can do everything else meanwhile.
      expect('keys', (select count(*) from keyed), ${orders.length * keyDays.length}::bigint),
      expect('orders', (select count(*) from placed), ${orders.length}::bigint),
      expect('terms', (select count(*) from agreed), ${terms.length}::bigint),
      expect('outbox', (select count(*) from logged), 1),
      expect('caps', (select count(*) from capped), ${caps.length}::bigint),
      expect('allotments', (select count(*) from taken), ${shared.length}::bigint),
      (select xid from logged) as xid, (select seq from logged) as seq`)
}

/**
 * The terms a batch was priced on, each once, and the lines of each order as its row keeps them: see `order_lines` in the
 * migrations. What all lines of one thing have in common is written out once.
 */
function termsAndLines(orders: readonly PricedOrder[]): { terms: readonly Terms[]; lines: readonly string[] } {
  const heads = new Map<Terms, string>()
  const lines = orders.map(({ order, terms }) => {
    let text = '['
    for (const [index, line] of order.lines.entries()) {
      const term = terms[index] as Terms
      let head = heads.get(term)
      if (head === undefined) {
        head = `[${JSON.stringify([line.variantId, line.productId, line.sku, line.title]).slice(1, -1)},`
        heads.set(term, head)
      }
      const window = line.saleWindowId === null ? 'null' : `"${line.saleWindowId}"`
      text += `${index === 0 ? '' : ','}${head}${line.quantity},${line.unitPriceMinor},${line.priceVersion},${window}]`
    }
    return `${text}]`
  })
  return { terms: [...heads.keys()], lines }
}

export type KeyRow = { customer_id: string; key: string; order_id: string; body_hash: string }

/** The orders these keys have made, within the days given. */
export const findKeys = (tx: Tx, days: readonly string[], customers: readonly string[], keys: readonly string[]) =>
  tx.many<KeyRow>(sql`
    select distinct on (k.customer_id, k.key) k.customer_id, k.key, k.order_id, k.body_hash
    from unnest(${customers}::uuid[], ${keys}::text[]) as asked (customer_id, key)
    join order_keys k on k.customer_id = asked.customer_id and k.key = asked.key and k.day = any(${days}::date[])
    order by k.customer_id, k.key, k.day desc`)

export type RemainingRow = { allotment_id: string; remaining: number }

const allotments = (ids: readonly string[]): Sql =>
  sql`select allotment_id, remaining from allotments where kind in (1, 2, 3) and allotment_id = any(${ids}::uuid[])`

export const readRemaining = (tx: Tx, ids: readonly string[]) => tx.many<RemainingRow>(allotments(ids))

/** The same under lock, always in the order of (kind, id), so that no two of us wait in a circle. */
export const lockRemaining = (tx: Tx, ids: readonly string[]) =>
  tx.many<RemainingRow>(sql`${allotments(ids)} order by (kind = 3) desc, allotment_id for update`)

/** Make sure these caps have their rows, so that they can be locked before anything shared is. */
export const ensureCaps = (tx: Tx, caps: readonly { allotmentId: string; shopId: string; cap: number }[]) =>
  tx.run(sql`
    insert into allotments (kind, allotment_id, shop_id, granted, remaining)
    select distinct on (c.allotment_id) 3, c.allotment_id, c.shop_id, c.cap, c.cap from unnest(
      ${uuidArray(caps.map((cap) => cap.allotmentId))}::uuid[],
      ${uuidArray(caps.map((cap) => cap.shopId))}::uuid[],
      ${integerArray(caps.map((cap) => cap.cap))}::bigint[]) as c (allotment_id, shop_id, cap)
    order by c.allotment_id on conflict do nothing`)
