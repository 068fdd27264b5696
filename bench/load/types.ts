/** Where a request goes. The body is sent as it stands, so it must already be JSON text. */
export type Target = {
  /** Begins with `/`. */
  path: string
  body: string
}

/**
 * What a run sends, and how. Everything random in it (arrivals, keys, targets, who comes first, jitter) follows from
 * `seed`, so a run can be repeated.
 */
export type LoadPlan = {
  /** `http://host:port`; no TLS, no path. */
  baseUrl: string
  /** One or more; each request takes one by the seeded draw. */
  targets: Target[]
  /** Bearer tokens, one per customer, at their index. Empty: requests carry no authorization and the customer is 0. */
  tokens: string[]
  /** In what order customers come: each once in a seeded shuffle, again and again (default), or in list order. */
  customerOrder?: 'shuffled' | 'in-order'
  /**
   * `closed`: every connection sends its next request when the one before is answered.
   * `open`: requests are due at `ratePerSecond` whatever the server does; latency counts from the due time, so a stall
   * is charged to every request it delayed.
   */
  mode: { kind: 'closed' } | { kind: 'open'; ratePerSecond: number; arrivals?: 'poisson' | 'constant' }
  /** Closed: exactly so many sockets. Open: the pool grows on demand up to this; a request waiting for one is waiting. */
  connections: number
  /** Stop sending after so many requests, or after `durationMs`, whichever comes first. One of the two is needed. */
  count?: number
  durationMs?: number
  /** 32-bit unsigned. */
  seed: number
  /** Makes the idempotency keys of this run differ from those of another run with the same seed. Default ''. */
  keySalt?: string
  /** Share of requests (0 to 1) sent a second time at once with the same key, like a double click. Default 0. */
  repeatShare?: number
  /** Send a request without a definite answer again, same key, until it has one. Default false. */
  retry?: boolean
  /** Attempts per request before it is left indeterminate. Default 60. */
  maxAttempts?: number
  /** First pause before a retry; doubles up to `retryMaxMs`, ±25 %. A longer Retry-After wins. Defaults 50 and 2000. */
  retryBaseMs?: number
  retryMaxMs?: number
  /** Problem codes that mean "not decided yet, ask again", e.g. the same key being in flight. Default none. */
  retryCodes?: string[]
  /** A request without an answer for so long is indeterminate and its socket is dropped. Default 10,000. */
  timeoutMs?: number
  /** How long requests already sent may still be answered or retried after the last one was sent. Default 30,000. */
  settleMs?: number
  /** Client history goes here. Without it none is kept. */
  historyFile?: string
}

/**
 * What became of a request, as far as its client knows.
 * - `accepted`: 2xx.
 * - `refused`: a definite 4xx; the server promises that nothing happened.
 * - `shed`: 503 with Retry-After; turned away, no promise either way.
 * - `indeterminate`: other 5xx, reset, time-out, connection refused, or no answer before the run ended.
 */
export type Outcome = 'accepted' | 'refused' | 'shed' | 'indeterminate'

/** Latencies in milliseconds, each the upper end of a histogram bucket at most 3.2 % wide. */
export type LatencySummary = { p50Ms: number; p95Ms: number; p99Ms: number; maxMs: number; meanMs: number }

/** Half a second of a run. Counts are since the start; the rate and latencies are of the half second alone. */
export type LiveStats = {
  elapsedMs: number
  /** Distinct requests; attempts and double clicks are not counted again. */
  sent: number
  accepted: number
  refused: number
  shed: number
  indeterminate: number
  /** By problem code, or `http-409` when the answer names none. */
  refusedByReason: Record<string, number>
  /** Attempts that ended without a definite answer: reset, timeout, connection-refused, http-500 and so on. */
  errorsByCause: Record<string, number>
  retries: number
  inFlight: number
  /** Requests that are due but wait for a socket (open loop only). */
  waiting: number
  connections: number
  /** Answers a second. */
  rate: number
  acceptedPerSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/**
 * A run as a whole. `acceptedPerSecond` ends with the last acceptance: refusals after the goods are gone do not dilute it.
 */
export type LoadResult = Omit<
  LiveStats,
  'rate' | 'inFlight' | 'waiting' | 'connections' | 'p50Ms' | 'p95Ms' | 'p99Ms'
> & {
  seed: number
  startedAt: Date
  /** From the first request to the last definite answer. */
  durationMs: number
  /** Definite answers a second over `durationMs`. */
  answeredPerSecond: number
  /** Second halves of double clicks that were answered. */
  repeatsAnswered: number
  /** Of every definite answer, and of the accepting ones alone. */
  latency: LatencySummary
  acceptedLatency: LatencySummary
  /** Non-empty buckets of all definite answers, ascending. */
  latencyBuckets: { upToMs: number; count: number }[]
  timeline: LiveStats[]
  peakConnections: number
  /** Processor time of the generator, per answer. What it takes from a machine it shares with the server. */
  cpuMicrosPerAnswer: number
  /** The run was stopped from outside before it had sent everything. */
  interrupted: boolean
}

/** One request as its client saw it. Written when the client knows the outcome or gives up. */
export type HistoryEntry = {
  /** Position in the plan, from 0; a double click has the number of its first half. */
  sequence: number
  /** Index into the plan's tokens. */
  customer: number
  /** Index into the plan's targets. */
  target: number
  idempotencyKey: string
  sentAt: Date
  outcome: Outcome
  /** Null unless accepted, and then only when the answer named none. */
  orderId: string | null
  /** The last HTTP status; 0 when no answer came. */
  status: number
  /** Problem code of a refusal, cause of an indeterminate outcome, '' when accepted. */
  code: string
  /** From the intended send time to the definite answer. */
  latencyMs: number
  attempts: number
  /** Second half of a double click. */
  repeat: boolean
}
