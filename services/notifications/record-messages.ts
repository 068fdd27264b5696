import type { Tx } from '@souk/postgres'
import { type NewDelivery, queueDeliveries } from './deliveries.sql.ts'
import { type Kind, kindOf, type Values } from './kinds.ts'
import { type Channel, messageId, numberOfChannel, numberOfPriority, type Priority } from './message.ts'
import { type MessagePage, paginate } from './message-pages.ts'
import { recordPages } from './message-pages.sql.ts'
import { type NewMessage, recordMessages } from './messages.sql.ts'
import type { MessageMeters } from './metrics.ts'
import { nextChannel } from './preferences.ts'
import { recipientsOf } from './recipients.sql.ts'

/** Something somebody is to be told. */
export type Telling = {
  kind: Kind
  customerId: string
  /** What it tells of: the same cause, kind and time make the same message. */
  causeId: string
  occurredAtMs: number
  aboutId: string | null
  shopId: string | null
  parameters: Values | null
  /** Default: the kind's own. */
  priority?: Priority
}

export type RecordDeps = {
  /** Channels that lead out of the house; none on a laptop. */
  open: ReadonlySet<Channel>
  clock: () => Date
  meters: Pick<MessageMeters, 'recorded'>
}

/**
 * Record messages: into the inbox, which delivers them, and onto the first way out that the customer allows and that is
 * open. Many alike go into pages, the others are rows. Without ways out two statements for all of them, with them five;
 * nothing is rendered. Repeating it does nothing.
 */
export async function recordTellings(tx: Tx, deps: RecordDeps, tellings: readonly Telling[]): Promise<void> {
  if (tellings.length === 0) return
  // Orders on a laptop: whatever anybody chose, they go to the inbox and nowhere else.
  const settled = deps.open.size === 0 && tellings.every(({ kind }) => kindOf(kind).transactional)
  const leaving = settled ? [] : await leavingBy(tx, deps, tellings)
  const { pages, others } = paginate(withoutUnwanted(tellings, leaving))
  const rows = [
    ...others.map((telling) => messageOf(telling, 'inbox')),
    ...leaving.flatMap(({ message }) => message ?? []),
  ]
  // Rows in one order everywhere, so that two writers never wait for each other; and the key's pages are met in turn.
  rows.sort((a, b) => (a.customerId < b.customerId ? -1 : a.customerId > b.customerId ? 1 : 0))
  if (pages.length > 0) await recordPages(tx, pages)
  if (rows.length > 0) await recordMessages(tx, rows)
  const deliveries = leaving.flatMap(({ delivery }) => delivery ?? [])
  if (deliveries.length > 0) await queueDeliveries(tx, deliveries, deps.clock())
  tx.afterCommit(() => {
    for (const [kind, channel, count] of counts(rows, pages)) deps.meters.recorded(kind, channel, count)
  })
}

type Leaving = { message?: NewMessage; delivery?: NewDelivery; withoutInbox: boolean }

/** For each telling, what goes out beside the inbox. */
async function leavingBy(tx: Tx, { open }: RecordDeps, tellings: readonly Telling[]): Promise<Leaving[]> {
  const known = await recipientsOf(
    tx,
    tellings.map((telling) => telling.customerId),
  )
  const byAccount = new Map(known.map((row) => [row.account_id, row]))
  return tellings.map((telling) => {
    const recipient = byAccount.get(telling.customerId)
    const chosen = recipient?.channels?.[telling.kind]
    const withoutInbox = !kindOf(telling.kind).transactional && chosen !== undefined && !chosen.includes('inbox')
    const channel = recipient && nextChannel(recipient, telling.kind, open)
    if (channel === undefined) return { withoutInbox }
    const message = messageOf(telling, channel)
    return { withoutInbox, message, delivery: deliveryOf(telling, message) }
  })
}

/** Who switched the inbox off for a kind gets none. */
const withoutUnwanted = (tellings: readonly Telling[], leaving: readonly Leaving[]): readonly Telling[] =>
  leaving.some((each) => each.withoutInbox) ? tellings.filter((_, index) => !leaving[index]?.withoutInbox) : tellings

export const messageOf = (telling: Telling, channel: Channel): NewMessage => {
  const kind = kindOf(telling.kind).number
  const way = numberOfChannel(channel)
  return {
    customerId: telling.customerId,
    id: messageId(telling.occurredAtMs, kind, way, telling.causeId),
    aboutId: telling.aboutId,
    shopId: telling.shopId,
    kind,
    channel: way,
    parameters: telling.parameters,
  }
}

const deliveryOf = (telling: Telling, message: NewMessage): NewDelivery => ({
  messageId: message.id,
  customerId: message.customerId,
  kind: message.kind,
  channel: message.channel,
  priority: numberOfPriority(telling.priority ?? kindOf(telling.kind).priority),
})

function counts(
  rows: readonly NewMessage[],
  pages: readonly MessagePage[],
): [kind: number, channel: number, count: number][] {
  const counted = new Map<number, number>()
  const add = (kind: number, channel: number, count: number) => {
    const key = kind * 16 + channel
    counted.set(key, (counted.get(key) ?? 0) + count)
  }
  for (const { kind, channel } of rows) add(kind, channel, 1)
  for (const { kind, orders } of pages) add(kind, 0, orders.length)
  return [...counted].map(([key, count]) => [key >> 4, key & 15, count])
}
