import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../load/index.ts'
import { lockLeases } from './leases.sql.ts'
import { sendTo, setClusterStage } from './stage.ts'
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
    const load = sendTo(cluster, stage, {
      seed: seed + index,
      ratePerSecond: options.ratePerSecond,
      durationMs: warmMs + lastsMs[kind] + healMs,
      signal,
    })
    await sleep(warmMs + random() * 1_000)
    const what = await fault().catch(async (error: unknown) => {
      await load.catch(() => {})
      throw error
    })
    const sent = await load
    onPhase(`${kind}: waiting until everything has come to rest; auditing`)
    for (const part of cluster.parts) await part.isUp(180_000)
    const drainMs = await drainCluster(cluster)
    const { result } = sent
    const strike: ClusterStrike = {
      kind,
      what,
      sent: result.sent,
      accepted: result.accepted,
      refused: result.refused,
      errorsByCause: result.errorsByCause,
      unanswered: result.indeterminate + result.shed,
      drainMs: drainMs ?? null,
      checks: await judgeCluster(cluster, stage, sent, drainMs),
    }
    strikes.push(strike)
    onStrike(strike)
  }
  const good = strikes.every(({ checks }) => checks.every(({ broken }) => broken === 0)) && !signal?.aborted
  return { seed, good, tookMs: Math.round(performance.now() - beganAt), strikes, notTried }
}

/** About: the load goes on so long and a little longer. */
const lastsMs: Readonly<Record<ClusterFaultKind, number>> = {
  'kafka-restarts': 32_000,
  'relay-between': 9_000,
  'worker-asleep': 29_000,
  'shard-server': 8_000,
  'redis-away': 11_000,
  'worker-partitioned': 19_000,
  'replica-paused': 11_000,
  'rolling-restart': 60_000,
}

type Fault = (cluster: ClusterUnderTest, random: () => number) => (() => Promise<string>) | string

const faults: Readonly<Record<ClusterFaultKind, Fault>> = {
  'kafka-restarts': (cluster) => async () => {
    const kafka = cluster.part('kafka')
    for (let time = 0; time < 3; time += 1) {
      // Who is still coming back is not killed again: that would be one outage, not three.
      await kafka.isUp(180_000)
      await kafka.kill()
      await sleep(10_000)
    }
    await kafka.isUp(180_000)
    return `Kafka killed (SIGKILL) every 10 s, three times; it was started again ${kafka.restarts} times`
  },
  'relay-between': (cluster) => async () => {
    // Who holds the leases' table locked lets a relay send, and not record.
    const held = await Promise.all(cluster.shards.map((shard) => lockLeases(cluster.adminUrl(shard))))
    await sleep(1_500)
    const relays = cluster.parts.filter(({ name }) => name.startsWith('relay'))
    await Promise.all(relays.map((relay) => relay.kill()))
    await Promise.all(held.map((release) => release()))
    await sleep(6_000)
    return `${relays.length} relays killed after sending and before recording; events were sent again`
  },
  'worker-asleep': (cluster, random) => async () => {
    const workers = cluster.parts.filter(({ name }) => name.startsWith('work'))
    const worker = workers[Math.floor(random() * workers.length)]
    worker?.pause()
    // Longer than its leases and its sessions with Kafka hold.
    await sleep(25_000)
    worker?.resume()
    await sleep(3_000)
    return `${worker?.name} stopped (SIGSTOP) for 25 s, past its leases, and woken`
  },
  'shard-server': (cluster) => async () => {
    const server = cluster.serverOf(cluster.shards.at(-1) ?? '')
    await server.takeAway(true)
    await sleep(5_000)
    await server.start()
    return `${server.name} killed with every process of it, away for 5 s, and started again`
  },
  'redis-away': (cluster) => async () => {
    const redis = cluster.part('redis')
    await redis.takeAway(true)
    await sleep(8_000)
    await redis.start()
    await sleep(2_000)
    return 'Redis killed, away for 8 s, and started again, empty'
  },
  'worker-partitioned': (cluster) => async () => {
    cluster.cutLine(true)
    await sleep(15_000)
    cluster.cutLine(false)
    await sleep(3_000)
    return `the line between ${cluster.partitioned} and Kafka cut for 15 s`
  },
  'replica-paused': (cluster) => {
    const replica = cluster.parts.find(({ name }) => name.startsWith('replica'))
    if (replica === undefined) return 'this cluster has no replicas'
    return async () => {
      replica.pause()
      await sleep(10_000)
      replica.resume()
      return `${replica.name} stopped (SIGSTOP) for 10 s, and woken`
    }
  },
  'rolling-restart': (cluster) => async () => {
    const last = ['gateway', 'redis', 'kafka', 'postgres']
    const rank = (name: string) => last.findIndex((each) => name.startsWith(each))
    const order = cluster.parts.toSorted((a, b) => rank(a.name) - rank(b.name))
    for (const part of order) await part.restart()
    return `all ${order.length} parts stopped in order and started again, one after the other`
  },
}
