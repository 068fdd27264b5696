import { abortableDelay } from './delay.ts'
import type { EventLog, Watch } from './log.ts'
import type { OutboxLooks } from './outbox-looks.ts'

/** Who waits for so long has found nothing for a while. */
const restingMs = 200
/** Then it is told of what comes, and looks by itself this seldom. */
const toldMs = 5_000
/** Between looks for what other processes wrote, as readers would look by themselves. */
const lookEveryMs = 250

export type LookedAfter = { log: EventLog; close(): Promise<void> }

/**
 * A log in PostgreSQL whose readers rest when there is nothing: one look at all outboxes of a database four times a second,
 * instead of one for every reader, wakes those of the services that announced something.
 * @param shards those that are read, each with its looks and the services whose outboxes they see.
 */
export function lookedAfter(
  log: EventLog,
  shards: readonly { looks: OutboxLooks; sources: readonly string[] }[],
): LookedAfter {
  const closing = new AbortController()
  /** Where it could not be looked the last time: until it can, readers look by themselves. */
  const blind = new Set<object>(shards)

  async function follow(shard: (typeof shards)[number]): Promise<void> {
    const { looks, sources } = shard
    for (let from: string | undefined; !closing.signal.aborted; await abortableDelay(lookEveryMs, closing.signal))
      try {
        const xid = from ?? '0'
        const { xmin, sources: found } = await looks.news(new Map(sources.map((source) => [source, { xid, seq: 0 }])))
        // At first nobody knows how far anybody has read.
        for (const source of from === undefined ? sources : found) log.wake(source)
        from = xmin
        blind.delete(shard)
      } catch {
        from = undefined
        blind.add(shard)
      }
  }
  const following = shards.map(follow)

  function watch(source: string, lane?: string): Watch {
    const waiting = log.watch(source, lane)
    return {
      ...waiting,
      waitForMore: (ms, signal) => waiting.waitForMore(ms >= restingMs && blind.size === 0 ? toldMs : ms, signal),
    }
  }

  return {
    log: { ...log, watch },
    async close() {
      closing.abort()
      await Promise.all(following)
    },
  }
}
