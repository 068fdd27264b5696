import type { Tx } from '@souk/postgres'
import { readAttempts } from './operations.sql.ts'
import { readDossier, readRefunds } from './payments.sql.ts'
import { readWebhooks } from './webhooks.sql.ts'

type StoryEntry = { atMs: bigint; what: string; detail: string }

/** Everything that happened to an order's money: its states, what was asked of providers, what they said, refunds. */
export async function storyOf(tx: Tx, orderId: string) {
  const dossier = await readDossier(tx, orderId)
  if (dossier === undefined) return []
  const { payment, intent } = dossier
  const entries: StoryEntry[] = payment.history.map(([state, atMs, why]) => entry(atMs, `payment ${state}`, why ?? ''))
  if (intent !== undefined) {
    for (const attempt of await readAttempts(tx, orderId)) {
      entries.push(entry(attempt.started_at.getTime(), `${attempt.kind} asked`, intent.provider))
      if (attempt.finished_at !== null)
        entries.push(entry(attempt.finished_at.getTime(), `${attempt.kind} ${attempt.outcome}`, attempt.detail))
    }
    for (const webhook of await readWebhooks(tx, orderId))
      entries.push(entry(webhook.received_at.getTime(), 'webhook received', `${webhook.kind}, ${webhook.state}`))
    if (intent.alarm !== null) entries.push(entry(payment.history.at(-1)?.[1] ?? 0, 'alarm', intent.alarm))
  }
  for (const refund of payment.capturedMinor > 0 ? await readRefunds(tx, [orderId]) : []) {
    const detail = `${refund.amountMinor} minor units of ${payment.currency}, ${refund.cause}`
    entries.push(entry(refund.asked_at.getTime(), 'refund asked', detail))
    if (refund.settled_at !== null)
      entries.push(entry(refund.settled_at.getTime(), `refund ${refund.state}`, refund.reason || detail))
  }
  for (const { cause } of dossier.giveBacks)
    entries.push(entry(payment.history.at(-1)?.[1] ?? 0, 'to be given back', cause))
  return [
    {
      paymentId: payment.paymentId,
      method: payment.method,
      provider: intent?.provider ?? '',
      state: payment.state,
      amountMinor: BigInt(payment.amountMinor),
      capturedMinor: BigInt(payment.capturedMinor),
      refundedMinor: BigInt(payment.refundedMinor),
      currencyCode: payment.currency,
      entries: entries.sort((one, other) => Number(one.atMs - other.atMs)),
    },
  ]
}

const entry = (atMs: number, what: string, detail: string): StoryEntry => ({ atMs: BigInt(atMs), what, detail })
