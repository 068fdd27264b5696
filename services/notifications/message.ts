import { timeInId } from '@souk/postgres'

export const channels = ['inbox', 'email', 'sms', 'whatsapp', 'push'] as const
/** By which way somebody is told. The number kept is the place in this list. */
export type Channel = (typeof channels)[number]
export const numberOfChannel = (channel: Channel): number => channels.indexOf(channel)
export const channelNumbered = (number: number): Channel => channels[number] ?? 'inbox'

export const isChannel = (text: string): text is Channel => (channels as readonly string[]).includes(text)

export const priorities = ['high', 'normal', 'low'] as const
export type Priority = (typeof priorities)[number]
export const numberOfPriority = (priority: Priority): number => priorities.indexOf(priority) + 1
export const priorityNumbered = (number: number): Priority => priorities[number - 1] ?? 'normal'

/**
 * - `delivered`: it lies in the inbox, or its provider says that it arrived. `bounced`: that it never will. - `queued`, `sending`, `sent`: on its way to a provider, there, taken by it.
 * - `failed`: no way open to it worked; a person decides. - `replaced`: told by another channel instead.
 * - `discarded`: a person decided that it need not be told.
 */
export const messageStates = [
  'delivered',
  'queued',
  'sending',
  'sent',
  'bounced',
  'failed',
  'replaced',
  'discarded',
] as const
export type MessageState = (typeof messageStates)[number]

/**
 * The id of a message: the time of what is told, kind and channel, and the half of `causeId` that is random. The same
 * cause gives the same id, so telling twice is impossible; two causes differ in 62 random bits.
 *
 * @param causeId what is told of: an order, a shipment, a refund; a UUIDv7.
 */
export const messageId = (occurredAtMs: number, kindNumber: number, channelNumber: number, causeId: string): string => {
  const time = occurredAtMs.toString(16).padStart(12, '0')
  const what = kindNumber * 16 + channelNumber
  return `${time.slice(0, 8)}-${time.slice(8)}-7${what.toString(16).padStart(3, '0')}-${causeId.slice(19)}`
}

export const recordedAtMs = timeInId

/** The channel inside an id made by `messageId`. */
export const channelInId = (id: string): number => Number.parseInt(id.slice(17, 18), 16)

/** An order as people read it: long enough to be told apart by one customer or one shop. */
export const orderNumber = (orderId: string): string => orderId.slice(-8).toUpperCase()

/** 1 s doubling to 60 s, a quarter shorter or longer. */
export const delayMs = (attempts: number, random: () => number = Math.random): number =>
  Math.round(Math.min(60_000, 1_000 * 2 ** (Math.max(1, attempts) - 1)) * (0.75 + random() * 0.5))

export const maxAttempts = 5
