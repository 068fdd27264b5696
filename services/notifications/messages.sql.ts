import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Values } from './kinds.ts'
import { channelInId } from './message.ts'
import { pagedAbout, pagedLatest, pagedOf, pagedWith } from './message-pages.sql.ts'
import type { Receipt } from './receipts.ts'

/** One message as it is written. Columns that are null for all of a batch travel as one null. */
export type NewMessage = {
  customerId: string
  id: string
  aboutId: string | null
  shopId: string | null
  kind: number
  channel: number
  parameters: Values | null
}

/** Record messages, those already recorded left as they are. One statement whatever the number. */
export const recordMessages = (tx: Tx, messages: readonly NewMessage[]) =>
  tx.run(sql`
    insert into messages (customer_id, id, about_id, shop_id, kind, channel, parameters)
    select customer_id, id, about_id, shop_id, kind, coalesce(channel, 0), parameters
    from unnest(${uuidArray(messages.map((each) => each.customerId))}::uuid[],
      ${uuidArray(messages.map((each) => each.id))}::uuid[],
      ${uuidArray(messages.map((each) => each.aboutId))}::uuid[],
      ${uuidArray(messages.map((each) => each.shopId))}::uuid[],
      ${integerArray(messages.map((each) => each.kind))}::smallint[],
      ${messages.some((each) => each.channel > 0) ? integerArray(messages.map((each) => each.channel)) : null}::smallint[],
      ${messages.some((each) => each.parameters !== null) ? messages.map((each) => each.parameters && JSON.stringify(each.parameters)) : null}::jsonb[])
      as t(customer_id, id, about_id, shop_id, kind, channel, parameters)
    on conflict do nothing`)

export type MessageRow = {
  customer_id: string
  id: string
  about_id: string | null
  shop_id: string | null
  sent_at: Date | null
  kind: number
  channel: number
  parameters: Values | null
  outcome: string | null
  receipt: 'delivered' | 'read' | 'bounced' | null
  receipt_at: Date | null
  receipt_detail: string | null
  state: 'queued' | 'sending' | 'failed' | null
  attempts: number | null
  cause: string | null
}

const shown = sql`m.customer_id, m.id, m.about_id, m.shop_id, m.sent_at, m.kind, m.channel, m.parameters, m.outcome,
  m.receipt, m.receipt_at, m.receipt_detail,
  d.state, d.attempts, d.cause`

// Messages lie in rows of their own or many to a page. The same one may lie in both, when its event was heard twice in
// different company: each list takes it once.

export type LatestFilter = { kind: number | null; channel: number | null }

/** Of one customer, the newest first. */
export const messagesOf = (
  tx: Tx,
  customerId: string,
  before: string | null,
  limit: number,
  { kind, channel }: LatestFilter = { kind: null, channel: null },
) =>
  tx.many<MessageRow>(sql`
    with
      rows as (
        select ${shown} from messages m left join deliveries d on d.message_id = m.id
        where m.customer_id = ${customerId} and (${before}::uuid is null or m.id < ${before}::uuid)
          and (${kind}::smallint is null or m.kind = ${kind}) and (${channel}::smallint is null or m.channel = ${channel})
        order by m.id desc limit ${limit}),
      paged as (${pagedOf(customerId, before, kind, channel === null || channel === 0 ? limit : 0)})
    select distinct on (id) * from (table rows union all table paged) found order by id desc limit ${limit}`)

export const messagesAbout = (tx: Tx, customerId: string, aboutId: string) =>
  tx.many<MessageRow>(sql`
    with
      rows as (
        select ${shown} from messages m left join deliveries d on d.message_id = m.id
        where m.customer_id = ${customerId} and m.about_id = ${aboutId}),
      paged as (${pagedAbout(customerId, aboutId)})
    select distinct on (id) * from (table rows union all table paged) found order by id limit 200`)

/** Of everybody, the newest first, between two ids: the index by blocks makes a short stretch of time cheap. */
export const latestMessages = (
  tx: Tx,
  from: string,
  before: string | null,
  { kind, channel }: LatestFilter,
  limit: number,
) =>
  tx.many<MessageRow>(sql`
    with
      rows as (
        select ${shown} from messages m left join deliveries d on d.message_id = m.id
        where m.id >= ${from} and (${before}::uuid is null or m.id < ${before}::uuid)
          and (${kind}::smallint is null or m.kind = ${kind}) and (${channel}::smallint is null or m.channel = ${channel})
        order by m.id desc, m.customer_id limit ${limit}),
      paged as (${pagedLatest(from, before, kind, channel === null || channel === 0 ? limit : 0)})
    select distinct on (id, customer_id) * from (table rows union all table paged) found
    order by id desc, customer_id limit ${limit}`)

export async function messagesWith(tx: Tx, keys: readonly { customerId: string; id: string }[]): Promise<MessageRow[]> {
  const found = await tx.many<MessageRow>(sql`
    select ${shown} from unnest(${uuidArray(keys.map((key) => key.customerId))}::uuid[],
      ${uuidArray(keys.map((key) => key.id))}::uuid[]) k(customer_id, id)
    join messages m using (customer_id, id) left join deliveries d on d.message_id = m.id`)
  const known = new Set(found.map(({ id }) => id))
  const absent = keys.filter(({ id }) => !known.has(id) && channelInId(id) === 0)
  return absent.length === 0 ? found : [...found, ...(await tx.many<MessageRow>(pagedWith(absent)))]
}

/** Of these, who was told something by the shop. */
export const knownToShop = async (tx: Tx, shopId: string, customerIds: readonly string[]) =>
  (
    await tx.many<{ customer_id: string }>(sql`
      select c.customer_id from unnest(${uuidArray(customerIds)}::uuid[]) c(customer_id)
      where exists (select from messages m where m.customer_id = c.customer_id and m.shop_id = ${shopId})
        or exists (select from paged_messages g
          where g.customers @> array[c.customer_id] and g.customer_id = c.customer_id and g.shop_id = ${shopId})`)
  ).map((row) => row.customer_id)

/** How they left, or why they never will. */
export const settleMessages = (
  tx: Tx,
  settled: readonly { customerId: string; id: string; outcome: string }[],
  sentAt: Date | null,
) =>
  tx.run(sql`
    update messages m set sent_at = ${sentAt}, outcome = s.outcome
    from unnest(${uuidArray(settled.map((each) => each.customerId))}::uuid[],
      ${uuidArray(settled.map((each) => each.id))}::uuid[], ${settled.map((each) => each.outcome)}::text[])
      s(customer_id, id, outcome)
    where m.customer_id = s.customer_id and m.id = s.id`)

/**
 * What providers said. Later news wins over earlier: read over delivered, and coming back over both, in whatever order they
 * come. Of one message the last word of a batch. Found by the id alone, along the index by blocks; ids of messages that
 * leave the house are nobody else's. Resolves to how many were news.
 */
export const recordReceipts = (tx: Tx, receipts: readonly Receipt[]) => {
  const rank = { delivered: 1, read: 2, bounced: 3 }
  const last = [
    ...new Map(
      receipts.toSorted((a, b) => rank[a.state] - rank[b.state]).map((receipt) => [receipt.messageId, receipt]),
    ).values(),
  ]
  const ids = last.map(({ messageId }) => messageId).toSorted()
  return tx.run(sql`
    update messages m set receipt = r.state, receipt_at = r.at, receipt_detail = nullif(r.detail, '')
    from unnest(${uuidArray(last.map((each) => each.messageId))}::uuid[], ${last.map((each) => each.state)}::text[],
      ${last.map((each) => new Date(each.atMs))}::timestamptz[], ${last.map((each) => each.detail)}::text[])
      r(id, state, at, detail)
    where m.id = r.id and m.id between ${ids[0]}::uuid and ${ids.at(-1)}::uuid and m.channel > 0
      and array_position('{delivered,read,bounced}', r.state) > coalesce(array_position('{delivered,read,bounced}', m.receipt), 0)`)
}

/** Of these keys, those without a message. */
export async function absentMessages(tx: Tx, keys: readonly { customerId: string; id: string }[]) {
  const absent = await tx.many<{ id: string; customer_id: string }>(sql`
    select k.customer_id, k.id from unnest(${uuidArray(keys.map((key) => key.customerId))}::uuid[],
      ${uuidArray(keys.map((key) => key.id))}::uuid[]) k(customer_id, id)
    where not exists (select from messages m where m.customer_id = k.customer_id and m.id = k.id)`)
  if (absent.length === 0) return absent
  const paged = await tx.many<MessageRow>(pagedWith(absent.map((key) => ({ customerId: key.customer_id, id: key.id }))))
  const known = new Set(paged.map((row) => `${row.customer_id} ${row.id}`))
  return absent.filter((key) => !known.has(`${key.customer_id} ${key.id}`))
}

/** Make partitions ahead, and let go of the months before that of `keepFrom`. */
export const tendPartitions = (tx: Tx, now: Date, keepFrom: Date) =>
  tx.one<{ changed: number }>(
    sql`select tend_partitions(${now}, ${keepFrom}) + drop_pages(${keepFrom})::int as changed`,
  )
