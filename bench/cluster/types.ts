import type { CheckResult } from '../checks.ts'
import type { Api } from '../faults/types.ts'

/** A part of a cluster, in our hands; whoever dies comes back by itself. */
export type ClusterPart = {
  readonly name: string
  readonly port: number
  readonly restarts: number
  pid(): number | undefined
  /** SIGKILL. */
  kill(): Promise<void>
  /** In order, and start it again. */
  restart(): Promise<void>
  /** Until `start`. */
  takeAway(hard?: boolean): Promise<void>
  start(): Promise<void>
  /** SIGSTOP, SIGCONT. */
  pause(): void
  resume(): void
  /** @throws after `patienceMs`. */
  isUp(patienceMs?: number): Promise<void>
}

/** A cluster that may be broken; what has to be known of it to do so. */
export type ClusterUnderTest = {
  readonly url: string
  readonly api: Api
  readonly operator: { email: string; password: string }
  readonly folder: string
  readonly shards: readonly string[]
  readonly parts: readonly ClusterPart[]
  part(name: string): ClusterPart
  /** Of the superuser on a database. */
  adminUrl(shard: string): string
  /** The server that holds a database. */
  serverOf(shard: string): ClusterPart
  /** The line between the worker `partitioned` and Kafka. */
  readonly partitioned: string
  cutLine(cut: boolean): void
  /** What `souk audit --full` finds, in words. */
  audit(): Promise<string[]>
}

export const clusterFaultKinds = [
  'kafka-restarts',
  'relay-between',
  'worker-asleep',
  'shard-server',
  'redis-away',
  'worker-partitioned',
  'replica-paused',
  'rolling-restart',
] as const
export type ClusterFaultKind = (typeof clusterFaultKinds)[number]

export type ClusterStrike = {
  kind: ClusterFaultKind
  what: string
  sent: number
  accepted: number
  refused: number
  /** Attempts without a definite answer meanwhile, by cause; each was asked again. */
  errorsByCause: Record<string, number>
  /** Requests that had no answer in the end. */
  unanswered: number
  /** Until nothing waited any more, after the load; null: not within patience. */
  drainMs: number | null
  checks: CheckResult[]
}

export type ClusterFaultsResult = {
  seed: number
  good: boolean
  tookMs: number
  strikes: ClusterStrike[]
  /** Asked for, and not to be had with this cluster: each with the reason. */
  notTried: string[]
}
