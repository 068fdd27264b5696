import type { Database } from '@souk/postgres'
import { comparePositions, type EventLog, type Lag, type LogRow } from './log.ts'
import { readHead, readLag, readPlaceAt, readRows, readStall } from './log.sql.ts'
import { createWakes } from './wakes.ts'

type ReadRow = { [Name in keyof LogRow]: LogRow[Name] | null } & { xmin: string }

/**
 * The log kept in the services' outboxes.
 * @param shards one database each, opened in the role that may read outboxes and nothing else. Never a replica: it may
 *   not yet show what its xmin says is over.
 */
export function createPostgresLog(shards: readonly { name: string; db: Database }[]): EventLog {
  const byName = new Map(shards.map(({ name, db }) => [name, db.autocommit]))
  const on = (shard: string) => {
    const tx = byName.get(shard)
    if (tx === undefined) throw new RangeError(`there is no shard ${shard}`)
    return tx
  }
  const head = async (source: string, shard: string) => ({
    ...(await on(shard).one<{ xid: string }>(readHead(source))),
    seq: 0,
    index: 0,
  })
  return {
    ...createWakes(),
    lanes: async (_source, shard) => [shard],
    head,
    isForeign: async (source, shard, place) => comparePositions(await head(source, shard), place) < 0,
    async placeAt(source, shard, timeMs) {
      const row = await on(shard).maybeOne<{ xid: string; seq: number }>(readPlaceAt(source, timeMs))
      return row === undefined ? await head(source, shard) : { ...row, index: 0 }
    },
    // Whoever moves the offset works; who cannot stands by. There is nothing to share among them.
    join({ shard, onLanes }) {
      onLanes([shard])
      return { begin: async () => {}, passed() {}, leave: async () => {} }
    },
    async read(source, shard, from, want) {
      const answer = await on(shard).many<ReadRow>(readRows(source, from, want, want.limitEvents))
      const rows = answer.filter((row) => row.seq !== null) as unknown as LogRow[]
      const xmin = { xid: answer[0]?.xmin ?? '0', seq: 0, index: 0 }
      const reached = comparePositions(xmin, from) >= 0
      const events = rows.reduce((sum, row) => sum + row.eventCount, 0)
      const last = rows.at(-1)
      const full = last !== undefined && events >= want.limitEvents
      if (full) return { rows, end: { xid: last.xid, seq: last.seq + 1, index: 0 }, full, reached }
      return { rows, end: reached ? xmin : from, full, reached }
    },
    async lag(source, shard, from, want) {
      const { events, seconds } = await on(shard).one<Lag>(readLag(source, from, want))
      return { events: Math.max(0, events - from.index), seconds: Math.max(0, seconds) }
    },
    stalledSeconds: async (source, shard) => (await on(shard).one<{ seconds: number }>(readStall(source))).seconds,
  }
}
