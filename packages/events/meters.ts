import type { Logger, Metrics } from '@souk/telemetry'
import type { Happening } from './apply.ts'
import type { Lag } from './log.ts'

const measureEveryMs = 5_000

type Measured = { labels: { consumer: string; shard: string; database: string }; lag: Lag; stalled: number }

const consumersOf = new WeakMap<Metrics, Map<string, Measured>>()

/** The gauges of all consumers of a process: one series each, by its name, the shard it reads and the database it writes to. */
function gaugesOf(metrics: Metrics): Map<string, Measured> {
  const known = consumersOf.get(metrics)
  if (known !== undefined) return known
  const consumers = new Map<string, Measured>()
  consumersOf.set(metrics, consumers)
  const gauge = (name: string, help: string, read: (one: Measured) => number) =>
    metrics.gauge(name, help, () => [...consumers.values()].map((one) => ({ labels: one.labels, value: read(one) })), [
      'consumer',
      'shard',
      'database',
    ])
  gauge('souk_consumer_lag_events', 'Events written and not yet handled.', ({ lag }) => lag.events)
  gauge('souk_consumer_lag_seconds', 'Age of the oldest event not yet handled.', ({ lag }) => lag.seconds)
  gauge(
    'souk_consumer_stalled_seconds',
    'Age of the oldest event that cannot be read yet, because an older transaction is still open.',
    ({ stalled }) => stalled,
  )
  return consumers
}

/** What a consumer tells of itself: counts and times, how far it is behind, and its misfortunes in the log. */
export function consumerMeters(
  metrics: Metrics,
  logger: Logger,
  of: { consumer: string; shard: string; database: string },
) {
  const labels = { consumer: of.consumer }
  const handled = metrics.counter('souk_consumer_events_total', 'Events handled.', ['consumer'])
  const batches = metrics.counter('souk_consumer_batches_total', 'Batches handled.', ['consumer'])
  const retries = metrics.counter('souk_consumer_retries_total', 'Batches tried again.', ['consumer'])
  const parked = metrics.counter('souk_consumer_parked_total', 'Events put into dead letters.', ['consumer'])
  const seconds = metrics.histogram('souk_consumer_batch_seconds', 'From taking the offset to the commit of a batch.')
  const measured: Measured = { labels: of, lag: { events: 0, seconds: 0 }, stalled: 0 }
  gaugesOf(metrics).set(`${of.consumer} ${of.shard} ${of.database}`, measured)

  const happening: Happening = {
    applied(events, took) {
      handled.inc(labels, events)
      batches.inc(labels)
      seconds.observe(took)
    },
    retried(error, attempt, waitMs) {
      retries.inc(labels)
      logger.warn({ err: error, attempt, waitMs: Math.round(waitMs) }, 'batch failed and will be tried again')
    },
    parked(item, cause, attempts) {
      parked.inc(labels)
      const { head } = item.envelope()
      logger.error(
        {
          eventId: head?.eventId,
          type: head?.type,
          correlationId: head?.correlationId,
          origin: item.origin,
          cause,
          attempts,
        },
        'event parked in dead letters',
      )
    },
  }

  return {
    ...happening,
    /** Look every five seconds. A look that fails changes nothing: the consumer itself reports an outage. */
    watchLag(measure: () => Promise<{ lag: Lag; stalledSeconds: number; foreign: boolean }>) {
      let looking = false
      let said = false
      return everyFewSeconds(metrics, async () => {
        if (looking) return
        looking = true
        try {
          const { lag, stalledSeconds, foreign } = await measure()
          measured.lag = lag
          measured.stalled = stalledSeconds
          if (foreign && !said)
            logger.error(
              {},
              'the offset lies beyond the end of the log: was the database restored? nothing will be handled',
            )
          said = foreign
        } catch {
        } finally {
          looking = false
        }
      })
    },
  }
}

const looksOf = new WeakMap<Metrics, { all: Set<() => Promise<void>>; timer: NodeJS.Timeout }>()

/** All consumers of a process at one time, so that what several ask can be asked together. */
function everyFewSeconds(metrics: Metrics, look: () => Promise<void>): { stop(): void } {
  let looks = looksOf.get(metrics)
  if (looks === undefined) {
    const all = new Set<() => Promise<void>>()
    const timer = setInterval(() => {
      for (const each of all) void each()
    }, measureEveryMs)
    timer.unref()
    looks = { all, timer }
    looksOf.set(metrics, looks)
  }
  const { all, timer } = looks
  all.add(look)
  return {
    stop() {
      all.delete(look)
      if (all.size > 0) return
      clearInterval(timer)
      looksOf.delete(metrics)
    },
  }
}
