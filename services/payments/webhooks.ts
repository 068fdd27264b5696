import { createHash } from 'node:crypto'
import { type Database, isUuid, uuidv7 } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { paymentErrors } from './errors.ts'
import { wantOperations } from './operations.sql.ts'
import { type PaymentProvider, type WebhookEvent, type WebhookHeaders, WebhookRefused } from './provider.ts'
import { finishWebhooks, insertRefusal, insertWebhook, postponeWebhooks, takeWebhooks } from './webhooks.sql.ts'

export type WebhookDeps = {
  db: Database
  clock: () => Date
  log: Logger
  /** A look at a provider is wanted. */
  wake(): void
  onWebhook(provider: string, outcome: 'kept' | 'repeated' | 'ignored' | 'forged' | 'stale' | 'unreadable'): void
}

/**
 * Keep what a provider sent, if it was the provider; nothing is done with it here. One statement, also for a repeat.
 * @throws webhook-refused, webhook-unreadable, webhooks-unavailable
 */
export async function keepWebhook(
  deps: WebhookDeps,
  provider: PaymentProvider,
  sent: { headers: WebhookHeaders; raw: Uint8Array; address: string },
): Promise<void> {
  const now = deps.clock()
  let event: WebhookEvent
  try {
    event = await provider.readWebhook(sent.headers, sent.raw, now.getTime())
  } catch (error) {
    if (!(error instanceof WebhookRefused)) {
      deps.log.warn(
        { provider: provider.name, error },
        'a webhook could not be checked; the provider will send it again',
      )
      throw paymentErrors.error('webhooks-unavailable', 'The signature could not be checked.', {}, 30)
    }
    await refuse(deps, provider.name, error, sent, now)
    throw paymentErrors.error(
      error.why === 'unreadable' ? 'webhook-unreadable' : 'webhook-refused',
      error.why === 'stale' ? 'The webhook is too old.' : 'The webhook is not what this provider sends.',
    )
  }
  const { eventId, kind, ourReference, occurredAtMs } = event
  const paymentId = ourReference !== undefined && isUuid(ourReference) ? ourReference : null
  const inserted = await insertWebhook(
    deps.db.autocommit,
    {
      webhookId: uuidv7(now.getTime()),
      provider: provider.name,
      eventId: eventId.slice(0, 255),
      kind: kind.slice(0, 100),
      paymentId,
      raw: sent.raw,
      occurredAtMs: Math.trunc(occurredAtMs),
    },
    now,
  )
  deps.onWebhook(provider.name, inserted === 0 ? 'repeated' : paymentId === null ? 'ignored' : 'kept')
}

async function refuse(
  deps: WebhookDeps,
  provider: string,
  { why }: WebhookRefused,
  sent: { raw: Uint8Array; address: string },
  now: Date,
): Promise<void> {
  deps.onWebhook(provider, why)
  const bodyHash = createHash('sha256').update(sent.raw).digest()
  await insertRefusal(
    deps.db.autocommit,
    { refusalId: uuidv7(now.getTime()), provider, why, address: sent.address, bodyHash },
    now,
  )
}

/**
 * Apply what waits: each payment spoken of is looked up at its provider once, however many webhooks speak of it. What they
 * say is not believed by itself, so it does not matter how often, how late and in what order they came. Those about
 * payments we do not know yet wait for our own row. Resolves to how many were looked at.
 */
export async function applyWebhooks(deps: WebhookDeps): Promise<number> {
  const now = deps.clock()
  const looked = await deps.db.transaction(async (tx) => {
    const waiting = await takeWebhooks(tx, now, 500)
    const known = waiting.filter((webhook) => webhook.known)
    const unknown = waiting.filter((webhook) => !webhook.known)
    if (known.length > 0) {
      const byPayment = new Map(known.map((webhook) => [webhook.payment_id, webhook]))
      const looks = [...byPayment.values()].sort((one, other) => (one.payment_id < other.payment_id ? -1 : 1))
      await wantOperations(
        tx,
        looks.map((webhook) => ({
          operationId: uuidv7(now.getTime()),
          paymentId: webhook.payment_id,
          provider: webhook.provider,
          kind: 'look',
          refundId: null,
          mustLook: false,
          dueAtMs: now.getTime(),
          correlationId: '',
        })),
        now,
      )
      await finishWebhooks(
        tx,
        known.map((webhook) => webhook.webhook_id),
      )
      tx.afterCommit(deps.wake)
    }
    if (unknown.length > 0)
      await postponeWebhooks(
        tx,
        unknown.map((webhook) => webhook.webhook_id),
        now,
      )
    return waiting.length
  })
  return looked
}
