import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { isUuid } from '@souk/postgres'

/** What a provider says became of a message: it arrived, was read, or never will. */
export type Receipt = {
  messageId: string
  state: 'delivered' | 'read' | 'bounced'
  atMs: number
  /** Codes and short words of the provider: never an address. */
  detail: string
}

/** The signature is not the provider's, or what it signed is not what it sends. */
export class ReceiptRefused extends Error {}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Of a provider's own words only these characters: they may repeat an address or a text. */
const plain = (text: unknown): string => (typeof text === 'string' ? text.replace(/[^\w .:-]/g, '').slice(0, 60) : '')

const same = (given: string | string[] | undefined, wanted: string): boolean => {
  if (typeof given !== 'string') return false
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function jsonOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    throw new ReceiptRefused('not JSON')
  }
}

const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value)
    ? value.filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null)
    : []

const instant = (seconds: unknown, nowMs: number): number => {
  const ms = Number(seconds) * 1_000
  return ms > 0 && ms < nowMs + 86_400_000 ? ms : nowMs
}

const receiptOf = (messageId: unknown, state: Receipt['state'] | undefined, atMs: number, detail: string): Receipt[] =>
  typeof messageId === 'string' && isUuid(messageId) && state !== undefined ? [{ messageId, state, atMs, detail }] : []

/** The public key of SendGrid's event webhook, as its settings show it. @throws when it is none */
export const sendGridKey = (base64: string): KeyObject =>
  createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })

const sendGridStates: Readonly<Record<string, Receipt['state']>> = {
  delivered: 'delivered',
  open: 'read',
  bounce: 'bounced',
  dropped: 'bounced',
}

/** SendGrid signs the time and the body with a key on the curve P-256; our id comes back as a custom argument. */
export function readSendGrid(key: KeyObject, headers: Headers, raw: Buffer, nowMs: number): Receipt[] {
  const signature = headers['x-twilio-email-event-webhook-signature']
  const timestamp = headers['x-twilio-email-event-webhook-timestamp']
  if (typeof signature !== 'string' || typeof timestamp !== 'string') throw new ReceiptRefused('not signed')
  const signed = Buffer.concat([Buffer.from(timestamp), raw])
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64'))) throw new ReceiptRefused('signed by another')
  return listOf(jsonOf(raw)).flatMap((event) =>
    receiptOf(
      event.message_id,
      sendGridStates[String(event.event)],
      instant(event.timestamp, nowMs),
      plain(event.type ?? event.event),
    ),
  )
}

const twilioStates: Readonly<Record<string, Receipt['state']>> = {
  delivered: 'delivered',
  read: 'read',
  undelivered: 'bounced',
  failed: 'bounced',
}

/**
 * Twilio signs the address it calls, with its query, and every field of the form in the order of their names. Our id stands
 * in the address, since Twilio gives nothing of ours back otherwise.
 * @param url as Twilio was told it: ours is another one behind a proxy.
 */
export function readTwilio(token: string, url: string, headers: Headers, raw: Buffer, nowMs: number): Receipt[] {
  const form = new URLSearchParams(raw.toString('utf8'))
  const names = [...new Set(form.keys())].sort()
  const signed = url + names.map((name) => name + [...new Set(form.getAll(name))].sort().join('')).join('')
  const wanted = createHmac('sha1', token).update(signed).digest('base64')
  if (!same(headers['x-twilio-signature'], wanted)) throw new ReceiptRefused('signed by another')
  const state = twilioStates[form.get('MessageStatus') ?? '']
  const code = form.get('ErrorCode')
  return receiptOf(new URL(url).searchParams.get('message'), state, nowMs, code === null ? '' : plain(`error ${code}`))
}

const whatsAppStates: Readonly<Record<string, Receipt['state']>> = {
  delivered: 'delivered',
  read: 'read',
  failed: 'bounced',
}

/** WhatsApp signs the body with the secret of the app, and gives our id back. */
export function readWhatsApp(secret: string, headers: Headers, raw: Buffer, nowMs: number): Receipt[] {
  const wanted = `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`
  if (!same(headers['x-hub-signature-256'], wanted)) throw new ReceiptRefused('signed by another')
  const body = jsonOf(raw) as { entry?: unknown } | null
  const values = listOf(body?.entry)
    .flatMap(({ changes }) => listOf(changes))
    .map(({ value }) => value as { statuses?: unknown } | undefined)
  return values
    .flatMap((value) => listOf(value?.statuses))
    .flatMap((status) => {
      const [error] = listOf(status.errors)
      return receiptOf(
        status.biz_opaque_callback_data,
        whatsAppStates[String(status.status)],
        instant(status.timestamp, nowMs),
        error === undefined ? '' : plain(`error ${Number(error.code)}`),
      )
    })
}
