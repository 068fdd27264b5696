import type { Metrics } from '@souk/telemetry'
import type { AuthoriseDeps } from './authorise-orders.ts'
import type { SettleDeps } from './settle-attempts.ts'
import type { WebhookDeps } from './webhooks.ts'

/** What comes of payments, and how it goes with providers. */
export function paymentMetrics(metrics: Metrics) {
  const decided = metrics.counter('souk_payments_total', 'Payments asked for, by what was said at once.', [
    'method',
    'decision',
  ])
  const attempts = metrics.counter('souk_payment_attempts_total', 'Calls to providers, by what came of them.', [
    'provider',
    'operation',
    'outcome',
  ])
  const webhooks = metrics.counter('souk_payment_webhooks_total', 'Webhooks received.', ['provider', 'outcome'])
  const alarms = metrics.counter('souk_payment_alarms_total', 'Payments that a person has to look at.')
  const work = { waiting: 0, stuck: 0, oldestSeconds: 0 }
  metrics.gauge('souk_payment_work_waiting', 'Things to be done at providers.', () => work.waiting)
  metrics.gauge('souk_payment_work_stuck', 'Of these, those that failed more than five times.', () => work.stuck)
  metrics.gauge('souk_payment_work_age_seconds', 'How long the oldest of them has waited.', () => work.oldestSeconds)
  const onDecided: AuthoriseDeps['onDecided'] = (method, decision, count) => decided.inc({ method, decision }, count)
  const onAttempt: SettleDeps['onAttempt'] = ({ provider, kind }, outcome) =>
    attempts.inc({ provider, operation: kind, outcome })
  const onWebhook: WebhookDeps['onWebhook'] = (provider, outcome) => webhooks.inc({ provider, outcome })
  return {
    onDecided,
    onAttempt,
    onWebhook,
    onAlarm: () => alarms.inc(),
    /** As the job counted it last. */
    keep(counted: { waiting: number; stuck: number; oldest_seconds: number }) {
      work.waiting = counted.waiting
      work.stuck = counted.stuck
      work.oldestSeconds = counted.oldest_seconds
    },
  }
}
