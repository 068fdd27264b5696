import type { Database } from '@souk/postgres'
import { HandedRows } from './handed-rows.ts'
import { beginning, comparePositions, type EventLog, type Lag, type LogPage, type Wanted } from './log.ts'
import { readHead, readLag, readPlaceAt, readRows, readStall } from './log.sql.ts'
import { type Exactly, type ReadRow, RecentRows } from './recent-rows.ts'
import type { Position } from './types.ts'
import { createWakes } from './wakes.ts'

/** `batch` is null for a row whose bytes are known. */
type Answered = Omit<ReadRow, 'batch'> & { xmin: string; seq: number | null; batch: string | null }

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
  async function ask(
    source: string,
    shard: string,
    from: Position,
    want: Wanted & { limitEvents: number },
    handed?: HandedRows,
  ): Promise<LogPage & { rows: ReadRow[] }> {
    const kept = handed?.seqs() ?? []
    const answer = await on(shard).many<Answered>(readRows(source, from, want, want.limitEvents, kept))
    const rows: ReadRow[] = []
    for (const { xid, seq, topic, eventCount, kinds, batch: sent, writtenAtMs } of answer) {
      if (seq === null) continue
      const known = handed?.take(xid, seq)
      const batch = sent === null ? known : Buffer.from(sent, 'base64')
      // Let go of meanwhile, or another row had its number before the database was put back: all are sent.
      if (batch === undefined) return await ask(source, shard, from, want)
      rows.push({ xid, seq, topic, eventCount, kinds, batch, writtenAtMs })
    }
    const xmin = { xid: answer[0]?.xmin ?? '0', seq: 0, index: 0 }
    const reached = comparePositions(xmin, from) >= 0
    const events = rows.reduce((sum, row) => sum + row.eventCount, 0)
    const last = rows.at(-1)
    const full = last !== undefined && events >= want.limitEvents
    if (full) return { rows, end: { xid: last.xid, seq: last.seq + 1, index: 0 }, full, reached }
    return { rows, end: reached ? xmin : from, full, reached }
  }

  const wakes = createWakes()
  /** Of each source that is read here. */
  const handed = new Map<string, HandedRows>()
  const recents = new Map<string, RecentRows>()
  function recentOf(source: string, shard: string): RecentRows {
    const name = `${source} ${shard}`
    let recent = recents.get(name)
    if (recent === undefined) {
      // Rows of several databases may have the same place.
      const known = shards.length === 1 ? new HandedRows() : undefined
      if (known !== undefined) handed.set(source, known)
      recent = new RecentRows(async (from, want, limitEvents) => {
        const { rows, end, full, reached } = await ask(source, shard, from, { ...want, limitEvents }, known)
        return { rows, end: reached ? end : beginning, full }
      })
      recents.set(name, recent)
    }
    return recent
  }

  return {
    watch: wakes.watch,
    wake(source, rows = []) {
      const known = handed.get(source)
      if (known !== undefined) for (const row of rows) known.keep(row)
      wakes.wake(source)
    },
    lanes: async (_source, shard) => [shard],
    divide: (row, lanes) => lanes.map((lane) => [lane, row]),
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
      if (!isExact(want)) return await ask(source, shard, from, want)
      const recent = recentOf(source, shard)
      const known = await recent.read(from, want, want.limitEvents)
      if (known !== undefined) return known
      const page = await ask(source, shard, from, want)
      if (!page.full && page.reached) recent.readUpTo(page.end)
      return page
    },
    async lag(source, shard, from, want) {
      const { events, seconds } = await on(shard).one<Lag>(readLag(source, from, want))
      return { events: Math.max(0, events - from.index), seconds: Math.max(0, seconds) }
    },
    stalledSeconds: async (source, shard) => (await on(shard).one<{ seconds: number }>(readStall(source))).seconds,
  }
}

const isExact = (want: Wanted): want is Exactly => want.topics !== undefined && want.kinds !== undefined
