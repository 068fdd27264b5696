import { sql, type Tx, uuidArray } from '@souk/postgres'

export type StandingRow = {
  payment_id: string
  method: string
  state: string
  amount_minor: number
  captured_minor: number
  refunded_minor: number
  returned_minor: number
  cancelled_minor: number
  let_go: boolean
  currency: string
  under_way: boolean
}

const standing = sql`
  select p.payment_id, p.method, p.state, p.amount_minor, p.captured_minor, p.refunded_minor, p.currency,
    coalesce(r.returned, 0)::bigint as returned_minor, coalesce(r.cancelled, 0)::bigint as cancelled_minor,
    (p.state = 'voided' and p.history -> -1 ->> 2 = 'voided') as let_go,
    exists (select from give_backs g where g.payment_id = p.payment_id and g.state = 'waiting')
      or exists (select from operations o where o.payment_id = p.payment_id and o.state = 'waiting') as under_way
  from payments p left join lateral (
    select sum(amount_minor) filter (where cause = 'returned') as returned,
      sum(amount_minor) filter (where cause = 'cancelled') as cancelled
    from refunds where payment_id = p.payment_id and state <> 'failed') r on p.refunded_minor > 0`

/** How the money of these orders stands; those without a payment are left out. */
export const standingsOf = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<StandingRow>(sql`${standing} where p.payment_id = any(${uuidArray(orderIds)}::uuid[])`)

/** The next payments after an order's id, in the order of the ids. */
export const standingsAfter = (tx: Tx, after: string, limit: number) =>
  tx.many<StandingRow>(sql`${standing} where p.payment_id > ${after}::uuid order by p.payment_id limit ${limit}`)
