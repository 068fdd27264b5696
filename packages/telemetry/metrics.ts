/** Time series of this process. Names are prefixed `souk_` and carry their unit: `souk_orders_batch_seconds`. */
export type Metrics = {
  counter(name: string, help: string, labels?: readonly string[]): { inc(labels?: Record<string, string>, by?: number): void }
  gauge(name: string, help: string, read: () => number): void
  histogram(name: string, help: string, buckets?: readonly number[]): { observe(value: number): void }
}
