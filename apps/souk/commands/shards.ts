import { hostname } from 'node:os'
import { bucketCount, bucketOf, openDatabase } from '@souk/postgres'
import { believedMs, latestMoves, livingProcesses, MoveRefused, readMap, shardsSchema } from '@souk/service'
import { withBackOffice } from '../back-office.ts'
import { type Console, liveLine, table } from '../console.ts'
import { Refusal, UsageError } from '../explain.ts'
import type { House } from '../house.ts'
import { checkCarrier, moveShards, repairShards } from '../shards.ts'
import { shopIdOf, sizeOfShard } from '../shards.sql.ts'

export type SpreadCommand = { atOnce: number; closedFor: number; json?: true }
export type MoveCommand = SpreadCommand & { to: string; from?: string; buckets?: string; shop?: string; count?: number }

const mapOf = async (house: House) => {
  if (house.shardMap === undefined)
    throw new Refusal('There is one database only. Name others in SOUK_SHARDS, for every process.')
  const db = house.open(shardsSchema.service, { maxConnections: 1 })
  try {
    const own = `${hostname()}:${process.pid}`
    const processes = (await livingProcesses(db.autocommit, believedMs)).filter(({ about }) => about !== own)
    return { ...(await readMap(db.autocommit)), moves: await latestMoves(db.autocommit, 5), processes }
  } finally {
    await db.close()
  }
}

/** `souk shards show` */
export function show(io: Console, { json }: { json?: true }): Promise<void> {
  return withBackOffice(io, async (house) => {
    const map = await mapOf(house)
    const shards = await Promise.all(
      house.database.shards.map(async ({ name, adminUrl }) => {
        const db = openDatabase({ url: adminUrl, schema: 'public', pooled: house.database.pooled, maxConnections: 1 })
        try {
          const lies = new Set(map.buckets.filter(({ shard }) => shard === name).map(({ bucket }) => bucket))
          const { shopIds, ...size } = await sizeOfShard(db.autocommit)
          const moving = map.buckets.filter(({ shard, state }) => shard === name && state !== 'open').length
          const shops = shopIds.filter((id) => lies.has(bucketOf(id))).length
          const gate = map.gates.find(({ shard }) => shard === name)?.closed
          return { name, buckets: lies.size, moving, shops, ...size, state: gate ?? 'open' }
        } finally {
          await db.close()
        }
      }),
    )
    if (json) return io.print(JSON.stringify({ shards, moves: map.moves, processes: map.processes }, null, 2))
    const number = (value: number) => value.toLocaleString('en')
    io.print(
      table(
        ['shard', 'buckets', 'shops', 'orders', 'size', 'state'],
        shards.map((each) => [
          each.name,
          number(each.buckets),
          number(each.shops),
          `~${number(each.orders)}`,
          `${number(Math.round(each.bytes / 1_000_000))} MB`,
          each.moving > 0 ? `${each.state}, ${each.moving} moving` : each.state,
        ]),
        ['left', 'right', 'right', 'right', 'right'],
      ),
    )
    for (const { name } of shards) {
      const unaware = map.processes.filter((each) => each.shards !== null && !each.shards.includes(name))
      if (unaware.length > 0)
        io.print(
          `\nTo be started anew, since they do not know ${name}: ${unaware.map(({ about }) => about).join(', ')}`,
        )
    }
    if (map.moves.length === 0) return
    io.print(
      `\n${table(
        ['move', 'from', 'to', 'buckets', 'rows', 'waited', 'state'],
        map.moves.map((move) => [
          move.beganAt.toISOString().slice(0, 19),
          move.source,
          move.destination,
          String(move.buckets.length),
          number(move.rows),
          `${move.closedMs} ms`,
          `${move.phase}${move.isLeft ? ', left by its process: souk shards repair' : ''}${move.note && ` (${move.note})`}`,
        ]),
        ['left', 'left', 'left', 'right', 'right', 'right'],
      )}`,
    )
  })
}

/** `souk shards move` */
export function move(io: Console, options: MoveCommand): Promise<void> {
  checkCarrier(io.env)
  return withBackOffice(io, async (house) => {
    const { buckets } = await mapOf(house)
    if (!house.division.shards.includes(options.to)) throw new Refusal(`SOUK_SHARDS does not name ${options.to}.`)
    const wanted = await wantedBuckets(house, options)
    const chosen = buckets.filter(
      ({ bucket, shard }) => wanted(bucket) && shard !== options.to && (options.from ?? shard) === shard,
    )
    const some = options.count === undefined ? chosen : chosen.slice(0, options.count)
    if (some.length === 0) throw new Refusal(`Nothing is to be moved: all of it lies on ${options.to} already.`)
    await moveAll(
      io,
      house,
      options,
      [...Map.groupBy(some, ({ shard }) => shard)].map(([from, here]) => ({
        from,
        to: options.to,
        buckets: here.map(({ bucket }) => bucket),
      })),
    )
  })
}

/** `souk shards spread` */
export function spread(io: Console, options: SpreadCommand): Promise<void> {
  checkCarrier(io.env)
  return withBackOffice(io, async (house) => {
    const { buckets } = await mapOf(house)
    const moves = evenly(
      house.division.shards,
      buckets.map(({ shard }) => shard),
    )
    if (moves.length === 0) return io.print('All databases hold alike many buckets.')
    await moveAll(io, house, options, moves)
  })
}

/** `souk shards repair` */
export function repair(io: Console, { json }: { json?: true }): Promise<void> {
  return withBackOffice(io, async (house) => {
    await mapOf(house)
    const outcome = house.repaired ?? (await repairShards(house))
    if (json) return io.print(JSON.stringify({ outcome: outcome ?? null }))
    const words = { done: 'It was brought to its end.', undone: 'It was undone: everything lies where it was.' }
    io.print(outcome === undefined ? 'There is no move that was left.' : words[outcome])
  })
}

type Move = { from: string; to: string; buckets: readonly number[] }

async function moveAll(io: Console, house: House, options: SpreadCommand, moves: readonly Move[]): Promise<void> {
  const line = liveLine(io)
  const done: { from: string; to: string; buckets: number; rows: number; settledMs: number; closedMs: number }[] = []
  for (const { from, to, buckets } of moves)
    for (let at = 0; at < buckets.length; at += options.atOnce) {
      const some = buckets.slice(at, at + options.atOnce)
      const { moveId: _, ...moved } = await moveShards(
        house,
        { buckets: some, from, to },
        {
          closedAtMostMs: options.closedFor * 1_000,
          onProgress: (message) => line.show(`${from} → ${to}, buckets ${some[0]} to ${some.at(-1)}: ${message}`),
        },
      ).catch((error: unknown) => {
        throw error instanceof MoveRefused ? new Refusal(error.message) : error
      })
      line.end()
      done.push({ from, to, buckets: some.length, ...moved })
      if (!options.json)
        io.print(
          `${from} → ${to}: ${some.length} buckets, ${moved.rows.toLocaleString('en')} rows; orders waited ${moved.settledMs} ms.`,
        )
    }
  if (options.json) io.print(JSON.stringify({ moves: done }, null, 2))
}

/** As few as possible, from those that have too many to those that have too few. */
export function evenly(shards: readonly string[], lies: readonly string[]): Move[] {
  const held = new Map(shards.map((shard) => [shard, [] as number[]]))
  lies.forEach((shard, bucket) => held.get(shard)?.push(bucket))
  const share = Math.floor(bucketCount / shards.length)
  let over = bucketCount - share * shards.length
  // Who holds most keeps the one that is left over.
  const byCount = [...held].sort(([, a], [, b]) => b.length - a.length)
  const wanted = new Map(byCount.map(([shard]) => [shard, share + (over-- > 0 ? 1 : 0)]))
  const moves: Move[] = []
  for (const [to, here] of held)
    for (const [from, there] of held) {
      const lack = (wanted.get(to) ?? 0) - here.length
      const spare = there.length - (wanted.get(from) ?? 0)
      const count = Math.min(lack, spare)
      if (count <= 0) continue
      const buckets = there.splice(there.length - count, count)
      here.push(...buckets)
      moves.push({ from, to, buckets })
    }
  return moves
}

async function wantedBuckets(
  house: House,
  { buckets, shop, count }: MoveCommand,
): Promise<(bucket: number) => boolean> {
  if ([buckets, shop, count].filter((each) => each !== undefined).length !== 1)
    throw new UsageError('Say which: --buckets 0-31, --shop SLUG or --count N.')
  if (buckets !== undefined) {
    const chosen = new Set(parseBuckets(buckets))
    return (bucket) => chosen.has(bucket)
  }
  if (shop === undefined) return () => true
  const db = openDatabase({
    url: house.database.adminUrl,
    schema: 'public',
    pooled: house.database.pooled,
    maxConnections: 1,
  })
  try {
    const found = await shopIdOf(db.autocommit, shop)
    if (found === undefined) throw new Refusal(`There is no shop ${shop}.`)
    const of = bucketOf(found.shopId)
    return (bucket) => bucket === of
  } finally {
    await db.close()
  }
}

/** "0-31,77" */
export function parseBuckets(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, first = '', last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim()) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === '' || from > to || to >= bucketCount)
      throw new UsageError(`--buckets takes numbers from 0 to ${bucketCount - 1}, such as 0-31,77; not ${part}.`)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
