import type { Tx } from '@souk/postgres'
import { type NewDelivery, queueDeliveries } from './deliveries.sql.ts'
import { type Kind, kindOf, type Values } from './kinds.ts'
import { type Channel, messageId, numberOfChannel, numberOfPriority, type Priority } from './message.ts'
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
 * open. Without such ways one statement for all of them, with them four; nothing is rendered. Repeating it does nothing.
 * @returns the ids of the inbox messages, in the order given.
 */
export async function recordTellings(tx: Tx, deps: RecordDeps, tellings: readonly Telling[]): Promise<string[]> {
  if (tellings.length === 0) return []
  const messages = tellings.map((telling) => messageOf(telling, 'inbox'))
  const ids = messages.map((message) => message.id)
  // Orders on a laptop: whatever anybody chose, they go to the inbox and nowhere else.
  const settled = deps.open.size === 0 && tellings.every(({ kind }) => kindOf(kind).transactional)
  const leaving = settled ? [] : await leavingBy(tx, deps, tellings)
  const kept = withoutUnwanted(messages, leaving)
  const recorded = [...kept, ...leaving.flatMap(({ message }) => message ?? [])]
  // Rows in one order everywhere, so that two writers never wait for each other; and the key's pages are met in turn.
  recorded.sort((a, b) => (a.customerId < b.customerId ? -1 : a.customerId > b.customerId ? 1 : 0))
  if (recorded.length > 0) await recordMessages(tx, recorded)
  const deliveries = leaving.flatMap(({ delivery }) => delivery ?? [])
  if (deliveries.length > 0) await queueDeliveries(tx, deliveries, deps.clock())
  tx.afterCommit(() => {
    for (const [kind, channel, count] of counts(recorded)) deps.meters.recorded(kind, channel, count)
  })
  return ids
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
const withoutUnwanted = (messages: NewMessage[], leaving: readonly Leaving[]): NewMessage[] =>
  leaving.some((each) => each.withoutInbox)
    ? messages.filter((_, index) => !leaving[index]?.withoutInbox)
    : messages.slice()

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

function counts(messages: readonly NewMessage[]): [kind: number, channel: number, count: number][] {
  const counted = new Map<number, number>()
  for (const { kind, channel } of messages) {
    const key = kind * 16 + channel
    counted.set(key, (counted.get(key) ?? 0) + 1)
  }
  return [...counted].map(([key, count]) => [key >> 4, key & 15, count])
}
