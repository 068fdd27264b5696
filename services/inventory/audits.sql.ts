import { sql, type Tx } from '@souk/postgres'

/** Variants with movements in transactions that `since`, a snapshot, had not seen finished; all of them without one. */
export const inScope = (since: string | undefined) =>
  since === undefined
    ? sql`select variant_id from items`
    : sql`select distinct variant_id from movements where xid >= pg_snapshot_xmin(${since}::pg_snapshot)`

export const countInScope = (tx: Tx, since: string | undefined) =>
  tx.one<{ count: number }>(sql`select count(*) as count from (${inScope(since)}) as v`)

export type Unbalanced = { subject: string; message: string }

/** Totals of a variant that are not the sum of its ledger, of its shelves, or of its pending transfers. */
export const listUnbalancedItems = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with scope as (${inScope(since)}),
    ledger as (
      select variant_id, sum(on_hand_delta)::bigint as on_hand, sum(allotted_delta)::bigint as allotted
        from movements where variant_id in (select variant_id from scope) group by variant_id),
    shelves as (
      select variant_id, sum(on_hand)::bigint as on_hand, sum(leaving)::bigint as leaving
        from stock where variant_id in (select variant_id from scope) group by variant_id),
    pending as (
      select variant_id, coalesce(sum(quantity) filter (where direction = 'grant'), 0)::bigint as granting,
             coalesce(sum(quantity) filter (where direction = 'withdrawal'), 0)::bigint as withdrawing
        from transfers where state = 'pending' and variant_id in (select variant_id from scope) group by variant_id)
    select 'variant ' || i.variant_id as subject,
           format('on hand %s, ledger %s, shelves %s; allotted %s, ledger %s; leaving %s, shelves %s; granting %s, transfers %s; withdrawing %s, transfers %s',
                  i.on_hand, coalesce(l.on_hand, 0), coalesce(s.on_hand, 0), i.allotted, coalesce(l.allotted, 0),
                  i.leaving, coalesce(s.leaving, 0), i.granting, coalesce(p.granting, 0), i.withdrawing,
                  coalesce(p.withdrawing, 0)) as message
      from scope join items i using (variant_id) left join ledger l using (variant_id)
           left join shelves s using (variant_id) left join pending p using (variant_id)
     where i.on_hand <> coalesce(l.on_hand, 0) or i.on_hand <> coalesce(s.on_hand, 0)
        or i.allotted <> coalesce(l.allotted, 0) or i.leaving <> coalesce(s.leaving, 0)
        or i.granting <> coalesce(p.granting, 0) or i.withdrawing <> coalesce(p.withdrawing, 0)
        or i.allotted > i.on_hand or least(i.on_hand, i.allotted, i.leaving, i.granting, i.withdrawing) < 0
     order by 1 limit ${limit}`)

/** Shelves that are not the sum of their movements. */
export const listUnbalancedShelves = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with scope as (${inScope(since)}),
    ledger as (
      select variant_id, location_id, sum(on_hand_delta)::bigint as on_hand
        from movements where location_id is not null and variant_id in (select variant_id from scope)
       group by variant_id, location_id),
    shelves as (
      select variant_id, location_id, on_hand from stock where variant_id in (select variant_id from scope))
    select format('variant %s at location %s', variant_id, location_id) as subject,
           format('on the shelf %s, ledger %s', coalesce(s.on_hand, 0), coalesce(l.on_hand, 0)) as message
      from shelves s full join ledger l using (variant_id, location_id)
     where coalesce(s.on_hand, 0) <> coalesce(l.on_hand, 0) or s.on_hand < 0
     order by 1 limit ${limit}`)

/** Transfers that should have been settled long ago. */
export const listStuckTransfers = (tx: Tx, before: Date, limit: number) =>
  tx.many<Unbalanced>(sql`
    select 'transfer ' || id as subject,
           format('%s of %s units of variant %s pending since %s', direction, quantity, variant_id, created_at) as message
      from transfers where state = 'pending' and created_at < ${before} order by created_at limit ${limit}`)

/** One cause, one variant, one kind, one location: one movement. The index sees to it, unless somebody dropped it. */
export const listRepeatedCauses = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    select format('cause %s, variant %s, %s', cause_id, variant_id, kind) as subject,
           format('%s movements where one is allowed', count(*)) as message
      from movements where variant_id in (${inScope(since)})
     group by cause_id, variant_id, kind, location_id having count(*) > 1 order by 1 limit ${limit}`)

/** Movements without the change, settled transfer, shipment or return they name, and settled transfers without theirs. */
export const listUncaused = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with scope as (${inScope(since)})
    select 'movement ' || m.id as subject, format('names %s %s, which does not exist', m.cause_kind, m.cause_id) as message
      from movements m left join changes c on m.cause_kind = 'change' and c.id = m.cause_id and c.state = 'applied'
           left join transfers t on m.cause_kind = 'transfer' and t.id = m.cause_id and t.state = 'done'
                and t.variant_id = m.variant_id
                and m.allotted_delta = case t.direction when 'grant' then t.quantity else -t.quantity end
           left join issues s on m.cause_kind = 'shipment' and m.kind = 'issue' and s.shipment_id = m.cause_id
           left join take_backs b on m.cause_kind = 'return' and m.kind in ('return', 'write-off')
                and b.return_id = m.cause_id
     where m.variant_id in (select variant_id from scope)
       and c.id is null and t.id is null and s.shipment_id is null and b.return_id is null
    union all
    select 'transfer ' || t.id, 'is done, and the ledger has no movement for it'
      from transfers t left join movements m on m.cause_id = t.id and m.variant_id = t.variant_id
     where t.variant_id in (select variant_id from scope) and t.state = 'done' and m.id is null
     order by 1 limit ${limit}`)
