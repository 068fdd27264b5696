import { readAllotments } from '../faults/referee.sql.ts'
import type { LoadResult } from '../load/index.ts'
import { type ClusterStage, sendTo, setClusterStage } from './stage.ts'
import type { ClusterUnderTest } from './types.ts'
import { startStrangers, watchMachine } from './strangers.ts'
import { drainCluster, onEachDatabase } from './verify.ts'

/**
 * Where the hot shop lies, seen from the shops whose customers are timed; and, with no shop hot, strangers who take as much
 * of the machine as it took elsewhere. What these cost the others is the machine's, and no shop's.
 */
export const situations = ['alone', 'elsewhere', 'beside', 'strangers'] as const
export type Situation = (typeof situations)[number]

export type Neighbour = {
  situation: Situation
  /** The middle one of all rounds; from the moment an order was due to its answer. */
  p50Ms: number
  p99Ms: number
  /** p99 by that of `alone`. */
  ratio: number
  orders: number
  /** Of the hot shop, accepted. */
  hotPerSecond: number
  /** Of the machine, by everybody. */
  coresTaken: number
}

export type NeighboursOptions = {
  seed: number
  /** Orders a second of the other shops together, and asked of the hot one. */
  ratePerSecond: number
  hotPerSecond: number
  seconds: number
  /** Each situation so often, in turn: a machine does not stay alike. */
  rounds: number
  onPhase: (text: string) => void
}

/** How long the customers of other shops wait while one shop is hot: on another database, and on theirs. */
export async function measureNeighbours(cluster: ClusterUnderTest, options: NeighboursOptions): Promise<Neighbour[]> {
  const { seed, ratePerSecond, hotPerSecond, seconds, rounds, onPhase } = options
  const stage = await setClusterStage(cluster)
  const { others, hot } = await castOf(cluster, stage)
  const durationMs = seconds * 1_000
  const found: Record<Situation, { timed: LoadResult; hot: LoadResult | undefined; coresTaken: number }[]> = {
    alone: [],
    elsewhere: [],
    beside: [],
    strangers: [],
  }
  const send = async (targets: ClusterStage['targets'], rate: number, salt: number) =>
    (await sendTo(cluster, stage, { seed: seed + salt, ratePerSecond: rate, durationMs, targets })).result
  // The first orders of a cluster find cold plans and caches, and code that is still being compiled.
  await send([...others, hot.elsewhere, hot.beside], hotPerSecond, 0)
  for (let round = 1; round <= rounds; round += 1)
    for (const situation of situations) {
      await drainCluster(cluster)
      onPhase(`round ${round} of ${rounds}: ${situation}`)
      const burning =
        situation === 'elsewhere' || situation === 'beside'
          ? send([hot[situation]], hotPerSecond, 1_000 + round)
          : undefined
      const taken = (of: Situation) => found[of].at(-1)?.coresTaken ?? 0
      const strangers = situation === 'strangers' ? startStrangers(taken('elsewhere') - taken('alone')) : undefined
      const machine = watchMachine()
      const [timed, burnt] = await Promise.all([send(others, ratePerSecond, round), burning])
      found[situation].push({ timed, hot: burnt, coresTaken: machine.coresTaken() })
      strangers?.stop()
    }
  const rows = situations.map((situation): Neighbour => {
    const each = found[situation]
    const middle = (read: (one: (typeof each)[number]) => number) => {
      const sorted = each.map(read).sort((a, b) => a - b)
      return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
    }
    return {
      situation,
      p50Ms: middle(({ timed }) => timed.acceptedLatency.p50Ms),
      p99Ms: middle(({ timed }) => timed.acceptedLatency.p99Ms),
      ratio: 1,
      orders: each.reduce((sum, { timed }) => sum + timed.accepted, 0),
      hotPerSecond: Math.round(middle(({ hot }) => hot?.acceptedPerSecond ?? 0)),
      coresTaken: Math.round(middle((one) => one.coresTaken) * 100) / 100,
    }
  })
  const normal = rows[0]?.p99Ms ?? 1
  return rows.map((row) => ({ ...row, ratio: Math.round((row.p99Ms / normal) * 100) / 100 }))
}

/** Shops of one database, one more there that may become hot, and one on another database. */
async function castOf(cluster: ClusterUnderTest, { targets }: ClusterStage) {
  const places = await onEachDatabase(cluster, async (client) => {
    const here: ClusterStage['targets'] = []
    for (const target of targets) if ((await readAllotments(client, target.shopId)).length > 0) here.push(target)
    return here
  })
  const [most = [], ...rest] = places.toSorted((a, b) => b.length - a.length)
  const elsewhere = rest.find(({ length }) => length > 0)?.[0]
  const [beside, ...others] = most
  if (elsewhere === undefined || beside === undefined || others.length === 0)
    throw new Error('all shops lie on one database: try again')
  return { others, hot: { elsewhere, beside } }
}

export const neighboursText = (rows: readonly Neighbour[]): string =>
  rows
    .map(
      ({ situation, p50Ms, p99Ms, ratio, orders, hotPerSecond, coresTaken }) =>
        `${describe[situation]}: p50 ${Math.round(p50Ms)} ms, p99 ${Math.round(p99Ms)} ms (${ratio.toFixed(2)} of normal), ` +
        `${orders} orders${hotPerSecond === 0 ? '' : `; the hot shop took ${hotPerSecond} a second`}; ${coresTaken} cores taken`,
    )
    .join('\n')

const describe: Readonly<Record<Situation, string>> = {
  alone: 'no shop is hot',
  elsewhere: 'one is, on another database',
  beside: 'one is, on the same database',
  strangers: 'none is, and strangers take as much of the machine as one elsewhere',
}
