import type { Metrics } from '@souk/telemetry'
import type { PlaceOutcome } from './place-orders.ts'
import type { Placer } from './placer.ts'

/** What a crowd does to the order path: batches, how long orders wait for one, and which way each batch took. */
export function placingMetrics(metrics: Metrics) {
  const items = metrics.histogram(
    'souk_orders_batch_orders',
    'Orders placed together.',
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  )
  const seconds = metrics.histogram('souk_orders_batch_seconds', 'From deciding a batch to its commit.')
  const waited = metrics.histogram('souk_orders_wait_seconds', 'What the oldest order of a batch had waited for it.')
  const paths = metrics.counter('souk_orders_batches_total', 'Batches by the way they took.', ['path'])
  const outcomes = metrics.counter('souk_orders_total', 'Orders asked for, by what came of them.', ['outcome'])
  return {
    /** Counted a batch at a time: placed, repeated, or the code of the refusal. */
    outcomes(batch: readonly PlaceOutcome[]) {
      const counts = new Map<string, number>()
      for (const outcome of batch) {
        const name = outcome.kind === 'refused' ? outcome.error.code : outcome.repeated ? 'repeated' : 'placed'
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      for (const [outcome, count] of counts) outcomes.inc({ outcome }, count)
    },
    batch(batch: { items: number; tookMs: number; oldestWaitMs: number }) {
      items.observe(batch.items)
      seconds.observe(batch.tookMs / 1000)
      waited.observe(batch.oldestWaitMs / 1000)
    },
    path: (path: 'optimistic' | 'careful' | 'resolved') => paths.inc({ path }),
    queue(stats: Placer['stats']) {
      metrics.gauge('souk_orders_queue_depth', 'Orders waiting for their batch.', () => stats().queued)
      metrics.gauge(
        'souk_orders_queue_age_seconds',
        'What the oldest of them has waited.',
        () => stats().oldestWaitMs / 1000,
      )
    },
  }
}

export type SagaMeters = {
  ran(step: string, outcomes: readonly { kind: string }[]): void
  undid(step: string, outcomes: readonly { kind: string }[]): void
  /** After its commit. */
  confirmed(delayMs: number): void
}

/** Fine where promises lie: a quarter of a second at ordinary load, two seconds at the peak. */
const delayBuckets = [0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300]

/** How orders get from placed to confirmed, and what is in their way. */
export function sagaMetrics(
  metrics: Metrics,
): SagaMeters & { setCounts(counts: { stuck: number; waiting: number }): void } {
  const outcomes = metrics.counter(
    'souk_orders_saga_steps_total',
    'Steps of orders run and undone, by what came of it.',
    ['step', 'outcome'],
  )
  const delay = metrics.histogram(
    'souk_orders_confirm_delay_seconds',
    'From accepting an order to confirming it.',
    delayBuckets,
  )
  let counts = { stuck: 0, waiting: 0 }
  metrics.gauge(
    'souk_orders_stuck',
    'Orders that an operator should look at: GET /v1/orders/stuck.',
    () => counts.stuck,
  )
  metrics.gauge('souk_orders_waiting', 'Orders that wait for a payment or for the next attempt.', () => counts.waiting)
  const count = (step: string, all: readonly { kind: string }[], prefix: string) => {
    const byKind = new Map<string, number>()
    for (const { kind } of all) byKind.set(kind, (byKind.get(kind) ?? 0) + 1)
    for (const [kind, number] of byKind) outcomes.inc({ step, outcome: `${prefix}${kind}` }, number)
  }
  return {
    ran: (step, all) => count(step, all, ''),
    undid: (step, all) => count(step, all, 'undo-'),
    confirmed: (delayMs) => delay.observe(delayMs / 1_000),
    setCounts: (now) => {
      counts = now
    },
  }
}
