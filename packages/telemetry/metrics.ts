import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type Labels, type Sample, Series } from './series.ts'

/** Time series of this process. Names are prefixed `souk_` and carry their unit: `souk_orders_batch_seconds`. */
export type Metrics = {
  counter(
    name: string,
    help: string,
    labels?: readonly string[],
  ): { inc(labels?: Record<string, string>, by?: number): void }
  /** `read` gives one value, or one for each set of labels; the first reader of a name stays. */
  gauge(name: string, help: string, read: () => number | readonly GaugeValue[], labels?: readonly string[]): void
  histogram(name: string, help: string, buckets?: readonly number[]): { observe(value: number): void }
}

export type GaugeValue = { labels: Record<string, string>; value: number }
export type BoundCounter = { inc(by?: number): void }
export type BoundHistogram = { observe(value: number): void }

/** Metrics that can be written out, and whose series can be bound to their labels once, for hot paths. */
export type MetricsRegistry = Omit<Metrics, 'counter' | 'histogram'> & {
  counter(
    name: string,
    help: string,
    labels?: readonly string[],
  ): {
    inc(labels?: Labels, by?: number): void
    /** The series of these labels: `inc` on it is one addition. */
    with(labels: Labels): BoundCounter
  }
  histogram(
    name: string,
    help: string,
    buckets?: readonly number[],
    labels?: readonly string[],
  ): {
    observe(value: number, labels?: Labels): void
    /** The series of these labels: `observe` on it is a search among some ten bounds. */
    with(labels: Labels): BoundHistogram
  }
  /** All series in the text format of Prometheus. */
  expose(): Promise<string>
}

/** 1 ms to 10 s: for times of requests and batches. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] as const

/**
 * Metrics of one process: those asked for, and with `process: true` (the default) memory, processor, garbage
 * collection and event-loop lag. Asking for a name again gives the same series; asking for it as something else throws.
 */
export function createMetrics(options: { process?: boolean } = {}): MetricsRegistry {
  const registry = new Registry()
  // The monitor of event-loop lag wakes every 10 ms; nothing else here costs anything between scrapes.
  if (options.process ?? true) collectDefaultMetrics({ register: registry })
  const kinds = new Map<string, { type: string; value: unknown }>()

  function once<T>(type: string, name: string, make: () => T): T {
    const known = kinds.get(name)
    if (known !== undefined && known.type !== type) throw new Error(`${name} is a ${known.type}, not a ${type}`)
    if (known !== undefined) return known.value as T
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`${name} cannot be the name of a metric`)
    const value = make()
    kinds.set(name, { type, value })
    return value
  }

  /** prom-client asks each metric for its samples at a scrape; ours are kept as plain numbers until then. */
  const register = (name: string, help: string, type: string, read: () => Sample[]) =>
    registry.registerMetric({
      name,
      help,
      get: async () => ({ name, help, type, aggregator: 'sum', values: read() }),
      reset() {},
    } as never)

  return {
    counter: (name, help, labels = []) =>
      once('counter', name, () => {
        const series = new Series(labels, () => new Count())
        register(name, help, 'counter', () => series.samples((count, labels) => [{ labels, value: count.value }]))
        return {
          inc: (given: Labels = {}, by = 1) => series.of(given).inc(by),
          with: (given: Labels) => series.of(given),
        }
      }),
    gauge: (name, help, read, labels = []) => {
      once('gauge', name, () => {
        // A service started twice in one process (tests do) reads from the first: the names would clash.
        return new Gauge({
          name,
          help,
          labelNames: [...labels],
          registers: [registry],
          collect() {
            const values = read()
            if (typeof values === 'number') return this.set(values)
            this.reset()
            for (const { labels, value } of values) this.set(labels, value)
          },
        })
      })
    },
    histogram: (name, help, buckets: readonly number[] = secondsBuckets, labels: readonly string[] = []) =>
      once('histogram', name, () => {
        const series = new Series<Distribution>(labels, () => new Distribution(buckets))
        register(name, help, 'histogram', () => series.samples((each, labels) => each.samples(name, labels)))
        return {
          observe: (value: number, given: Labels = {}) => series.of(given).observe(value),
          with: (given: Labels) => series.of(given),
        }
      }),
    expose: () => registry.metrics(),
  }
}

class Count {
  value = 0
  inc(by = 1): void {
    this.value += by
  }
}

class Distribution {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let at = 0
    while (at < bounds.length && value > bounds[at]!) at += 1
    this.#counts[at]! += 1
    this.#sum += value
  }

  samples(name: string, labels: Labels): Sample[] {
    let below = 0
    const samples: Sample[] = this.#bounds.map((bound, index) => {
      below += this.#counts[index]!
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: below }
    })
    const count = below + this.#counts[this.#bounds.length]!
    return [
      ...samples,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}
