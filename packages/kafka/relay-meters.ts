import type { Lag } from '@souk/events'
import type { Metrics } from '@souk/telemetry'

const measureEveryMs = 5_000

export type SourceMeter = {
  sent(count: number, already: number, took: number): void
  active(active: boolean): void
}

/** What a relay tells of itself, by service and shard. */
export function relayMeters(metrics: Metrics) {
  const names = ['source', 'shard']
  const events = metrics.counter('souk_relay_events_total', 'Events sent to Kafka.', names)
  const known = metrics.counter('souk_relay_known_total', 'Events not sent, since they were in Kafka already.', names)
  const seconds = metrics.histogram(
    'souk_relay_send_seconds',
    'From sending a step to its acknowledgement by all copies.',
  )
  const states: { labels: { source: string; shard: string }; last: Lag; active: boolean }[] = []
  const gauge = (name: string, help: string, read: (state: (typeof states)[number]) => number) =>
    metrics.gauge(name, help, () => states.map((state) => ({ labels: state.labels, value: read(state) })), names)
  gauge('souk_relay_active', '1 where this process is the one that sends.', (state) => (state.active ? 1 : 0))
  gauge('souk_relay_lag_events', 'Events in the outbox that are not in Kafka yet.', (state) => state.last.events)
  gauge('souk_relay_lag_seconds', 'Age of the oldest of them.', (state) => state.last.seconds)
  const shards: { name: string; lags: () => Promise<ReadonlyMap<string, Lag>> }[] = []
  const measure = async ({ name, lags }: (typeof shards)[number]) => {
    const ofShard = states.filter(({ labels }) => labels.shard === name)
    const found = ofShard.some(({ active }) => active) ? await lags() : new Map<string, Lag>()
    for (const state of ofShard) state.last = (state.active && found.get(state.labels.source)) || none
  }
  const timer = setInterval(() => {
    // An outage is told of by the relay itself; the figure stays what it was.
    for (const shard of shards) void measure(shard).catch(() => {})
  }, measureEveryMs)
  timer.unref()
  return {
    /** @param lags of all sources of the shard that this relay sends. */
    of(shard: string, lags: () => Promise<ReadonlyMap<string, Lag>>): (source: string) => SourceMeter {
      shards.push({ name: shard, lags })
      return (source) => {
        const labels = { source, shard }
        const state = { labels, last: none, active: false }
        states.push(state)
        return {
          sent(count, already, took) {
            events.inc(labels, count)
            if (already > 0) known.inc(labels, already)
            seconds.observe(took)
          },
          active: (active) => void Object.assign(state, { active }),
        }
      }
    },
    stop: () => clearInterval(timer),
  }
}

const none: Lag = { events: 0, seconds: 0 }
