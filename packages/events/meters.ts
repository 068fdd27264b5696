import type { Logger, Metrics } from '@souk/telemetry'
import type { Happening } from './apply.ts'
import type { Lag } from './log.ts'

const measureEveryMs = 5_000

type Measured = { labels: { consumer: string; shard: string; database: string }; lag: Lag; stalled: number }

/** The meters of all consumers of a process: their gauges have one series each, and they are measured at one time. */
export type ConsumerMeters = {
  /** By its name, the shard it reads and the database it writes to. */
  of(logger: Logger, labels: Measured['labels']): ReturnType<typeof metersOf>
}

export function createConsumerMeters(metrics: Metrics): ConsumerMeters {
  const meters = {
    handled: metrics.counter('souk_consumer_events_total', 'Events handled.', ['consumer']),
    batches: metrics.counter('souk_consumer_batches_total', 'Batches handled.', ['consumer']),
    retries: metrics.counter('souk_consumer_retries_total', 'Batches tried again.', ['consumer']),
    parked: metrics.counter('souk_consumer_parked_total', 'Events put into dead letters.', ['consumer']),
    seconds: metrics.histogram('souk_consumer_batch_seconds', 'From taking the offset to the commit of a batch.'),
    consumers: gaugesIn(metrics),
    everyFewSeconds: oneTimer(measureEveryMs),
  }
  return { of: (logger, labels) => metersOf(meters, logger, labels) }
}

type Counter = ReturnType<Metrics['counter']>
type Meters = Record<'handled' | 'batches' | 'retries' | 'parked', Counter> & {
  seconds: ReturnType<Metrics['histogram']>
  consumers: Map<string, Measured>
  everyFewSeconds: ReturnType<typeof oneTimer>
}

function gaugesIn(metrics: Metrics): Map<string, Measured> {
  const consumers = new Map<string, Measured>()
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
function metersOf(meters: Meters, logger: Logger, of: Measured['labels']) {
  const { handled, batches, retries, parked, seconds, everyFewSeconds } = meters
  const labels = { consumer: of.consumer }
  const measured: Measured = { labels: of, lag: { events: 0, seconds: 0 }, stalled: 0 }
  meters.consumers.set(`${of.consumer} ${of.shard} ${of.database}`, measured)

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
      return everyFewSeconds(async () => {
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

/** All looks at one time, so that what several ask can be asked together; a timer while there is anybody who looks. */
function oneTimer(everyMs: number) {
  const all = new Set<() => Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  return (look: () => Promise<void>): { stop(): void } => {
    all.add(look)
    timer ??= setInterval(() => {
      for (const each of all) void each()
    }, everyMs).unref()
    return {
      stop() {
        all.delete(look)
        if (all.size > 0) return
        clearInterval(timer)
        timer = undefined
      },
    }
  }
}
