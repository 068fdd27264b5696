import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { OperationKind } from './payment.ts'

export type Wanted = {
  operationId: string
  paymentId: string
  provider: string
  kind: OperationKind
  refundId: string | null
  mustLook: boolean
  dueAtMs: number
  correlationId: string
}

/**
 * Have something done at a provider. There is one row for each thing: asked for again, one that ended begins anew; one that
 * waits stays as it is and keeps the pause between its attempts, except a look, which comes as early as anybody wants it.
 */
export const wantOperations = (tx: Tx, wanted: readonly Wanted[], now: Date) =>
  tx.run(sql`
    insert into operations as o (operation_id, payment_id, provider, kind, refund_id, state, must_look, due_at, made_at,
      correlation_id)
    select n.operation_id, n.payment_id, n.provider, n.kind, n.refund_id, 'waiting', n.must_look,
      to_timestamp(n.due_at_ms / 1000.0), ${now}::timestamptz, n.correlation_id
    from unnest(
      ${uuidArray(wanted.map(({ operationId }) => operationId))}::uuid[],
      ${uuidArray(wanted.map(({ paymentId }) => paymentId))}::uuid[],
      ${wanted.map(({ provider }) => provider)}::text[],
      ${wanted.map(({ kind }) => kind)}::text[],
      ${uuidArray(wanted.map(({ refundId }) => refundId))}::uuid[],
      ${wanted.map(({ mustLook }) => mustLook)}::boolean[],
      ${integerArray(wanted.map(({ dueAtMs }) => dueAtMs))}::bigint[],
      ${wanted.map(({ correlationId }) => correlationId)}::text[])
      as n (operation_id, payment_id, provider, kind, refund_id, must_look, due_at_ms, correlation_id)
    on conflict on constraint operations_once do update set
      state = 'waiting', wanted = o.wanted + 1, must_look = o.must_look or excluded.must_look,
      attempts = case when o.state = 'waiting' and o.kind <> 'look' then o.attempts else 0 end,
      due_at = case when o.state <> 'waiting' then excluded.due_at
                    when o.kind = 'look' or o.attempts = 0 then least(o.due_at, excluded.due_at)
                    else o.due_at end,
      leased_until = case when o.state = 'waiting' then o.leased_until end`)

/**
 * A look that waits comes now, unless the last one was a moment ago: a page that asks again and again costs the provider
 * one call in three seconds. Resolves to whether it does.
 */
export const lookSooner = async (tx: Tx, paymentId: string, now: Date): Promise<boolean> =>
  (
    await tx.many(sql`
      update operations o set due_at = ${now}
      where payment_id = ${paymentId}::uuid and kind = 'look' and state = 'waiting' and due_at > ${now}
        and not exists (select 1 from attempts a
          where a.operation_id = o.operation_id and a.started_at > ${now}::timestamptz - interval '3 seconds')
      returning 1 as found`)
  ).length > 0

/**
 * Nobody wants this money any more: whether it was taken is found out now, not at the end of a pause that grew to minutes
 * while nobody could be asked.
 */
export const hastenUnwanted = (tx: Tx, paymentIds: readonly string[], now: Date) =>
  tx.run(sql`
    update operations set due_at = ${now}, attempts = 0
    where payment_id = any(${uuidArray(paymentIds)}::uuid[]) and kind = 'authorise' and state = 'waiting'
      and fence > 0 and leased_until is null and due_at > ${now}`)

/** Before anybody has begun with it. */
export const callOff = (tx: Tx, paymentIds: readonly string[], kind: OperationKind) =>
  tx.run(sql`
    update operations set state = 'called-off'
    where payment_id = any(${uuidArray(paymentIds)}::uuid[]) and kind = ${kind} and state = 'waiting' and fence = 0`)

export type Taken = {
  operationId: string
  paymentId: string
  kind: OperationKind
  refundId: string | null
  provider: string
  fence: number
  attempts: number
  wanted: number
  mustLook: boolean
  correlationId: string
}

const takenColumns = sql`o.operation_id as "operationId", o.payment_id as "paymentId", o.kind, o.refund_id as "refundId",
  o.provider, o.fence, o.attempts, o.wanted, o.must_look as "mustLook", o.correlation_id as "correlationId"`

/**
 * Take what is due, each for a time and under a new fence. Whoever took it before and has not come back by then may have
 * done it or not: it must be looked up.
 */
export const takeDue = (tx: Tx, provider: string, now: Date, until: Date, limit: number) =>
  tx.many<Taken>(sql`
    with
      due as (
        select operation_id, leased_until is not null as abandoned from operations
        where provider = ${provider} and state = 'waiting' and due_at <= ${now}
          and (leased_until is null or leased_until <= ${now})
        order by due_at limit ${limit} for update skip locked),
      taken as (
        update operations o set fence = fence + 1, attempts = attempts + 1, leased_until = ${until},
          must_look = must_look or d.abandoned
        from due d where o.operation_id = d.operation_id
        returning ${takenColumns}),
      begun as (
        insert into attempts (operation_id, fence, started_at)
        select "operationId", fence, ${now}::timestamptz from taken)
    select * from taken`)

/** Take the authorisations of a batch that is tried at once, in the transaction that wrote them. */
export const takeNew = (tx: Tx, paymentIds: readonly string[], now: Date, until: Date) =>
  tx.many<Taken>(sql`
    with
      taken as (
        update operations o set fence = 1, attempts = 1, leased_until = ${until}
        where payment_id = any(${uuidArray(paymentIds)}::uuid[]) and kind = 'authorise'
        returning ${takenColumns}),
      begun as (
        insert into attempts (operation_id, fence, started_at) select "operationId", fence, ${now}::timestamptz from taken)
    select * from taken
    order by array_position(${uuidArray(paymentIds)}::uuid[], "paymentId")`)

export type Ending = {
  operationId: string
  fence: number
  /** 'waiting': once more, at `dueAtMs`. */
  state: 'waiting' | 'done' | 'refused'
  mustLook: boolean
  dueAtMs: number
  outcome: string
  detail: string
}

/** Which of these are still theirs who took them; the others have been taken by somebody else since. */
export const stillMine = async (tx: Tx, taken: readonly Pick<Taken, 'operationId' | 'fence'>[]) =>
  new Map(
    (
      await tx.many<{ operationId: string; wanted: number }>(sql`
        select o.operation_id as "operationId", o.wanted
        from unnest(
          ${uuidArray(taken.map(({ operationId }) => operationId))}::uuid[],
          ${integerArray(taken.map(({ fence }) => fence))}::int[]) as n (operation_id, fence)
        join operations o on o.operation_id = n.operation_id and o.fence = n.fence and o.state = 'waiting'
        order by o.operation_id for update of o`)
    ).map(({ operationId, wanted }) => [operationId, wanted]),
  )

/** End attempts. An operation whose fence has moved on keeps its state: only the attempt's own row is finished. */
export const endAttempts = (tx: Tx, endings: readonly Ending[], now: Date) =>
  tx.run(sql`
    with
      ended as (
        select * from unnest(
          ${uuidArray(endings.map(({ operationId }) => operationId))}::uuid[],
          ${integerArray(endings.map(({ fence }) => fence))}::int[],
          ${endings.map(({ state }) => state)}::text[],
          ${endings.map(({ mustLook }) => mustLook)}::boolean[],
          ${integerArray(endings.map(({ dueAtMs }) => dueAtMs))}::bigint[],
          ${endings.map(({ outcome }) => outcome)}::text[],
          ${endings.map(({ detail }) => detail)}::text[])
          as n (operation_id, fence, state, must_look, due_at_ms, outcome, detail)),
      written as (
        update attempts a set finished_at = ${now}, outcome = n.outcome, detail = n.detail
        from ended n where a.operation_id = n.operation_id and a.fence = n.fence)
    update operations o set state = n.state, must_look = n.must_look, due_at = to_timestamp(n.due_at_ms / 1000.0),
      leased_until = null
    from ended n where o.operation_id = n.operation_id and o.fence = n.fence`)

/** When the next one is due, if any waits. */
export const nextDue = async (tx: Tx, providers: readonly string[]) =>
  (
    await tx.one<{ due: Date | null }>(sql`
      select min(greatest(due_at, coalesce(leased_until, due_at))) as due from operations
      where state = 'waiting' and provider = any(${providers}::text[])`)
  ).due

export type StoryAttempt = {
  kind: OperationKind
  state: string
  started_at: Date
  finished_at: Date | null
  outcome: string | null
  detail: string
}

export const readAttempts = (tx: Tx, paymentId: string) =>
  tx.many<StoryAttempt>(sql`
    select o.kind, o.state, a.started_at, a.finished_at, a.outcome, a.detail
    from operations o join attempts a using (operation_id)
    where o.payment_id = ${paymentId} order by a.started_at limit 500`)

export type WorkCounts = { waiting: number; stuck: number; oldest_seconds: number }

/** What waits at providers, and what has waited for more than its five quick attempts. */
export const countWork = (tx: Tx, now: Date) =>
  tx.one<WorkCounts>(sql`
    select count(*)::int as waiting, count(*) filter (where attempts > 5 and kind <> 'look')::int as stuck,
      coalesce(extract(epoch from ${now}::timestamptz - min(made_at)) , 0)::float8 as oldest_seconds
    from operations where state = 'waiting' and kind <> 'look'`)
