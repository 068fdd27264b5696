import { messageFailed, messagesSent } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import { type Database, type Tx, uuidv7 } from '@souk/postgres'
import { BulkheadFull, CallTimedOut, CircuitOpen, type Guard } from '@souk/resilience'
import type { Logger } from '@souk/telemetry'
import { type Outcome, type Outgoing, type Provider, ProviderAway } from './channel.ts'
import {
  failDeliveries,
  finishDeliveries,
  postponeDeliveries,
  queueDeliveries,
  type Taken,
  takeDue,
} from './deliveries.sql.ts'
import { kindNumbered, parametersOf } from './kinds.ts'
import { mailHtml, mailText } from './mail.ts'
import { type Channel, channelNumbered, delayMs, maxAttempts, numberOfChannel } from './message.ts'
import { type MessageRow, messagesWith, recordMessages, settleMessages } from './messages.sql.ts'
import type { MessageMeters } from './metrics.ts'
import type { Pace } from './pace.ts'
import { addressFor, nextChannel } from './preferences.ts'
import { type ReadMessage, readMessages } from './read-messages.ts'

export type Way = { provider: Provider; guard: Guard; pace: Pace; away: number; restUntilMs: number }

export type SendDeps = {
  db: Database
  outbox: Outbox
  clock: () => Date
  log: Logger
  meters: MessageMeters
  open: ReadonlySet<Channel>
  random?: () => number
}

/** As many as a provider is handed at once. */
const batchSize = 100
/** Twice the time-out of a call: whoever has not come back by then is gone. */
export const leaseMs = 60_000

type Held = { taken: Taken; message: ReadMessage | undefined; outgoing: Outgoing | undefined }
type Later = { messageId: string; fence: number; taken: Taken; dueAt: Date; cause: string; refund: boolean }
type Ended = { held: Held; outcome: Outcome | { kind: 'untried'; cause: string; retryAfterMs: number } }

/**
 * Send what is due by one provider, the most urgent first, one batch after the other until nothing is due, the pace is
 * reached, the provider rests, or `untilMs`. Each batch is taken in one transaction, sent outside any, and settled in
 * another. @returns how many were handed over.
 */
export async function sendDue(deps: SendDeps, way: Way, untilMs: number): Promise<number> {
  const { db, clock } = deps
  const channel = numberOfChannel(way.provider.channel)
  let sent = 0
  while (clock().getTime() < untilMs && clock().getTime() >= way.restUntilMs) {
    const room = way.pace.take(batchSize)
    if (room === 0) break
    const now = clock()
    const taken = await takeDue(db.autocommit, channel, room, now, new Date(now.getTime() + leaseMs))
    way.pace.giveBack(room - taken.length)
    if (taken.length === 0) break
    const held = await prepare(deps, taken)
    const ended = await handOver(way, held, clock)
    sent += await settle(deps, way.provider, ended)
  }
  return sent
}

/** Put them into words. One without an address, or without its record, cannot go. */
async function prepare({ db }: SendDeps, taken: readonly Taken[]): Promise<Held[]> {
  const rows = await messagesWith(
    db.autocommit,
    taken.map((each) => ({ customerId: each.customer_id, id: each.message_id })),
  )
  const read = await readMessages(db.autocommit, rows)
  const byId = new Map(read.map((message) => [message.messageId, message]))
  return taken.map((each) => {
    const message = byId.get(each.message_id)
    return { taken: each, message, outgoing: message && outgoingOf(message) }
  })
}

function outgoingOf(message: ReadMessage): Outgoing | undefined {
  const { recipient, rendered, kind, language, shopName, channel } = message
  const to = recipient && addressFor(recipient, channel)
  if (to === undefined) return undefined
  return {
    messageId: message.messageId,
    to,
    kind,
    language,
    subject: rendered.subject,
    text: channel === 'email' ? mailText(rendered, language) : rendered.text,
    html: mailHtml(rendered, shopName, language),
    shopName,
    values: Object.keys(parametersOf(kind)).map((name) => rendered.values[name] ?? ''),
  }
}

async function handOver(way: Way, held: readonly Held[], clock: () => Date): Promise<Ended[]> {
  // Taken more often than it may be tried: whoever had it died each time, perhaps of it.
  const isFatal = ({ taken }: Held) => taken.attempts > maxAttempts
  const ready = held.filter((each) => each.outgoing !== undefined && !isFatal(each))
  const outcomes = ready.length === 0 ? [] : await ask(way, ready, clock)
  const byHeld = new Map(ready.map((each, index) => [each, outcomes[index]]))
  return held.map((each) => ({
    held: each,
    outcome: byHeld.get(each) ?? {
      kind: 'refused',
      cause: isFatal(each) ? 'nobody who took it came back' : 'we know no address for this channel',
    },
  }))
}

async function ask(way: Way, ready: readonly Held[], clock: () => Date): Promise<Ended['outcome'][]> {
  const batch = ready.flatMap((each) => each.outgoing ?? [])
  const all = (outcome: Ended['outcome']) => ready.map(() => outcome)
  try {
    // One attempt: repeats are ours, for what is repeated is rows that outlive this process.
    const outcomes = await way.guard.run((signal) => way.provider.send(batch, signal), { attempts: 1 })
    way.away = 0
    return outcomes
  } catch (error) {
    if (error instanceof ProviderAway || error instanceof CircuitOpen || error instanceof BulkheadFull) {
      way.away += 1
      const retryAfterMs = error.retryAfterMs ?? delayMs(way.away)
      way.restUntilMs = clock().getTime() + retryAfterMs
      return all({ kind: 'untried', cause: error.message, retryAfterMs })
    }
    const cause = error instanceof CallTimedOut ? error.message : (error as Error).name
    return all({ kind: 'unknown', cause })
  }
}

/** Record how they ended: through, to be tried again, told by another way instead, or waiting for a person. */
async function settle(deps: SendDeps, provider: Provider, ended: readonly Ended[]): Promise<number> {
  const now = deps.clock()
  const through: { held: Held; reference: string }[] = []
  const later: Later[] = []
  const over: { held: Held; cause: string }[] = []
  for (const { held, outcome } of ended) {
    const { taken } = held
    const key = { messageId: taken.message_id, fence: taken.fence }
    if (outcome.kind === 'sent') through.push({ held, reference: outcome.reference })
    else if (outcome.kind === 'untried') {
      const retryAfterMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : 1_000
      later.push({ ...key, taken, dueAt: after(now, retryAfterMs), cause: outcome.cause, refund: true })
    } else if (outcome.kind === 'refused' || taken.attempts >= maxAttempts) over.push({ held, cause: outcome.cause })
    else
      later.push({
        ...key,
        taken,
        dueAt: after(now, delayMs(taken.attempts, deps.random)),
        cause: outcome.cause,
        refund: false,
      })
  }
  const told = await deps.db.transaction(async (tx) => {
    const counted: [Taken, 'sent' | 'retried' | 'replaced' | 'failed'][] = []
    const gone = new Set(
      await finishDeliveries(
        tx,
        through.map(({ held }) => keyOf(held)),
      ),
    )
    const sent = through.filter(({ held }) => gone.has(held.taken.message_id))
    if (sent.length > 0) {
      await settleMessages(
        tx,
        sent.map(({ held, reference }) => ({
          ...messageKey(held),
          outcome: `sent by ${provider.name}${reference === '' ? '' : ` as ${reference}`}`,
        })),
        now,
      )
      await deps.outbox.append(tx, [
        sentEvent(
          provider,
          sent.map(({ held }) => held),
          now,
        ),
      ])
      counted.push(...sent.map(({ held }) => [held.taken, 'sent'] as [Taken, 'sent']))
    }
    if (later.length > 0) await postponeDeliveries(tx, later)
    if (over.length > 0) counted.push(...(await giveUp(tx, deps, over, now)))
    return { counted, sent: sent.length }
  })
  for (const [taken, state] of told.counted) deps.meters.ended(taken.kind, taken.channel, state)
  for (const { taken, refund } of later) if (!refund) deps.meters.ended(taken.kind, taken.channel, 'retried')
  if (later.length > 0)
    deps.log.debug(
      { provider: provider.name, messages: later.length, cause: later[0]?.cause },
      'messages wait to be sent',
    )
  return told.sent
}

/** Another way the customer allows, as a message of its own; where none is left, a person decides. */
async function giveUp(
  tx: Tx,
  deps: SendDeps,
  over: readonly { held: Held; cause: string }[],
  now: Date,
): Promise<[Taken, 'replaced' | 'failed'][]> {
  const counted: [Taken, 'replaced' | 'failed'][] = []
  const ways = over.map(({ held, cause }) => {
    const { message, taken } = held
    const next =
      message?.recipient && nextChannel(message.recipient, message.kind, deps.open, channelNumbered(taken.channel))
    return { held, cause, next }
  })
  const replaced = ways.filter((each) => each.next !== undefined)
  const gone = new Set(
    await finishDeliveries(
      tx,
      replaced.map(({ held }) => keyOf(held)),
    ),
  )
  const moved = replaced.filter(({ held }) => gone.has(held.taken.message_id))
  if (moved.length > 0) {
    const rows = await messagesWith(
      tx,
      moved.map(({ held }) => messageKey(held)),
    )
    const rowOf = new Map(rows.map((row) => [row.id, row]))
    await recordMessages(
      tx,
      moved.flatMap(({ held, next }) => otherWay(rowOf.get(held.taken.message_id), next as Channel) ?? []),
    )
    await queueDeliveries(
      tx,
      moved.map(({ held: { taken }, next }) => ({
        messageId: withChannel(taken.message_id, next as Channel),
        customerId: taken.customer_id,
        kind: taken.kind,
        channel: numberOfChannel(next as Channel),
        priority: taken.priority,
      })),
      now,
    )
    await settleMessages(
      tx,
      moved.map(({ held, cause, next }) => ({ ...messageKey(held), outcome: `told by ${next} instead: ${cause}` })),
      null,
    )
    counted.push(...moved.map(({ held }) => [held.taken, 'replaced'] as [Taken, 'replaced']))
  }
  const left = ways.filter((each) => each.next === undefined)
  const failed = new Set(
    await failDeliveries(
      tx,
      left.map(({ held, cause }) => ({ ...keyOf(held), cause })),
      now,
    ),
  )
  const waiting = left.filter(({ held }) => failed.has(held.taken.message_id))
  await deps.outbox.append(
    tx,
    waiting.map(({ held, cause }) => failedEvent(held, cause, now)),
  )
  counted.push(...waiting.map(({ held }) => [held.taken, 'failed'] as [Taken, 'failed']))
  if (waiting.length > 0)
    deps.log.warn(
      { messages: waiting.length, cause: waiting[0]?.cause },
      'messages could not be delivered and wait for a person',
    )
  return counted
}

const after = (now: Date, ms: number) => new Date(now.getTime() + ms)
const keyOf = ({ taken }: Held) => ({ messageId: taken.message_id, fence: taken.fence })
const messageKey = ({ taken }: Held) => ({ customerId: taken.customer_id, id: taken.message_id })

/** The same cause by another channel: only those four bits of the id differ. */
export const withChannel = (id: string, channel: Channel): string =>
  `${id.slice(0, 17)}${numberOfChannel(channel).toString(16)}${id.slice(18)}`

const otherWay = (row: MessageRow | undefined, next: Channel) =>
  row && {
    customerId: row.customer_id,
    id: withChannel(row.id, next),
    aboutId: row.about_id,
    shopId: row.shop_id,
    kind: row.kind,
    channel: numberOfChannel(next),
    parameters: row.parameters,
  }

const sentEvent = (provider: Provider, sent: readonly Held[], now: Date) =>
  newEvent(
    messagesSent,
    {
      batchId: uuidv7(now.getTime()),
      channel: provider.channel,
      provider: provider.name,
      messageIds: sent.map(({ taken }) => taken.message_id),
      sentAtMs: BigInt(now.getTime()),
    },
    { occurredAtMs: now.getTime(), correlationId: '' },
  )

const failedEvent = ({ taken, message }: Held, cause: string, now: Date) =>
  newEvent(
    messageFailed,
    {
      messageId: taken.message_id,
      customerId: taken.customer_id,
      shopId: message?.shopId ?? '',
      kind: kindNumbered(taken.kind),
      channel: channelNumbered(taken.channel),
      cause,
      failedAtMs: BigInt(now.getTime()),
    },
    { occurredAtMs: now.getTime(), correlationId: '' },
  )
