import type { CheckResult } from '../checks.ts'
import type { LoadResult } from '../load/index.ts'

/** Half a second of a sale. */
export type TimelineSample = {
  elapsedMs: number
  ordersPerSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  /** Units nobody has yet. */
  remaining: number
}

export type FaultInjected = { atMs: number; what: string }

export type MachineInfo = {
  cores: number
  memoryGb: number
  cpu: string
  node: string
  postgres: string
}

/** All that is known about a flash sale when it is over. The JSON report is exactly this. */
export type FlashSaleResult = {
  startedAt: Date
  durationMs: number
  /** Stopped by a person; the figures are of what ran until then. */
  interrupted: boolean
  seed: number
  units: number
  buyers: number
  /** Arrivals a second; 0 means that every buyer's next request waited for the one before. */
  rate: number
  connections: number
  acceptedPerSecond: number
  completedPerSecond: number
  /** Definite answers a second, refusals too. */
  answeredPerSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
  placed: number
  completed: number
  refused: number
  refusedByReason: Record<string, number>
  /** Requests that never got a definite answer, and attempts that failed on the way, by cause. */
  indeterminate: number
  errorsByCause: Record<string, number>
  oversold: number
  duplicates: number
  lost: number
  /** The server's own audit found nothing, and neither did the comparison with the clients' histories. */
  balanced: boolean
  remaining: number
  timeline: TimelineSample[]
  latencyBuckets: { upToMs: number; count: number }[]
  faults: FaultInjected[]
  /** Sentences such as "requests an address may send in a minute: 100 → unlimited". */
  limitsRaised: string[]
  machine: MachineInfo
  audit: Omit<CheckResult, 'examples'>[]
  generatorCpuMicrosPerAnswer: number
  /** How to run it again. */
  command: string
}

/** The part of a flash-sale result that the load generator knows. */
export function figuresOf(load: LoadResult) {
  const { p50Ms, p95Ms, p99Ms, maxMs } = load.latency
  return {
    startedAt: load.startedAt,
    durationMs: load.durationMs,
    interrupted: load.interrupted,
    seed: load.seed,
    connections: load.peakConnections,
    acceptedPerSecond: load.acceptedPerSecond,
    answeredPerSecond: load.answeredPerSecond,
    p50Ms,
    p95Ms,
    p99Ms,
    maxMs,
    placed: load.accepted,
    refused: load.refused + load.shed,
    refusedByReason: load.refusedByReason,
    indeterminate: load.indeterminate,
    errorsByCause: load.errorsByCause,
    latencyBuckets: load.latencyBuckets,
    generatorCpuMicrosPerAnswer: load.cpuMicrosPerAnswer,
  } satisfies Partial<FlashSaleResult>
}
