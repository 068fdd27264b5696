import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cost, type Costed, costOf, divisionText, drainCluster, sendTo, setClusterStage } from '@souk/bench'
import { startEmbeddedPostgres } from '@souk/embedded-postgres'
import { createApi } from '../api.ts'
import type { ClusterDescription } from '../cluster/description.ts'
import { openClusterUnderTest } from '../cluster/under-test.ts'
import { type Console, timed } from '../console.ts'
import { startOwnMarketplace } from '../own-marketplace.ts'
import { raisedLimits } from '../souk-under-test.ts'

export type BenchDivisionOptions = {
  rate: number
  /** The rate is that of each database: more databases are there for more orders. */
  perShard?: true
  seconds: number
  seed: number
  only?: string[]
  json?: true
}

type Opened = Costed & { databases: number; stop(): Promise<void> }
type Open = (onProgress: (text: string) => void) => Promise<Opened>

/** `souk bench division`: what an order costs in one process, and divided, on one database and on more. */
export async function benchDivision(io: Console, options: BenchDivisionOptions): Promise<number> {
  const progress = timed(io)
  const costs: Cost[] = []
  const wanted = Object.entries(topologies).filter(
    ([name]) => options.only === undefined || options.only.includes(name),
  )
  for (const [name, open] of wanted) {
    progress(`${name}: opening`)
    const under = await open((text) => progress(`${name}: ${text}`))
    try {
      const { seconds, seed } = options
      const ratePerSecond = options.rate * (options.perShard ? under.databases : 1)
      progress(`${name}: ${ratePerSecond} orders a second for ${seconds} s`)
      costs.push(await costOf(under, { seed, seconds, ratePerSecond }))
    } finally {
      await under.stop()
    }
  }
  io.print(options.json ? JSON.stringify(costs, null, 2) : divisionText(costs))
  return 0
}

const together: Open = async (onProgress) => {
  const folder = await mkdtemp(join(tmpdir(), 'souk-division-'))
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), onProgress })
  const own = await startOwnMarketplace({
    databaseUrl: postgres.url,
    settings: { ...raisedLimits, SOUK_WORKER: 'own', SOUK_SECRET: 'x'.repeat(40) },
  })
  const api = createApi(own.url)
  await api.signIn(own.operator)
  const at = { url: own.url, api, folder, shards: ['home'], adminUrl: () => postgres.url, parts: [] } as never
  const stage = await setClusterStage(at)
  return {
    name: 'together',
    databases: 1,
    pids: () => ({ programs: [own.pid], postgres: [postgres.pid] }),
    send: async (given) => (await sendTo(at, stage, given)).result,
    async drain() {
      await drainCluster(at)
    },
    async stop() {
      await own.stop()
      await postgres.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const divided =
  (name: string, shards: Record<string, string>): Open =>
  async (onProgress) => {
    const cluster = await openClusterUnderTest({ onProgress, change: (usual) => smaller(usual, shards) })
    const stage = await setClusterStage(cluster)
    const roleOf = (part: string) => /^(postgres|kafka|redis|relay|work|orders|gateway)/.exec(part)?.[1] ?? 'others'
    return {
      name,
      databases: Object.keys(shards).length,
      pids: () =>
        Object.fromEntries(
          [...Map.groupBy(cluster.parts, (part) => roleOf(part.name))].map(([role, parts]) => [
            role,
            parts.flatMap((part) => part.pid() ?? []),
          ]),
        ),
      send: async (given) => (await sendTo(cluster, stage, given)).result,
      async drain() {
        await drainCluster(cluster)
      },
      stop: () => cluster.stop(),
    }
  }

/** Who stands by is left out, and what takes no part in an order: it is the cost of one that is asked for. */
export function smaller(usual: ClusterDescription, shards: Record<string, string>): ClusterDescription {
  const { 'relay-2': _relay, 'work-1': _worker, 'orders-2': _orders, desk: _desk, ...programs } = usual.programs
  const pooler = { ...usual.pooler, enabled: false }
  return { ...usual, replicas: false, pooler, programs, postgres: { ...usual.postgres, shards } }
}

const topologies: Readonly<Record<string, Open>> = {
  together,
  'one-shard': divided('one-shard', { home: 'north' }),
  'two-shards': divided('two-shards', { home: 'north', east: 'south' }),
  'four-shards': divided('four-shards', { home: 'north', east: 'north', south: 'south', west: 'south' }),
}
