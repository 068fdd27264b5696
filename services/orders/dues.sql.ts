import { sql, type Tx, uuidArray } from '@souk/postgres'
import { externalPayment } from './order.ts'

export type DueRow = {
  order_id: string
  status: string
  since_ms: number
  payment_method: string
  total_minor: number
  currency: string
  returned_minor: number
  returning_minor: number
  undelivered_minor: number
  undelivered_settled_minor: number
  undoing: boolean
}

/**
 * A cancelled order is being undone while a row of its saga says so, and for as long as that row may still have to be
 * written after `since`. Rows that are undone are thrown away one day: an old order without any has been undone.
 */
const due = (since: Date) => sql`
  select o.order_id, o.status, (o.history->-1->>1)::bigint as since_ms, o.payment_method, o.total_minor, o.currency,
    coalesce(r.settled, 0)::bigint as returned_minor, coalesce(r.coming, 0)::bigint as returning_minor,
    coalesce(r.undelivered, 0)::bigint as undelivered_minor,
    coalesce(r.undelivered_settled, 0)::bigint as undelivered_settled_minor,
    o.status = 'cancelled' and case (select state from order_steps s where s.order_id = o.order_id and s.step = 'payment')
      when 'undone' then false
      when 'undoing' then true when 'undo-stuck' then true when 'held' then true
      else (o.history->-1->>1)::bigint > ${since.getTime()} end as undoing
  from orders o left join lateral (
    select sum(refund_minor) filter (where state = 'settled') as settled,
      sum(refund_minor) filter (where state in ('receiving', 'received')) as coming,
      sum(refund_minor) filter (where origin = 'undelivered' and state <> 'refused') as undelivered,
      sum(refund_minor) filter (where origin = 'undelivered' and state = 'settled') as undelivered_settled
    from returns where order_id = o.order_id) r on o.status in ('partly-shipped', 'shipped', 'delivered')`

export const duesOf = (tx: Tx, orderIds: readonly string[], since: Date) =>
  tx.many<DueRow>(sql`${due(since)} where o.order_id = any(${uuidArray(orderIds)}::uuid[]) order by o.order_id`)

/** The next orders after an id that were paid for here. */
export const duesAfter = (tx: Tx, after: string, limit: number, since: Date) =>
  tx.many<DueRow>(sql`
    ${due(since)} where o.order_id > ${after}::uuid and o.payment_method <> ${externalPayment} order by o.order_id limit ${limit}`)
