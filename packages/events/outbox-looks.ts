import type { Database } from '@souk/postgres'
import type { Lag } from './log.ts'
import { lagsIn, newsIn, type Places } from './outbox-looks.sql.ts'

/** Looks at the outboxes of many services in one database at once: for who reads them all. */
export type OutboxLooks = {
  /**
   * Those in which something can be read behind their place. Of the others `xmin` is the place behind all that was ever
   * there to be read: no row can come to lie before it any more.
   */
  news(places: Places): Promise<{ xmin: string; sources: readonly string[] }>
  /** What lies behind their places. */
  lags(places: Places): Promise<ReadonlyMap<string, Lag>>
}

/** @param db in the role that may read outboxes and nothing else. Never a replica. */
export function createOutboxLooks(db: Database, sources: readonly string[]): OutboxLooks {
  const news = newsIn(sources)
  const lags = lagsIn(sources)
  const named = (at: number) => sources[at - 1] as string
  return {
    async news(places) {
      const { xmin, found } = await db.autocommit.one<{ xmin: string; found: number[] }>(news(places))
      return { xmin, sources: found.map(named) }
    },
    async lags(places) {
      const rows = await db.autocommit.many<Lag & { source: number }>(lags(places))
      return new Map(rows.map(({ source, events, seconds }) => [named(source), { events, seconds }]))
    },
  }
}
