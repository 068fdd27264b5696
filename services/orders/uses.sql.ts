import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Demand } from './allocate.ts'
import { among, type OrderIds } from './audits.sql.ts'
import type { UnbalancedUses } from './audits-kept.sql.ts'
import type { OrderExtras } from './order-extras.ts'
import type { PlacedOrder } from './order.ts'

export type RemainingRow = { allotment_id: string; remaining: number }

/** Uses left of vouchers. */
export const readUses = (tx: Tx, voucherIds: readonly string[]) =>
  tx.many<RemainingRow>(
    sql`select allotment_id, remaining from allotments where kind = 4 and allotment_id = any(${uuidArray(voucherIds)}::uuid[])`,
  )

/** The same under lock. Vouchers are locked before caps and goods, everywhere. */
export const lockUses = (tx: Tx, voucherIds: readonly string[]) =>
  tx.many<RemainingRow>(sql`
    select allotment_id, remaining from allotments where kind = 4 and allotment_id = any(${uuidArray(voucherIds)}::uuid[])
    order by allotment_id for update`)

/**
 * What a batch has beyond plain orders, in one statement that counts its own effects as `placeBatch` does and comes before
 * it in the same transaction: so the rows a crowd waits for are held no longer than before.
 */
export function placeExtras(tx: Tx, orders: readonly PlacedOrder[], demand: ReadonlyMap<string, Demand>) {
  const detailed = orders.filter((order) => order.extras !== undefined)
  const uses = detailed.flatMap((order) =>
    (order.extras?.pricing?.uses ?? []).map((use) => ({
      ...use,
      orderId: order.orderId,
      customerId: order.customerId,
    })),
  )
  const drawn = [...demand.values()].filter(({ draw }) => draw.kind === 'voucher')
  return tx.one(sql`
    with
      detailed as (
        insert into order_details (order_id, details)
        select * from unnest(${uuidArray(detailed.map(({ orderId }) => orderId))}::uuid[],
          ${detailed.map(({ extras }) => JSON.stringify(extras))}::jsonb[])
        returning 1),
      used as (
        insert into order_uses (order_id, voucher_id, customer_id, code, cap, first_only)
        select * from unnest(${uuidArray(uses.map((use) => use.orderId))}::uuid[],
          ${uuidArray(uses.map((use) => use.voucherId))}::uuid[], ${uuidArray(uses.map((use) => use.customerId))}::uuid[],
          ${uses.map((use) => use.code)}::text[], ${integerArray(uses.map((use) => use.usesPerCustomer))}::int[],
          ${uses.map((use) => use.firstOrderOnly)}::boolean[])
        returning 1),
      locked as materialized (
        select a.allotment_id, d.quantity
        from unnest(${uuidArray(drawn.map(({ draw }) => draw.allotmentId))}::uuid[],
          ${integerArray(drawn.map(({ quantity }) => quantity))}::bigint[]) as d (allotment_id, quantity)
        join allotments a on a.kind = 4 and a.allotment_id = d.allotment_id
        order by a.allotment_id for update of a),
      taken as (
        update allotments a set remaining = a.remaining - l.quantity from locked l
        where a.kind = 4 and a.allotment_id = l.allotment_id and a.remaining >= l.quantity
        returning 1)
    select
      expect('details', (select count(*) from detailed), ${detailed.length}::bigint),
      expect('uses', (select count(*) from used), ${uses.length}::bigint),
      expect('vouchers', (select count(*) from taken), ${drawn.length}::bigint)`)
}

/**
 * Give back the uses of vouchers these orders took. A voucher that was ended or given fewer uses meanwhile gets back only
 * what it is still to have.
 */
export async function releaseUses(tx: Tx, orderIds: readonly string[]): Promise<void> {
  const back = await tx.many<{ voucher_id: string; quantity: number }>(sql`
    select voucher_id, count(*) as quantity from order_uses where order_id = any(${uuidArray(orderIds)}::uuid[])
    group by voucher_id order by voucher_id`)
  if (back.length === 0) return
  const ids = back.map((row) => row.voucher_id)
  await tx.many(sql`
    select 1 from voucher_limits where voucher_id = any(${ids}::uuid[]) order by voucher_id for share`)
  await lockUses(tx, ids)
  await tx.run(sql`
    update allotments a set
      granted = greatest(l.uses, a.granted - a.remaining - b.quantity),
      remaining = greatest(l.uses, a.granted - a.remaining - b.quantity) - (a.granted - a.remaining - b.quantity)
    from unnest(${ids}::uuid[], ${back.map((row) => row.quantity)}::bigint[]) as b (voucher_id, quantity)
    join voucher_limits l using (voucher_id)
    where a.kind = 4 and a.allotment_id = b.voucher_id`)
}

/** So many uses in all, or those taken already when they are more. An older version than known changes nothing. */
export async function setUses(
  tx: Tx,
  { voucherId, shopId, version, uses }: { voucherId: string; shopId: string; version: number; uses: number },
): Promise<{ granted: number; remaining: number }> {
  await tx.run(sql`
    insert into voucher_limits as l (voucher_id, shop_id, version, uses)
    values (${voucherId}, ${shopId}, ${version}, ${uses})
    on conflict (voucher_id) do update set version = excluded.version, uses = excluded.uses
    where l.version < excluded.version and l.shop_id = excluded.shop_id`)
  await tx.run(sql`
    insert into allotments (kind, allotment_id, shop_id, granted, remaining)
    select 4, voucher_id, shop_id, 0, 0 from voucher_limits where voucher_id = ${voucherId} on conflict do nothing`)
  // The row of the limit is locked even where it did not change: whoever gives uses back waits for it.
  await tx.many(sql`select 1 from voucher_limits where voucher_id = ${voucherId} for update`)
  await lockUses(tx, [voucherId])
  return tx.one<{ granted: number; remaining: number }>(sql`
    update allotments a set granted = greatest(l.uses, a.granted - a.remaining),
      remaining = greatest(l.uses, a.granted - a.remaining) - (a.granted - a.remaining)
    from voucher_limits l
    where l.voucher_id = ${voucherId} and a.kind = 4 and a.allotment_id = l.voucher_id
    returning a.granted, a.remaining`)
}

export type UsesRow = { voucher_id: string; granted: number; remaining: number; taken_by_customer: number }

export const listUses = (tx: Tx, shopId: string, voucherIds: readonly string[], customerId: string | null) =>
  tx.many<UsesRow>(sql`
    select l.voucher_id, a.granted, a.remaining,
      (select count(*) from order_uses u join orders o using (order_id)
        where u.voucher_id = l.voucher_id and u.customer_id = ${customerId}::uuid and o.status <> 'cancelled') as taken_by_customer
    from voucher_limits l join allotments a on a.kind = 4 and a.allotment_id = l.voucher_id
    where l.voucher_id = any(${uuidArray(voucherIds)}::uuid[]) and l.shop_id = ${shopId}`)

/** Whether orders of a shop are priced by promotions. When that changes, so does the version of all its offers. */
export const setRules = (tx: Tx, { shopId, version, ask }: { shopId: string; version: number; ask: boolean }) =>
  tx.run(sql`
    insert into shops as s (shop_id, selling, version, asks, rules_version, epoch)
    values (${shopId}, false, 0, ${ask}, ${version}, 1)
    on conflict (shop_id) do update set asks = excluded.asks, rules_version = excluded.rules_version,
      epoch = s.epoch + (s.asks <> excluded.asks)::int
    where s.rules_version < excluded.rules_version`)

/** Of these shops, those the customer has ordered from; what was cancelled does not count. */
export const shopsOrderedFrom = async (tx: Tx, customerId: string, shopIds: readonly string[]): Promise<string[]> =>
  (
    await tx.many<{ shop_id: string }>(sql`
      select s.shop_id from unnest(${uuidArray(shopIds)}::uuid[]) as s (shop_id)
      where exists (select from orders o
        where o.customer_id = ${customerId} and o.shop_id = s.shop_id and o.status <> 'cancelled')`)
  ).map((row) => row.shop_id)

/** Which of these pairs of customer and shop have an order that was not cancelled, as `customer shop`. */
export const haveOrdered = async (
  tx: Tx,
  pairs: readonly { customerId: string; shopId: string }[],
): Promise<Set<string>> =>
  new Set(
    (
      await tx.many<{ customer_id: string; shop_id: string }>(sql`
        select p.customer_id, p.shop_id
        from unnest(${uuidArray(pairs.map((pair) => pair.customerId))}::uuid[],
          ${uuidArray(pairs.map((pair) => pair.shopId))}::uuid[]) as p (customer_id, shop_id)
        where exists (select from orders o
          where o.customer_id = p.customer_id and o.shop_id = p.shop_id and o.status <> 'cancelled')`)
    ).map((row) => `${row.customer_id} ${row.shop_id}`),
  )

/** Vouchers whose granted uses are not what remains plus what live orders took, or not what they are to have. */
export const unbalancedUses = (tx: Tx, limit: number) =>
  tx.many<UnbalancedUses>(sql`
    with held as (
      select u.voucher_id, count(*) as held from order_uses u join orders o using (order_id)
      where o.status <> 'cancelled' group by 1)
    select coalesce(l.voucher_id, a.allotment_id, h.voucher_id) as voucher_id, coalesce(a.granted, 0) as granted,
      coalesce(a.remaining, 0) as remaining, coalesce(h.held, 0) as held, coalesce(l.uses, 0) as uses
    from voucher_limits l
    full join (select * from allotments where kind = 4) a on a.allotment_id = l.voucher_id
    full join held h on h.voucher_id = coalesce(l.voucher_id, a.allotment_id)
    where a.granted is null or l.uses is null or a.granted - a.remaining <> coalesce(h.held, 0)
      or a.granted <> greatest(l.uses, coalesce(h.held, 0))
    limit ${limit}`)

export const countVouchers = async (tx: Tx) =>
  (await tx.one<{ n: number }>(sql`select count(*) as n from voucher_limits`)).n

/** @param orderIds of these orders; null: of all */
export const countUses = async (tx: Tx, orderIds: OrderIds) =>
  (await tx.one<{ n: number }>(sql`select count(*) as n from order_uses where ${among(orderIds)}`)).n

/**
 * Customers whose live orders use a voucher more often than each may, or not as often as their cap says.
 * @param orderIds of what these orders use, by all orders of whoever placed them; null: of everything
 */
export const wrongUsesOfCustomers = (tx: Tx, orderIds: OrderIds, limit: number) =>
  tx.many<{ voucher_id: string; customer_id: string; held: number; drawn: number; cap: number }>(sql`
    with held as (
      select u.voucher_id, u.customer_id, max(u.cap) as cap, count(*) filter (where o.status <> 'cancelled') as held
      from order_uses u join orders o using (order_id)
      where u.cap > 0 and ${
        orderIds === null
          ? sql`true`
          : sql`(u.voucher_id, u.customer_id) in (select voucher_id, customer_id from order_uses where ${among(orderIds)})`
      }
      group by 1, 2)
    select h.voucher_id, h.customer_id, h.held, h.cap, coalesce(a.granted - a.remaining, 0) as drawn
    from held h left join allotments a on a.kind = 3 and a.allotment_id =
      left(encode(sha256(convert_to(h.voucher_id::text || h.customer_id::text, 'UTF8')), 'hex'), 32)::uuid
    where h.held > h.cap or h.held <> coalesce(a.granted - a.remaining, 0) limit ${limit}`)

/** Orders whose lines and adjustments, or whose lines' paid parts, do not add up to what is to be paid. */
export const wrongSums = (tx: Tx, firstId: string, limit: number) =>
  tx.many<{
    order_id: string
    total_minor: number
    lines_minor: number
    adjusted_minor: number
    paid_minor: number
  }>(sql`
    select * from (
      select o.order_id, o.total_minor,
        (select coalesce(sum(l.total_minor), 0) from order_lines l where l.order_id = o.order_id)::bigint as lines_minor,
        (select coalesce(sum((a->>'amountMinor')::bigint), 0)
          from jsonb_array_elements(d.details->'pricing'->'adjustments') a)::bigint as adjusted_minor,
        (select coalesce(sum((l->>'paidMinor')::bigint), 0)
          from jsonb_array_elements(d.details->'pricing'->'lines') l)::bigint as paid_minor
      from order_details d join orders o using (order_id)
      where d.order_id >= ${firstId}::uuid and d.details ? 'pricing') s
    where total_minor <> lines_minor + adjusted_minor or total_minor <> paid_minor limit ${limit}`)

export type DetailsRow = { order_id: string; details: OrderExtras }
