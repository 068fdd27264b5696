import { encodeBatch } from './envelope.ts'
import { insertOutboxRow } from './events.sql.ts'
import type { WrittenRow } from './log.ts'
import type { NewEvent, Outbox } from './types.ts'

/** A service's outbox. @param wake called after commit, to tell consumers of this process; others poll. */
export const createOutbox = ({ wake }: { wake: Outbox['wake'] }): Outbox => ({
  async append(tx, events) {
    if (events.length === 0) return
    const rows: WrittenRow[] = []
    for (const [topic, ofTopic] of byTopic(events)) {
      const batch = encodeBatch(ofTopic)
      const place = await insertOutboxRow(tx, { topic, kinds: kindsIn(ofTopic), eventCount: ofTopic.length, batch })
      rows.push({ ...place, batch })
    }
    tx.afterCommit(() => wake(rows))
  },
  wake,
})

const kindsIn = (events: readonly NewEvent[]) => [...new Set(events.map(({ event }) => event.type))]

function byTopic(events: readonly NewEvent[]): Map<string, readonly NewEvent[]> {
  const first = events[0]?.event.topic ?? ''
  if (events.every(({ event }) => event.topic === first)) return new Map([[first, events]])
  return Map.groupBy(events, ({ event }) => event.topic)
}
