import { type Kind, kindOf } from './kinds.ts'
import { type Channel, channels } from './message.ts'
import type { Recipient } from './recipients.sql.ts'

type Reachable = Pick<Recipient, 'email' | 'phone' | 'push_token' | 'channels'>

/** Where somebody is reached by a channel; undefined when we know no address. */
export function addressFor(recipient: Reachable, channel: Channel): string | undefined {
  const address = {
    inbox: 'inbox',
    email: recipient.email,
    sms: recipient.phone,
    whatsapp: recipient.phone,
    push: recipient.push_token,
  }[channel]
  return address ?? undefined
}

/** In order of preference. The inbox of a transactional kind cannot be switched off; whoever asks sees it in the list. */
export function channelsFor(recipient: Pick<Reachable, 'channels'>, kind: Kind): Channel[] {
  const chosen = recipient.channels?.[kind]
  if (chosen === undefined) return ['inbox', ...kindOf(kind).channels]
  return kindOf(kind).transactional && !chosen.includes('inbox') ? ['inbox', ...chosen] : [...chosen]
}

/**
 * The first way out of the house that the customer allows, that is open and for which we know an address; after
 * `failed`, the next one. One way carries a message, the others stand by.
 */
export function nextChannel(
  recipient: Reachable,
  kind: Kind,
  open: ReadonlySet<Channel>,
  failed?: Channel,
): Channel | undefined {
  const ways: Channel[] = channelsFor(recipient, kind).filter((channel) => channel !== 'inbox')
  const after = failed === undefined ? ways : ways.slice(ways.indexOf(failed) + 1)
  return after.find((channel) => open.has(channel) && addressFor(recipient, channel) !== undefined)
}

export const phonePattern = '^\\+[1-9][0-9]{6,14}$'

/** Each once, in the order given. */
export const inOrder = (chosen: readonly Channel[]): Channel[] =>
  [...new Set(chosen)].filter((channel) => channels.includes(channel))
