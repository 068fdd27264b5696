import { sql, type Tx, uuidArray } from '@souk/postgres'

export type NewWebhook = {
  webhookId: string
  provider: string
  eventId: string
  kind: string
  paymentId: string | null
  raw: Uint8Array
  occurredAtMs: number
}

/** Keep a webhook as it came. Resolves to 0 when it came before. */
export const insertWebhook = (tx: Tx, webhook: NewWebhook, now: Date) =>
  tx.run(sql`
    insert into webhooks (webhook_id, provider, event_id, kind, payment_id, raw, state, occurred_at, received_at, due_at)
    values (${webhook.webhookId}, ${webhook.provider}, ${webhook.eventId}, ${webhook.kind}, ${webhook.paymentId},
      ${Buffer.from(webhook.raw)}, ${webhook.paymentId === null ? 'ignored' : 'waiting'},
      to_timestamp(${webhook.occurredAtMs}::bigint / 1000.0), ${now}, ${now})
    on conflict on constraint webhooks_once do nothing`)

export const insertRefusal = (
  tx: Tx,
  refusal: { refusalId: string; provider: string; why: string; address: string; bodyHash: Buffer },
  now: Date,
) =>
  tx.run(sql`
    insert into webhook_refusals (refusal_id, provider, why, address, body_hash, received_at)
    values (${refusal.refusalId}, ${refusal.provider}, ${refusal.why}, ${refusal.address}, ${refusal.bodyHash}, ${now})`)

export type WaitingWebhook = { webhook_id: string; payment_id: string; provider: string; known: boolean }

/** Those to be applied now, in the order of arrival, and whether we know their payment by now. */
export const takeWebhooks = (tx: Tx, now: Date, limit: number) =>
  tx.many<WaitingWebhook>(sql`
    select w.webhook_id, w.payment_id, w.provider,
      exists (select from intents i where i.payment_id = w.payment_id and i.provider = w.provider) as known
    from webhooks w where state = 'waiting' and due_at <= ${now}
    order by due_at, webhook_id limit ${limit} for update of w skip locked`)

export const finishWebhooks = (tx: Tx, webhookIds: readonly string[]) =>
  tx.run(sql`update webhooks set state = 'applied' where webhook_id = any(${uuidArray(webhookIds)}::uuid[])`)

/** They speak of payments we do not know yet: 1 s doubling to an hour; after 30 days they are left alone. */
export const postponeWebhooks = (tx: Tx, webhookIds: readonly string[], now: Date) =>
  tx.run(sql`
    update webhooks set looked = looked + 1,
      due_at = ${now}::timestamptz + least(interval '1 hour', interval '1 second' * power(2, least(looked, 12))),
      state = case when received_at < ${now}::timestamptz - interval '30 days' then 'ignored' else 'waiting' end
    where webhook_id = any(${uuidArray(webhookIds)}::uuid[])`)

export type StoryWebhook = { kind: string; state: string; received_at: Date }

export const readWebhooks = (tx: Tx, paymentId: string) =>
  tx.many<StoryWebhook>(sql`
    select kind, state, received_at from webhooks where payment_id = ${paymentId} order by received_at limit 500`)

/** Records are kept 90 days, refusals 30: 10,000 rows at most a call, so that no lock is held for long. */
export const purgeWebhooks = async (tx: Tx, now: Date) => {
  await tx.run(sql`
    delete from webhooks where webhook_id in (select webhook_id from webhooks
      where received_at < ${now}::timestamptz - interval '90 days' and state <> 'waiting' limit 10000)`)
  await tx.run(sql`
    delete from webhook_refusals where refusal_id in (select refusal_id from webhook_refusals
      where received_at < ${now}::timestamptz - interval '30 days' limit 10000)`)
}
