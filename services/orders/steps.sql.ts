import { firstIdAt, integerArray, sql, type Tx, uuidArray } from '@souk/postgres'

export type StepState = 'pending' | 'due' | 'stuck' | 'done' | 'refused' | 'undoing' | 'undo-stuck' | 'held' | 'undone'

export type StepRow = {
  orderId: string
  step: string
  state: StepState
  attempts: number
  nextAtMs: number | null
  deadlineAtMs: number | null
  reason: string
  detail: string
  input: string
  correlationId: string
}
export type ClaimedStep = StepRow & { fence: number }

/** Absent fields: 0, null or empty. */
export type NewStep = Pick<StepRow, 'orderId' | 'step' | 'state' | 'correlationId'> & Partial<StepRow>

const inKeyOrder = <Row extends { orderId: string; step: string }>(rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (a.orderId < b.orderId || (a.orderId === b.orderId && a.step < b.step) ? -1 : 1))

const given = (rows: readonly NewStep[], now: Date) => sql`
  select order_id, step, state, attempts, to_timestamp(next_at / 1000.0), to_timestamp(deadline_at / 1000.0), reason, detail,
    input, correlation_id, ${now}::timestamptz, ${now}::timestamptz
  from unnest(${uuidArray(rows.map((row) => row.orderId))}::uuid[], ${rows.map((row) => row.step)}::text[],
    ${rows.map((row) => row.state)}::text[], ${integerArray(rows.map((row) => row.attempts ?? 0))}::int[],
    ${rows.map((row) => row.nextAtMs ?? null)}::bigint[], ${rows.map((row) => row.deadlineAtMs ?? null)}::bigint[],
    ${rows.map((row) => row.reason ?? '')}::text[], ${rows.map((row) => row.detail ?? '')}::text[],
    ${rows.map((row) => row.input ?? '')}::text[], ${rows.map((row) => row.correlationId)}::text[])
    as r (order_id, step, state, attempts, next_at, deadline_at, reason, detail, input, correlation_id)`

const into = sql`
  insert into order_steps as s (order_id, step, state, attempts, next_at, deadline_at, reason, detail, input, correlation_id, created_at, updated_at)`

/** What is there already knows more: an answer may have come before the row that was to wait for it. */
export const insertSteps = async (tx: Tx, rows: readonly NewStep[], now: Date): Promise<void> => {
  if (rows.length > 0)
    await tx.run(sql`${into} ${given(inKeyOrder(rows), now)} on conflict (order_id, step) do nothing`)
}

/** Put in place of whatever is there; whoever is at work on it changes nothing any more. What is undone stays undone. */
export const replaceSteps = async (tx: Tx, rows: readonly NewStep[], now: Date): Promise<void> => {
  if (rows.length === 0) return
  await tx.run(sql`${into} ${given(inKeyOrder(rows), now)}
    on conflict (order_id, step) do update set state = excluded.state, attempts = excluded.attempts,
      next_at = excluded.next_at, deadline_at = coalesce(excluded.deadline_at, s.deadline_at),
      reason = case when excluded.reason = '' then s.reason else excluded.reason end, detail = excluded.detail,
      input = excluded.input, fence = s.fence + 1, updated_at = excluded.updated_at
    where s.state <> 'undone'`)
}

const columns = sql`order_id as "orderId", step, state, attempts,
  (extract(epoch from next_at) * 1000)::bigint as "nextAtMs", (extract(epoch from deadline_at) * 1000)::bigint as "deadlineAtMs",
  reason, detail, input, correlation_id as "correlationId"`

/**
 * Take what is due, for a while: who does not come back with an answer by then is taken for dead, and another process
 * takes it with a higher number. One row of an order at a time is due, so a claim is never of half an order.
 */
export const claimSteps = (tx: Tx, now: Date, leaseUntil: Date, limit: number) =>
  tx.many<ClaimedStep>(sql`
    update order_steps s set fence = s.fence + 1, next_at = ${leaseUntil}
    from (select order_id, step from order_steps where next_at <= ${now} order by next_at limit ${limit} for update skip locked) due
    where s.order_id = due.order_id and s.step = due.step
    returning s.order_id as "orderId", s.step, s.state, s.attempts, (extract(epoch from s.next_at) * 1000)::bigint as "nextAtMs",
      (extract(epoch from s.deadline_at) * 1000)::bigint as "deadlineAtMs", s.reason, s.detail, s.input,
      s.correlation_id as "correlationId", s.fence`)

/** Write what came of claimed steps, where the claim still holds. Resolves to the orders whose claim did. */
export const finishSteps = async (
  tx: Tx,
  rows: readonly (NewStep & { fence: number })[],
  now: Date,
): Promise<Set<string>> => {
  if (rows.length === 0) return new Set()
  const sorted = inKeyOrder(rows)
  const written = await tx.many<{ order_id: string }>(sql`
    update order_steps s set state = r.state, attempts = r.attempts, next_at = r.next_at, deadline_at = r.deadline_at,
      reason = r.reason, detail = r.detail, input = r.input, updated_at = r.updated_at
    from (${given(sorted, now)}) as r (order_id, step, state, attempts, next_at, deadline_at, reason, detail, input, correlation_id, created_at, updated_at)
    join unnest(${uuidArray(sorted.map((row) => row.orderId))}::uuid[], ${sorted.map((row) => row.step)}::text[],
      ${integerArray(sorted.map((row) => row.fence))}::int[]) as f (order_id, step, fence) using (order_id, step)
    where s.order_id = r.order_id and s.step = r.step and s.fence = f.fence
    returning s.order_id`)
  return new Set(written.map((row) => row.order_id))
}

/** The steps before one that has let go may be undone now, if they were held for it. */
export const releaseHeld = (tx: Tx, rows: readonly { orderId: string; step: string }[], now: Date) =>
  tx.run(sql`
    update order_steps s set state = 'undoing', attempts = 0, next_at = ${now}, fence = s.fence + 1, updated_at = ${now}
    from unnest(${uuidArray(rows.map((row) => row.orderId))}::uuid[], ${rows.map((row) => row.step)}::text[]) as r (order_id, step)
    where s.order_id = r.order_id and s.step = r.step and s.state = 'held'`)

/** Money came for orders whose payment was undone before, be it so long ago that no row tells of it: it is undone again. */
export const undoAgain = async (tx: Tx, orderIds: readonly string[], step: string, detail: string, now: Date) => {
  if (orderIds.length > 0)
    await tx.run(sql`
      insert into order_steps as s (order_id, step, state, next_at, detail, correlation_id, created_at, updated_at)
      select order_id, ${step}::text, 'undoing', ${now}::timestamptz, ${detail}::text, '', ${now}::timestamptz, ${now}::timestamptz
      from unnest(${uuidArray([...orderIds].sort())}::uuid[]) as t (order_id)
      on conflict (order_id, step) do update set state = 'undoing', attempts = 0, next_at = excluded.next_at, detail = excluded.detail,
        fence = s.fence + 1, updated_at = excluded.updated_at
      where s.state = 'undone'`)
}

/**
 * Throw away what is kept of orders whose steps all ended before then: payments and inventory keep the story. Ids tell when
 * orders were placed, so that the oldest are found by the primary key. Resolves to how many rows went.
 */
export const purgeSteps = (tx: Tx, endedBefore: Date, limit: number) =>
  tx.run(sql`
    delete from order_steps where order_id in (
      select order_id from order_steps where order_id < ${firstIdAt(endedBefore.getTime())}::uuid
      group by order_id
      having bool_and(state in ('done', 'undone')) and max(updated_at) < ${endedBefore}
      order by order_id limit ${limit})`)

/** Every row of an order, as they came to be. */
export const stepsOf = (tx: Tx, orderId: string) =>
  tx.many<StepRow & { createdAt: Date; updatedAt: Date }>(sql`
    select ${columns}, created_at as "createdAt", updated_at as "updatedAt" from order_steps
    where order_id = ${orderId} order by created_at, step`)

/** What an order waits for: the answer to a step, until when. */
export const waitingFor = (tx: Tx, orderId: string) =>
  tx.maybeOne<{ step: string; deadlineAt: Date }>(sql`
    select step, deadline_at as "deadlineAt" from order_steps where order_id = ${orderId} and state = 'pending'`)

/** Orders with the step of theirs that is stuck, those cancelled and those not, in the order of their ids. */
export const listStuck = (tx: Tx, after: string | null, limit: number) =>
  tx.many<StuckRow>(sql`
    select distinct on (s.order_id) s.order_id as "orderId", o.shop_id as "shopId", o.status, s.step, s.state, s.attempts, s.detail,
      o.placed_at as "placedAt", s.updated_at as "since", s.next_at as "nextAt"
    from order_steps s join orders o using (order_id)
    where s.state in ('stuck', 'undo-stuck') and (s.state = 'undo-stuck' or o.status = 'placed')
      and (${after}::uuid is null or s.order_id > ${after}::uuid)
    order by s.order_id, s.step limit ${limit}`)

export type StuckRow = {
  orderId: string
  shopId: string
  status: string
  step: string
  state: StepState
  attempts: number
  detail: string
  placedAt: Date
  since: Date
  nextAt: Date
}

export const countSteps = (tx: Tx) =>
  tx.one<{ stuck: number; waiting: number }>(sql`
    select count(*) filter (where state in ('stuck', 'undo-stuck')) as stuck,
      count(*) filter (where state in ('pending', 'due', 'undoing')) as waiting
    from order_steps where next_at is not null`)

/** Try at once what is stuck or waits for its next attempt, or look whether an answer has come. Resolves to how many. */
export const retryNow = (tx: Tx, orderId: string, now: Date) =>
  tx.run(sql`
    update order_steps set attempts = 0, next_at = ${now}, fence = fence + 1, updated_at = ${now},
      state = case state when 'stuck' then 'due' when 'undo-stuck' then 'undoing' else state end
    where order_id = ${orderId} and state in ('stuck', 'undo-stuck', 'due', 'undoing', 'pending')`)

/** Up to when orders were looked at, under lock: one process looks at a time. */
export const lockWatch = async (tx: Tx, beginAt: Date): Promise<Date> => {
  await tx.run(sql`insert into saga_watch (looked_until) values (${beginAt}) on conflict do nothing`)
  return (await tx.one<{ at: Date }>(sql`select looked_until as at from saga_watch for update`)).at
}

export const setWatch = (tx: Tx, until: Date) => tx.run(sql`update saga_watch set looked_until = ${until}`)

/** Orders of this range of time that are still placed although nothing is kept of their saga: nobody is at work on them. */
export const lostOrders = async (tx: Tx, fromId: string, untilId: string, limit: number): Promise<string[]> =>
  (
    await tx.many<{ order_id: string }>(sql`
      select o.order_id from orders o
      where o.order_id >= ${fromId}::uuid and o.order_id < ${untilId}::uuid and o.status = 'placed'
        and o.payment_method <> 'external'
        and not exists (select from order_steps s where s.order_id = o.order_id and s.next_at is not null)
      limit ${limit}`)
  ).map((row) => row.order_id)

/** Of stuck steps, those whose order has moved on all the same. */
export const forgetMovedOn = (tx: Tx, now: Date) =>
  tx.run(sql`
    update order_steps s set state = 'done', next_at = null, fence = s.fence + 1, updated_at = ${now}
    from orders o where s.state = 'stuck' and o.order_id = s.order_id and o.status not in ('placed', 'cancelled')`)
