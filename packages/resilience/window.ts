import { CircuitState, type IBreaker } from 'cockatiel'

export type WindowOptions = {
  /** Above 0, below 1: open when more than this part of the calls failed. */
  readonly failureRate: number
  readonly windowMs: number
  readonly buckets: number
  /** Fewer calls than this in the window say nothing. */
  readonly minimumCalls: number
}

type Bucket = { period: number; failures: number; successes: number }

/**
 * Failures and successes of the last `windowMs`, in `buckets`. cockatiel's SamplingBreaker has ten of one second too, but
 * moves on by one bucket per call that comes: after a quiet hour it still counts the failures from before it. Here a
 * bucket belongs to a period of time, and one that has passed counts for nothing.
 */
export class RollingWindow implements IBreaker {
  readonly #options: WindowOptions
  readonly #nowMs: () => number
  readonly #bucketMs: number
  #buckets: Bucket[]

  constructor(options: WindowOptions, nowMs: () => number) {
    this.#options = options
    this.#nowMs = nowMs
    this.#bucketMs = options.windowMs / options.buckets
    this.#buckets = this.#empty()
  }

  get state(): unknown {
    return this.#buckets.map((bucket) => ({ ...bucket }))
  }

  set state(value: unknown) {
    this.#buckets = structuredClone(value) as Bucket[]
  }

  success(state: CircuitState): void {
    // The trial went well: what was before it is over.
    if (state === CircuitState.HalfOpen) this.#buckets = this.#empty()
    this.#current().successes += 1
  }

  failure(state: CircuitState): boolean {
    this.#current().failures += 1
    if (state !== CircuitState.Closed) return true
    const oldest = this.#period() - this.#options.buckets + 1
    let failures = 0
    let calls = 0
    for (const bucket of this.#buckets) {
      if (bucket.period < oldest) continue
      failures += bucket.failures
      calls += bucket.failures + bucket.successes
    }
    return calls >= this.#options.minimumCalls && failures > this.#options.failureRate * calls
  }

  #period = (): number => Math.floor(this.#nowMs() / this.#bucketMs)

  #current(): Bucket {
    const period = this.#period()
    const at = period % this.#buckets.length
    const bucket = this.#buckets[at]!
    return bucket.period === period ? bucket : (this.#buckets[at] = { period, failures: 0, successes: 0 })
  }

  #empty = (): Bucket[] =>
    Array.from({ length: this.#options.buckets }, () => ({ period: -1, failures: 0, successes: 0 }))
}
