import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import { among } from './audits.sql.ts'
import type { Touched } from './audits-told.ts'

/** The checks that keep figures, under their numbers. */
export const keepingChecks = ['I1', 'I2', 'I14'] as const
export type KeepingCheck = (typeof keepingChecks)[number]

export type Kept = { id: string; units: number }

/**
 * What orders hold of allotments of these kinds, where it is not what was kept. By what the allotments say: to be asked
 * when that has been found true. `ids` narrows it; null: all.
 */
export const heldToKeep = (tx: Tx, name: KeepingCheck, kinds: readonly number[], ids: readonly string[] | null) =>
  tx.many<Kept>(sql`
    select coalesce(a.allotment_id, k.id) as id, coalesce(a.granted - a.remaining, 0) as units
    from (select * from allotments where kind = any(${kinds}::smallint[]) and ${among(ids, sql`allotment_id`)}) a
    full join (select * from audited where name = ${name} and ${among(ids, sql`id`)}) k on k.id = a.allotment_id
    where coalesce(a.granted - a.remaining, 0) <> coalesce(k.units, 0)`)

/** What has been shipped of variants, where it is not what was kept: what was transferred and is granted no longer. */
export const shippedToKeep = (tx: Tx, name: KeepingCheck, variantIds: readonly string[] | null) =>
  tx.many<Kept>(sql`
    with named as (
      select variant_id from transfers where ${among(variantIds, sql`variant_id`)}
      union select id from audited where name = ${name} and ${among(variantIds, sql`id`)}),
    shipped as (select n.variant_id, ${transferredOf} - ${grantedOf} as units from named n)
    select s.variant_id as id, s.units from shipped s left join audited k on k.name = ${name} and k.id = s.variant_id
    where s.units <> coalesce(k.units, 0)`)

/** Of the variant of `n`, its sales included. */
const grantedOf = sql`(
  select coalesce(sum(granted), 0)::bigint from (
    select granted from allotments where kind = 1 and allotment_id = n.variant_id
    union all
    select a.granted from sale_windows w join allotments a on a.kind = 2 and a.allotment_id = w.sale_window_id
    where w.variant_id = n.variant_id) g)`
const transferredOf = sql`(select coalesce(sum(quantity), 0)::bigint from transfers where variant_id = n.variant_id)`

export async function keepUnits(tx: Tx, name: KeepingCheck, kept: readonly Kept[]): Promise<void> {
  const [ids, units] = [uuidArray(kept.map(({ id }) => id)), integerArray(kept.map((each) => each.units))]
  await tx.run(sql`
    insert into audited (name, id, units)
    select ${name}, id, units from unnest(${ids}::uuid[], ${units}::bigint[]) as t (id, units) where units <> 0
    on conflict (name, id) do update set units = excluded.units`)
  await tx.run(sql`
    delete from audited k using unnest(${ids}::uuid[], ${units}::bigint[]) as t (id, units)
    where k.name = ${name} and k.id = t.id and t.units = 0`)
}

/**
 * Orders that hold something they did not hold at the mark (`sign` 1) and those that no longer hold what they did (-1). An
 * order is cancelled before anything of it is shipped, or never.
 */
const turned = ({ orders }: Touched) => sql`
  turned as materialized (
    select o.order_id, case when t.version = 1 then 1 else -1 end as sign
    from unnest(${uuidArray([...orders.keys()])}::uuid[], ${integerArray([...orders.values()])}::int[]) as t (order_id, version)
    join orders o using (order_id)
    where o.payment_method <> 'external' and (t.version = 1) = (o.status <> 'cancelled'))`

/** Parts that left since. */
const gone = ({ shipmentIds }: Touched) => sql`
  gone as materialized (
    select s.order_id, l.line_no, l.variant_id, l.quantity from shipments s join shipment_lines l using (shipment_id)
    where s.shipment_id = any(${uuidArray([...shipmentIds])}::uuid[]) and s.state in ('issued', 'delivered', 'failed'))`

export type Unbalanced = { allotment_id: string; granted: number; remaining: number; held: number }

/**
 * Of the allotments touched, those whose granted units are not what remains plus what was held and what was taken since.
 * `offset 0` keeps the lines of each order from being looked for in those of all.
 */
export const unbalancedSince = (tx: Tx, name: KeepingCheck, touched: Touched, limit: number) =>
  tx.many<Unbalanced>(sql`
    with ${turned(touched)}, ${gone(touched)},
    moved as (
      select allotment_id, sum(units)::bigint as units from (
        select coalesce(l.sale_window_id, l.variant_id) as allotment_id, t.sign * l.quantity as units
        from turned t cross join lateral (select * from order_lines l where l.order_id = t.order_id offset 0) l
        union all
        select coalesce(l.sale_window_id, l.variant_id), -g.quantity
        from gone g cross join lateral (
          select * from order_lines l where l.order_id = g.order_id and l.line_no = g.line_no offset 0) l) m
      group by 1),
    named as (select unnest(${uuidArray([...touched.allotmentIds])}::uuid[]) as allotment_id union select allotment_id from moved),
    counted as (
      select n.allotment_id, a.granted, a.remaining, coalesce(k.units, 0) + coalesce(m.units, 0) as held
      from named n left join moved m using (allotment_id)
        left join allotments a on a.kind in (1, 2) and a.allotment_id = n.allotment_id
        left join audited k on k.name = ${name} and k.id = n.allotment_id)
    select allotment_id, coalesce(granted, 0) as granted, coalesce(remaining, 0) as remaining, held from counted
    where coalesce(granted - remaining, 0) <> held or remaining < 0 limit ${limit}`)

/** The variants touched, or given units since. */
export const variantsMoved = async (tx: Tx, { variantIds }: Touched, sinceMs: number) =>
  (
    await tx.many<{ variant_id: string }>(sql`
      select variant_id from transfers where made_at >= to_timestamp(${sinceMs}::bigint / 1000.0)
      union select unnest(${uuidArray([...variantIds])}::uuid[])`)
  ).map(({ variant_id }) => variant_id)

/** Of these variants, those whose allotments are not what was transferred less what had been shipped and was since. */
export const unexplainedSince = (
  tx: Tx,
  name: KeepingCheck,
  touched: Touched,
  variantIds: readonly string[],
  limit: number,
) =>
  tx.many<{ variant_id: string; granted: number; transferred: number }>(sql`
    with ${gone(touched)},
    shipped as (select variant_id, sum(quantity)::bigint as units from gone group by 1),
    counted as (
      select n.variant_id, ${grantedOf} as granted,
        ${transferredOf} - coalesce(k.units, 0) - coalesce(s.units, 0) as transferred
      from unnest(${uuidArray(variantIds)}::uuid[]) as n (variant_id) left join shipped s using (variant_id)
        left join audited k on k.name = ${name} and k.id = n.variant_id)
    select * from counted where granted <> transferred limit ${limit}`)

export type UnbalancedUses = { voucher_id: string; granted: number; remaining: number; held: number; uses: number }

/** Vouchers that orders touched since use, by their uses and by what they were priced with. */
export const vouchersUsed = async (tx: Tx, { orders }: Touched) =>
  (
    await tx.many<{ voucher_id: string }>(sql`
      with touched as materialized (select unnest(${uuidArray([...orders.keys()])}::uuid[]) as order_id)
      select voucher_id from order_uses join touched using (order_id)
      union select (use->>'voucherId')::uuid from order_details join touched using (order_id)
        cross join jsonb_array_elements(details->'pricing'->'uses') as use`)
  ).map(({ voucher_id }) => voucher_id)

/** Of these vouchers, those whose granted uses are not what remains plus what was used and what was used since. */
export const unbalancedUsesSince = (
  tx: Tx,
  name: KeepingCheck,
  touched: Touched,
  voucherIds: readonly string[],
  limit: number,
) =>
  tx.many<UnbalancedUses>(sql`
    with ${turned(touched)},
    moved as (
      select u.voucher_id, sum(t.sign)::bigint as uses from turned t join order_uses u using (order_id) group by 1),
    counted as (
      select voucher_id, coalesce(a.granted, 0) as granted, coalesce(a.remaining, 0) as remaining, coalesce(l.uses, 0) as uses,
        coalesce(k.units, 0) + coalesce(m.uses, 0) as held
      from unnest(${uuidArray(voucherIds)}::uuid[]) as n (voucher_id) left join moved m using (voucher_id)
        left join voucher_limits l using (voucher_id)
        left join allotments a on a.kind = 4 and a.allotment_id = voucher_id
        left join audited k on k.name = ${name} and k.id = voucher_id)
    select * from counted where granted - remaining <> held or granted <> greatest(uses, held) limit ${limit}`)
