import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'

export type NewDelivery = { messageId: string; customerId: string; kind: number; channel: number; priority: number }

export const queueDeliveries = (tx: Tx, deliveries: readonly NewDelivery[], dueAt: Date) =>
  tx.run(sql`
    insert into deliveries (message_id, customer_id, kind, channel, priority, due_at)
    select message_id, customer_id, kind, channel, priority, ${dueAt}
    from unnest(${uuidArray(deliveries.map((each) => each.messageId))}::uuid[],
      ${uuidArray(deliveries.map((each) => each.customerId))}::uuid[],
      ${integerArray(deliveries.map((each) => each.kind))}::smallint[],
      ${integerArray(deliveries.map((each) => each.channel))}::smallint[],
      ${integerArray(deliveries.map((each) => each.priority))}::smallint[])
      as t(message_id, customer_id, kind, channel, priority)
    on conflict do nothing`)

export type Taken = {
  message_id: string
  customer_id: string
  kind: number
  channel: number
  priority: number
  attempts: number
  fence: number
}

/**
 * Take what is due, the most urgent first, and what somebody took and never came back about. Nobody else gets it before
 * `until`; the fence tells whose word about it counts.
 */
export const takeDue = (tx: Tx, channel: number, limit: number, now: Date, until: Date) =>
  tx.many<Taken>(sql`
    with due as (
      select message_id from deliveries
      where channel = ${channel} and state <> 'failed' and due_at <= ${now}
      order by priority, due_at limit ${limit} for update skip locked)
    update deliveries d set state = 'sending', attempts = attempts + 1, fence = fence + 1, due_at = ${until}
    from due where d.message_id = due.message_id
    returning d.message_id, d.customer_id, d.kind, d.channel, d.priority, d.attempts, d.fence`)

type Held = { messageId: string; fence: number }
const held = (rows: readonly Held[]) =>
  sql`unnest(${uuidArray(rows.map((row) => row.messageId))}::uuid[], ${integerArray(rows.map((row) => row.fence))}::int[]) h(message_id, fence)`

/** They are through; only those that whoever says so still held. */
export const finishDeliveries = async (tx: Tx, rows: readonly Held[]) =>
  (
    await tx.many<{ message_id: string }>(sql`
      delete from deliveries d using ${held(rows)}
      where d.message_id = h.message_id and d.fence = h.fence and d.state = 'sending' returning d.message_id`)
  ).map((row) => row.message_id)

/** Try again later. `refund`: nothing was tried, so it does not count. */
export const postponeDeliveries = (tx: Tx, rows: readonly (Held & { dueAt: Date; cause: string; refund: boolean })[]) =>
  tx.run(sql`
    update deliveries d set state = 'queued', due_at = h.due_at, cause = h.cause, attempts = d.attempts - h.refund
    from unnest(${uuidArray(rows.map((row) => row.messageId))}::uuid[], ${integerArray(rows.map((row) => row.fence))}::int[],
      ${rows.map((row) => row.dueAt)}::timestamptz[], ${rows.map((row) => row.cause)}::text[],
      ${integerArray(rows.map((row) => (row.refund ? 1 : 0)))}::smallint[]) h(message_id, fence, due_at, cause, refund)
    where d.message_id = h.message_id and d.fence = h.fence and d.state = 'sending'`)

/** They wait for a person now. */
export const failDeliveries = async (tx: Tx, rows: readonly (Held & { cause: string })[], now: Date) =>
  (
    await tx.many<{ message_id: string }>(sql`
      update deliveries d set state = 'failed', cause = h.cause, failed_at = ${now}
      from unnest(${uuidArray(rows.map((row) => row.messageId))}::uuid[], ${integerArray(rows.map((row) => row.fence))}::int[],
        ${rows.map((row) => row.cause)}::text[]) h(message_id, fence, cause)
      where d.message_id = h.message_id and d.fence = h.fence and d.state = 'sending' returning d.message_id`)
  ).map((row) => row.message_id)

export type FailedRow = {
  message_id: string
  customer_id: string
  kind: number
  channel: number
  attempts: number
  cause: string | null
  failed_at: Date
}

export const failedDeliveries = (tx: Tx, before: string | null, limit: number) =>
  tx.many<FailedRow>(sql`
    select message_id, customer_id, kind, channel, attempts, cause, failed_at from deliveries
    where state = 'failed' and (${before}::uuid is null or message_id < ${before}::uuid)
    order by message_id desc limit ${limit}`)

/** From the beginning, as often as a new one. */
export const replayDelivery = (tx: Tx, messageId: string, now: Date) =>
  tx.run(sql`
    update deliveries set state = 'queued', attempts = 0, due_at = ${now}, failed_at = null
    where message_id = ${messageId} and state = 'failed'`)

export const discardDelivery = (tx: Tx, messageId: string) =>
  tx.maybeOne<{ customer_id: string }>(
    sql`delete from deliveries where message_id = ${messageId} and state = 'failed' returning customer_id`,
  )

export const countWaiting = (tx: Tx) =>
  tx.many<{ channel: number; state: string; messages: number }>(
    sql`select channel, state, count(*)::bigint as messages from deliveries group by channel, state`,
  )
