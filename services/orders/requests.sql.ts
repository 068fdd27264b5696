import { sql, type Tx } from '@souk/postgres'

/** 1 goes before 2 before 3. */
export const priorities = { high: 1, normal: 2, low: 3 } as const
export type Priority = keyof typeof priorities

export type AcceptedRequest = {
  orderId: string
  customerId: string
  key: string
  bodyHash: string
  body: string
  priority: number
  networkAddress: string
  userAgent: string
  acceptedAt: Date
}

/** Keep requests to be placed later, in one statement. Those whose key is taken are left out of what it resolves to. */
export const insertRequests = (tx: Tx, requests: readonly AcceptedRequest[]) =>
  tx.many<{ order_id: string }>(sql`
    insert into order_requests (order_id, customer_id, key, body_hash, body, priority, network_address, user_agent, accepted_at)
    select * from unnest(
      ${requests.map((request) => request.orderId)}::uuid[], ${requests.map((request) => request.customerId)}::uuid[],
      ${requests.map((request) => request.key)}::text[], ${requests.map((request) => request.bodyHash)}::uuid[],
      ${requests.map((request) => request.body)}::jsonb[], ${requests.map((request) => request.priority)}::smallint[],
      ${requests.map((request) => request.networkAddress)}::text[], ${requests.map((request) => request.userAgent)}::text[],
      ${requests.map((request) => request.acceptedAt)}::timestamptz[])
    on conflict (customer_id, key) do nothing returning order_id`)

export type RequestRow = {
  order_id: string
  customer_id: string
  key: string
  body_hash: string
  body: unknown
  priority: number
  state: 'accepted' | 'placed' | 'refused'
  refusal: { code: string; detail: string } | null
  accepted_at: Date
  finished_at: Date | null
}

const columns = sql`order_id, customer_id, key, body_hash, body, priority, state, refusal, accepted_at, finished_at`

export const findRequestsByKey = (tx: Tx, customers: readonly string[], keys: readonly string[]) =>
  tx.many<RequestRow>(sql`
    select ${columns} from order_requests
    where (customer_id, key) in (select * from unnest(${customers}::uuid[], ${keys}::text[]))`)

export const findRequest = (tx: Tx, orderId: string) =>
  tx.maybeOne<RequestRow>(sql`select ${columns} from order_requests where order_id = ${orderId}`)

/** Whether any waits to be placed: cheaper to ask than to claim them. */
export const isAnyWaiting = async (tx: Tx): Promise<boolean> =>
  (await tx.maybeOne(sql`select 1 as waits from order_requests where state = 'accepted' limit 1`)) !== undefined

/** The next to be placed, by priority and then arrival; held until the transaction ends, so no other process takes them too. */
export const claimRequests = (tx: Tx, limit: number) =>
  tx.many<RequestRow>(sql`
    select ${columns} from order_requests where state = 'accepted'
    order by priority, order_id limit ${limit} for update skip locked`)

export const finishRequests = (
  tx: Tx,
  finished: readonly { orderId: string; state: 'placed' | 'refused'; refusal: string | null }[],
  now: Date,
) =>
  tx.run(sql`
    update order_requests r set state = f.state, refusal = f.refusal, finished_at = ${now}, attempts = r.attempts + 1,
      body = case when r.body ? 'paymentToken' then r.body - 'paymentToken' else r.body end
    from unnest(${finished.map((one) => one.orderId)}::uuid[], ${finished.map((one) => one.state)}::text[],
      ${finished.map((one) => one.refusal)}::jsonb[]) as f (order_id, state, refusal)
    where r.order_id = f.order_id`)

/** Requests answered long ago, and their keys, leave. */
export const purgeRequests = (tx: Tx, finishedBefore: Date) =>
  tx.run(sql`delete from order_requests where state <> 'accepted' and finished_at < ${finishedBefore}`)
