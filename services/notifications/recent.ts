import { firstIdAt, timeInId, type Tx } from '@souk/postgres'
import { type Kind, kindOf } from './kinds.ts'
import { type Channel, numberOfChannel } from './message.ts'
import { latestMessages, type LatestFilter, type MessageRow, messagesOf } from './messages.sql.ts'

export type Recent = {
  limit: number
  before?: string | undefined
  kind?: Kind | undefined
  channel?: Channel | undefined
  customerId?: string | undefined
}

/**
 * The latest messages of everybody. There is no index by time that could be followed backwards, so ever longer stretches of
 * time are looked at until there are enough: on a busy marketplace the first, of ten seconds, has them.
 */
export async function recentRows(tx: Tx, now: Date, wish: Recent): Promise<MessageRow[]> {
  const filter: LatestFilter = {
    kind: wish.kind === undefined ? null : kindOf(wish.kind).number,
    channel: wish.channel === undefined ? null : numberOfChannel(wish.channel),
  }
  if (wish.customerId !== undefined)
    return await messagesOf(tx, wish.customerId, wish.before ?? null, wish.limit, filter)
  const untilMs = wish.before === undefined ? now.getTime() : timeInId(wish.before)
  for (const stretchMs of [10_000, 100_000, 1_000_000, 86_400_000, 30 * 86_400_000]) {
    const from = firstIdAt(Math.max(0, untilMs - stretchMs))
    const rows = await latestMessages(tx, from, wish.before ?? null, filter, wish.limit)
    if (rows.length >= wish.limit) return rows
  }
  return await latestMessages(tx, firstIdAt(0), wish.before ?? null, filter, wish.limit)
}
