import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import type { EventType, NewEvent, Outbox } from '@souk/events'
import type { Logger, Metrics } from '@souk/telemetry'

export type LogLine = { level: 'debug' | 'info' | 'warn' | 'error'; message: string } & Record<string, unknown>

/** A logger that keeps its lines. */
export function memoryLog(): Logger & { lines: LogLine[] } {
  const lines: LogLine[] = []
  const logger = (bound: object): Logger => {
    const at = (level: LogLine['level']) => (fields: object, message: string) => {
      lines.push({ ...bound, ...fields, level, message })
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => logger({ ...bound, ...fields }),
    }
  }
  return { ...logger({}), lines }
}

const seriesOf = (name: string, labels: Record<string, string> = {}) =>
  `${name}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`

/** Metrics that can be read back: counters and gauges by `value`, histograms by `observed`. */
export function fakeMetrics(): Metrics & {
  value(name: string, labels?: Record<string, string>): number
  observed(name: string): number[]
} {
  const counts = new Map<string, number>()
  const gauges = new Map<string, Parameters<Metrics['gauge']>[2]>()
  const observations = new Map<string, number[]>()
  return {
    counter: (name) => ({
      inc: (labels, by = 1) => {
        counts.set(seriesOf(name, labels), (counts.get(seriesOf(name, labels)) ?? 0) + by)
      },
    }),
    gauge: (name, _help, read) => {
      gauges.set(name, read)
    },
    histogram: (name) => ({
      observe: (value) => {
        observations.set(name, [...(observations.get(name) ?? []), value])
      },
    }),
    value(name, labels) {
      const read = gauges.get(name)?.()
      if (read === undefined) return counts.get(seriesOf(name, labels)) ?? 0
      if (typeof read === 'number') return read
      return read.find((one) => seriesOf('', one.labels) === seriesOf('', labels))?.value ?? 0
    },
    observed: (name) => observations.get(name) ?? [],
  }
}

export type CollectingOutbox = Outbox & {
  /** Of committed transactions only, in the order of their commits. */
  readonly events: NewEvent[]
  /** The payloads of one kind, whole: fields left out are empty or 0. */
  of<Desc extends DescMessage>(type: EventType<Desc>): MessageShape<Desc>[]
  /** Forget what was collected. */
  clear(): void
  readonly wakes: number
}

/** An outbox that keeps events in memory instead of writing them; those of a rolled back transaction are not kept. */
export function collectingOutbox(): CollectingOutbox {
  const events: NewEvent[] = []
  let wakes = 0
  return {
    events,
    async append(tx, added) {
      if (added.length > 0) tx.afterCommit(() => events.push(...added))
    },
    wake: () => {
      wakes += 1
    },
    of: <Desc extends DescMessage>(type: EventType<Desc>) =>
      events
        .filter(({ event }) => event.type === type.type)
        .map(({ payload }) => create(type.message, payload as MessageInitShape<Desc>)),
    clear: () => {
      events.length = 0
    },
    get wakes() {
      return wakes
    },
  }
}
