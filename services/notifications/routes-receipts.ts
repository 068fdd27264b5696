import type { Readable } from 'node:stream'
import { ok, type Route, route } from '@souk/http'
import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { Type } from 'typebox'
import type { Settings } from './channels/index.ts'
import { errors } from './errors.ts'
import { recordReceipts } from './messages.sql.ts'
import type { MessageMeters } from './metrics.ts'
import { type Receipt, ReceiptRefused, readSendGrid, readTwilio, readWhatsApp, sendGridKey } from './receipts.ts'

export type ReceiptDeps = {
  db: Database
  clock: () => Date
  log: Pick<Logger, 'warn'>
  meters: Pick<MessageMeters, 'received'>
}

export type ReceiptSettings = Pick<
  Settings,
  'SENDGRID_WEBHOOK_KEY' | 'TWILIO_AUTH_TOKEN' | 'WHATSAPP_APP_SECRET' | 'WHATSAPP_VERIFY_TOKEN' | 'MESSAGES_PUBLIC_URL'
>

const tag = 'Notifications'
const closed = { additionalProperties: false } as const
const path = '/v1/notifications/webhooks'
const bodyLimitBytes = 1_000_000
const Received = Type.Object({ received: Type.Integer({ description: 'Receipts of ours in it.' }) }, closed)
const refusals = ['receipt-provider-unknown', 'receipt-refused'] as const
// After an outage of ours a provider sends thousands a minute from one address, and again what was turned away.
const limit = { name: 'message-receipts', perMinute: 60_000, per: 'address', instead: true } as const

/** Where Twilio tells of a message; undefined where it could not reach us. */
export const twilioCallback = (
  { MESSAGES_PUBLIC_URL: base }: Pick<Settings, 'MESSAGES_PUBLIC_URL'>,
  messageId: string,
) => (base === undefined ? undefined : `${base.replace(/\/+$/, '')}${path}/twilio?message=${messageId}`)

/** What providers tell by themselves of messages they took. All of it is signed, and saying it again changes nothing. */
export function receiptRoutes(deps: ReceiptDeps, settings: ReceiptSettings): Route[] {
  const key = settings.SENDGRID_WEBHOOK_KEY === undefined ? undefined : sendGridKey(settings.SENDGRID_WEBHOOK_KEY)
  const unknown = (provider: string) =>
    errors.error('receipt-provider-unknown', `Receipts of ${provider} are not set up here.`)

  async function keep(provider: string, read: () => Receipt[]) {
    let receipts: Receipt[]
    try {
      receipts = read()
    } catch (error) {
      if (!(error instanceof ReceiptRefused)) throw error
      deps.meters.received(provider, 'refused', 1)
      throw errors.error('receipt-refused', 'This is not what the provider sends.')
    }
    const changed = receipts.length === 0 ? 0 : await recordReceipts(deps.db.autocommit, receipts)
    deps.meters.received(provider, 'kept', changed)
    deps.meters.received(provider, 'repeated', receipts.length - changed)
    return ok({ received: receipts.length })
  }

  return [
    route({
      method: 'POST',
      url: `${path}/:provider`,
      operationId: 'receiveMessageReceipts',
      summary: 'What became of messages, told by their provider',
      description:
        'For SendGrid (event webhook, signed) and WhatsApp. Whether a message arrived, was read or came back is shown in the histories of messages.',
      tag,
      access: 'public',
      params: Type.Object({ provider: Type.Enum(['sendgrid', 'whatsapp'] as const) }, closed),
      rawBody: true,
      idempotency: 'none',
      bodyLimitBytes,
      limit,
      answers: { 200: Received },
      errors: refusals,
      async handle({ params: { provider }, headers, body }) {
        const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
        const nowMs = deps.clock().getTime()
        const secret = settings.WHATSAPP_APP_SECRET
        if (provider === 'sendgrid' && key !== undefined)
          return keep(provider, () => readSendGrid(key, headers, raw, nowMs))
        if (provider === 'whatsapp' && secret !== undefined)
          return keep(provider, () => readWhatsApp(secret, headers, raw, nowMs))
        throw unknown(provider)
      },
    }),
    route({
      method: 'POST',
      url: `${path}/twilio`,
      operationId: 'receiveTwilioReceipt',
      summary: 'What became of a text message, told by Twilio',
      tag,
      access: 'public',
      query: Type.Object({ message: Type.String({ format: 'uuid' }) }, closed),
      streamBody: ['application/x-www-form-urlencoded'],
      idempotency: 'none',
      bodyLimitBytes: 20_000,
      limit,
      answers: { 200: Received },
      errors: refusals,
      async handle({ query, headers, body }) {
        const token = settings.TWILIO_AUTH_TOKEN
        const url = twilioCallback(settings, query.message)
        const raw = await bytesOf(body)
        if (token === undefined || url === undefined) throw unknown('twilio')
        return keep('twilio', () => readTwilio(token, url, headers, raw, deps.clock().getTime()))
      },
    }),
    route({
      method: 'GET',
      url: `${path}/whatsapp`,
      operationId: 'confirmWhatsAppWebhook',
      summary: 'Says to WhatsApp that this address is ours',
      description: 'Asked once, when the webhook is set up there.',
      tag,
      access: 'public',
      query: Type.Object(
        {
          'hub.mode': Type.Literal('subscribe'),
          'hub.verify_token': Type.String({ maxLength: 200 }),
          'hub.challenge': Type.String({ pattern: '^[0-9]{1,15}$' }),
        },
        closed,
      ),
      answers: { 200: Type.Integer() },
      errors: refusals,
      async handle({ query }) {
        const wanted = settings.WHATSAPP_VERIFY_TOKEN
        if (wanted === undefined) throw unknown('whatsapp')
        if (query['hub.verify_token'] !== wanted)
          throw errors.error('receipt-refused', 'This is not the token that was agreed.')
        return ok(Number(query['hub.challenge']))
      },
    }),
  ]
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body
  const parts: Buffer[] = []
  for await (const part of (body ?? []) as Readable) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
