import { sql, timeInId, type Tx } from '@souk/postgres'

/** On their way or failed, without the message they carry. */
export const deliveriesOfNothing = (tx: Tx, limit: number) =>
  tx.many<{ message_id: string; state: string }>(sql`
    select d.message_id, d.state from deliveries d
    where not exists (select from messages m where m.customer_id = d.customer_id and m.id = d.message_id)
    limit ${limit}`)

/** Neither on their way nor anywhere: a message for a channel with no outcome and no delivery. */
export const lostMessages = (tx: Tx, firstId: string, limit: number) =>
  tx.many<{ id: string; customer_id: string }>(sql`
    select m.id, m.customer_id from messages m
    where m.id >= ${firstId} and m.channel > 0 and m.sent_at is null and m.outcome is null
      and not exists (select from deliveries d where d.message_id = m.id)
    limit ${limit}`)

export const countLeaving = async (tx: Tx, firstId: string) =>
  (await tx.one<{ n: number }>(sql`select count(*)::bigint as n from messages where id >= ${firstId} and channel > 0`))
    .n

/** Told of one thing more than once by one channel: the same cause, kind and channel under two ids. */
export const toldTwice = (tx: Tx, firstId: string, kind: number, limit: number) =>
  tx.many<{ customer_id: string; about_id: string; channel: number; n: number }>(sql`
    select customer_id, about_id, channel, count(distinct id)::bigint as n
    from (
      select customer_id, about_id, channel, id from messages
      where id >= ${firstId} and kind = ${kind} and about_id is not null
      union all
      select customer_id, about_id, 0::smallint, id from paged_messages
      where at_ms >= ${timeInId(firstId)} and kind = ${kind}) told
    group by customer_id, about_id, channel having count(*) > 1 and count(distinct id) > 1 limit ${limit}`)

export const countOfKind = async (tx: Tx, firstId: string, kind: number) =>
  (
    await tx.one<{ n: number }>(sql`
      select (select count(*) from messages where id >= ${firstId} and kind = ${kind})
        + (select coalesce(sum(cardinality(orders)), 0)::bigint from message_pages
           where at_ms >= ${timeInId(firstId)} and kind = ${kind}) as n`)
  ).n

/** Taken, and not come back for so long: their lease is over and nobody has taken them since. */
export const overdueDeliveries = (tx: Tx, seconds: number, limit: number) =>
  tx.many<{ message_id: string; state: string; overdue: number }>(sql`
    select message_id, state, extract(epoch from now() - due_at)::int as overdue from deliveries
    where state = 'sending' and due_at < now() - make_interval(secs => ${seconds}) limit ${limit}`)

export const countDeliveries = async (tx: Tx) =>
  (await tx.one<{ n: number }>(sql`select count(*)::bigint as n from deliveries`)).n
