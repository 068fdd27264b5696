import type { Logger, Metrics } from '@souk/telemetry'
import type { Happening } from './apply.ts'
import type { Lag } from './log.ts'

const measureEveryMs = 5_000

/** What a consumer tells of itself: counts and times, how far it is behind, and its misfortunes in the log. */
export function consumerMeters(metrics: Metrics, logger: Logger, consumer: string) {
  const labels = { consumer }
  const handled = metrics.counter('souk_consumer_events_total', 'Events handled.', ['consumer'])
  const batches = metrics.counter('souk_consumer_batches_total', 'Batches handled.', ['consumer'])
  const retries = metrics.counter('souk_consumer_retries_total', 'Batches tried again.', ['consumer'])
  const parked = metrics.counter('souk_consumer_parked_total', 'Events put into dead letters.', ['consumer'])
  const seconds = metrics.histogram('souk_consumer_batch_seconds', 'From taking the offset to the commit of a batch.')
  const gauge = consumer.replaceAll(/[^a-z0-9]/g, '_')
  let lag: Lag = { events: 0, seconds: 0 }
  let stalled = 0
  metrics.gauge(`souk_consumer_${gauge}_lag_events`, 'Events written and not yet handled.', () => lag.events)
  metrics.gauge(`souk_consumer_${gauge}_lag_seconds`, 'Age of the oldest event not yet handled.', () => lag.seconds)
  metrics.gauge(
    `souk_consumer_${gauge}_stalled_seconds`,
    'Age of the oldest event that cannot be read yet, because an older transaction is still open.',
    () => stalled,
  )

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
    watchLag(measure: () => Promise<Lag>, inspect: () => Promise<{ stalledSeconds: number; foreign: boolean }>) {
      let looking = false
      let said = false
      const look = async () => {
        if (looking) return
        looking = true
        try {
          lag = await measure()
          const { stalledSeconds, foreign } = await inspect()
          stalled = stalledSeconds
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
      }
      const timer = setInterval(() => void look(), measureEveryMs)
      timer.unref()
      return { stop: () => clearInterval(timer) }
    },
  }
}
