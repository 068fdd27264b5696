import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckResult } from '../checks.ts'
import { lockLeases } from './leases.sql.ts'
import { readLists } from './readers.ts'
import type { ClusterStage } from './stage.ts'
import type { ClusterFaultKind, ClusterUnderTest } from './types.ts'

export type Struck = {
  /** In words. */
  what: string
  /** Parts that were killed on purpose, and come back by themselves. Any other that ends has failed. */
  killed?: readonly string[]
  /** What was seen meanwhile. */
  checks?: CheckResult[]
  /** Nothing died: nobody may have been left without an answer. What was done when (`Date.now()`), step by step. */
  announced?: readonly { what: string; at: number }[]
}

/** Breaks it and mends it again; or why this cluster cannot be broken so. */
type Fault = (cluster: ClusterUnderTest, random: () => number) => ((stage: ClusterStage) => Promise<Struck>) | string

/** The parts of a kind; empty where a cluster has none, and then nothing of it can be broken. */
const partsNamed = ({ parts }: ClusterUnderTest, start: string) => parts.filter(({ name }) => name.startsWith(start))

export const faults: Readonly<Record<ClusterFaultKind, Fault>> = {
  'kafka-restarts': (cluster) => async () => {
    const kafka = cluster.part('kafka')
    for (let time = 0; time < 3; time += 1) {
      // Who is still coming back is not killed again: that would be one outage, not three.
      await kafka.isUp(180_000)
      await kafka.kill()
      await sleep(10_000)
    }
    await kafka.isUp(180_000)
    return {
      what: `Kafka killed (SIGKILL) every 10 s, three times; it was started again ${kafka.restarts} times`,
      killed: [kafka.name],
    }
  },
  'relay-between': (cluster) => {
    const relays = partsNamed(cluster, 'relay')
    if (relays.length === 0) return 'this cluster has no relays'
    return async () => {
      // Who holds the leases' table locked lets a relay send, and not record.
      const held = await Promise.all(cluster.shards.map((shard) => lockLeases(cluster.adminUrl(shard))))
      await sleep(1_500)
      await Promise.all(relays.map((relay) => relay.kill()))
      await Promise.all(held.map((release) => release()))
      await sleep(6_000)
      return {
        what: `${relays.length} relays killed after sending and before recording; events were sent again`,
        killed: relays.map(({ name }) => name),
      }
    }
  },
  'worker-asleep': (cluster, random) => {
    const workers = partsNamed(cluster, 'work')
    const worker = workers[Math.floor(random() * workers.length)]
    if (worker === undefined) return 'this cluster has no workers'
    return async () => {
      worker.pause()
      // Longer than its leases and its sessions with Kafka hold.
      await sleep(25_000)
      worker.resume()
      await sleep(3_000)
      return { what: `${worker.name} stopped (SIGSTOP) for 25 s, past its leases, and woken` }
    }
  },
  'shard-server': (cluster) => async () => {
    const server = cluster.serverOf(cluster.shards.at(-1) ?? '')
    await server.takeAway(true)
    await sleep(5_000)
    await server.start()
    return { what: `${server.name} killed with every process of it, away for 5 s, and started again` }
  },
  'redis-away': (cluster) => async () => {
    const redis = cluster.part('redis')
    await redis.takeAway(true)
    await sleep(8_000)
    await redis.start()
    await sleep(2_000)
    return { what: 'Redis killed, away for 8 s, and started again, empty' }
  },
  'worker-partitioned': (cluster) => {
    if (partsNamed(cluster, cluster.partitioned).length === 0) return `this cluster has no ${cluster.partitioned}`
    return async () => {
      cluster.cutLine(true)
      await sleep(15_000)
      cluster.cutLine(false)
      await sleep(3_000)
      return { what: `the line between ${cluster.partitioned} and Kafka cut for 15 s` }
    }
  },
  'replica-paused': (cluster) => {
    const replicas = partsNamed(cluster, 'replica')
    if (replicas.length === 0) return 'this cluster has no replicas'
    return async (stage) => {
      const reader = await readLists(cluster, stage)
      await reader.untilAsked((asked) => asked === cluster.shards.length)
      for (const replica of replicas) replica.pause()
      try {
        await reader.untilAsked((asked) => asked === 0)
        await sleep(10_000)
      } finally {
        for (const replica of replicas) replica.resume()
      }
      await reader.untilAsked((asked) => asked === cluster.shards.length)
      return {
        what: `${replicas.length} replicas stopped (SIGSTOP) for 10 s while lists were read, and woken`,
        checks: [await reader.stop()],
      }
    }
  },
  'rolling-restart': (cluster) => async () => {
    // Last what everything else stands on; nothing that is about to go is waited for by what has just come back.
    const last = ['gateway', 'pooler', 'redis', 'kafka', 'replica', 'postgres']
    const rank = (name: string) => last.findIndex((each) => name.startsWith(each))
    const order = cluster.parts.toSorted((a, b) => rank(a.name) - rank(b.name))
    const announced: { what: string; at: number }[] = []
    for (const part of order) {
      announced.push({ what: part.name, at: Date.now() })
      await part.restart()
    }
    return {
      what: `all ${order.length} parts stopped in order and started again, one after the other`,
      announced,
    }
  },
}
