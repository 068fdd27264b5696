import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckResult } from '../checks.ts'
import { checkOf } from '../faults/judge.ts'
import { seededRandom } from '../load/index.ts'
import { sendTo, setClusterStage } from './stage.ts'
import { nobodyFailed } from './announced.ts'
import { faults, type Struck } from './strikes.ts'
import type { ClusterFaultKind, ClusterFaultsResult, ClusterStrike, ClusterUnderTest } from './types.ts'
import { drainCluster, judgeCluster } from './verify.ts'

export type ClusterFaultsOptions = {
  seed: number
  kinds: readonly ClusterFaultKind[]
  /** Orders a second meanwhile. */
  ratePerSecond: number
  onPhase: (text: string) => void
  onStrike: (strike: ClusterStrike) => void
  signal?: AbortSignal | undefined
}

const warmMs = 2_000
const healMs = 3_000
/** No fault takes so long, on whatever machine: what ends a load is the end of the fault. */
const longestMs = 1_800_000

/**
 * One fault after the other on a cluster that is at work, each with a load of its own and the reckoning behind it: what
 * customers were told against what lies in all its databases, everything at rest without a person, and the books.
 */
export async function runClusterFaults(
  cluster: ClusterUnderTest,
  options: ClusterFaultsOptions,
): Promise<ClusterFaultsResult> {
  const { seed, onPhase, onStrike, signal } = options
  const beganAt = performance.now()
  const strikes: ClusterStrike[] = []
  const notTried: string[] = []
  onPhase('opening shops on every database, letting customers in')
  const stage = await setClusterStage(cluster)
  for (const [index, kind] of options.kinds.entries()) {
    if (signal?.aborted) break
    const random = seededRandom(seed + index)
    const fault = faults[kind](cluster, random)
    if (typeof fault === 'string') {
      notTried.push(`${kind}: ${fault}`)
      continue
    }
    onPhase(`${kind}: ${options.ratePerSecond} orders a second, and the fault`)
    const over = new AbortController()
    const restarts = new Map(cluster.parts.map((part) => [part.name, part.restarts]))
    const load = sendTo(cluster, stage, {
      seed: seed + index,
      ratePerSecond: options.ratePerSecond,
      durationMs: longestMs,
      signal,
      enough: over.signal,
    })
    let struck: Struck
    try {
      await sleep(warmMs + random() * 1_000)
      struck = await fault(stage)
      await sleep(healMs)
    } finally {
      over.abort()
      await load.catch(() => {})
    }
    const sent = await load
    onPhase(`${kind}: waiting until everything has come to rest; auditing`)
    for (const part of cluster.parts) await part.isUp(180_000)
    const drainMs = await drainCluster(cluster)
    const { result } = sent
    const strike: ClusterStrike = {
      kind,
      what: struck.what,
      sent: result.sent,
      accepted: result.accepted,
      refused: result.refused,
      errorsByCause: result.errorsByCause,
      unanswered: result.indeterminate + result.shed,
      drainMs: drainMs ?? null,
      checks: [
        ...(await judgeCluster(cluster, stage, sent, drainMs)),
        ...(struck.checks ?? []),
        survivors(cluster, restarts, struck.killed ?? []),
        ...(struck.announced === undefined ? [] : [nobodyFailed(result, struck.announced)]),
      ],
    }
    strikes.push(strike)
    onStrike(strike)
  }
  // Where nothing was tried nothing was kept.
  const kept = strikes.length > 0 && strikes.every(({ checks }) => checks.every(({ broken }) => broken === 0))
  const good = kept && !signal?.aborted
  return { seed, good, tookMs: Math.round(performance.now() - beganAt), strikes, notTried }
}

/** What a fault does to one part is no reason for another one to end, though it would be started again. */
function survivors(
  { parts }: ClusterUnderTest,
  before: ReadonlyMap<string, number>,
  killed: readonly string[],
): CheckResult {
  const ended = parts.filter(({ name, restarts }) => restarts > (before.get(name) ?? 0) && !killed.includes(name))
  return checkOf(
    'survivors',
    'Nobody ended who was not killed',
    parts.length,
    ended.map(({ name }) => `${name} ended by itself and was started again`),
  )
}
