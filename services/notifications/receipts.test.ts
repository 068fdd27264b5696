import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { DomainError } from '@souk/errors'
import { type Database, uuidv7 } from '@souk/postgres'
import {
  callRoute,
  fakeMetrics,
  manualClock,
  memoryLog,
  operator,
  type TestDatabase,
  testDatabase,
} from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { notifications } from './index.ts'
import { messageMeters } from './metrics.ts'
import { recordReceipts } from './messages.sql.ts'
import type { Receipt } from './receipts.ts'
import { receiptRoutes, twilioCallback } from './routes-receipts.ts'
import { testNotifications } from './test-notifications.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const settings = {
  SENDGRID_WEBHOOK_KEY: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  TWILIO_AUTH_TOKEN: 'the token of twilio',
  MESSAGES_PUBLIC_URL: 'https://souk.example/',
  WHATSAPP_APP_SECRET: 'the secret of the app',
  WHATSAPP_VERIFY_TOKEN: 'made up by us',
}
const nothing = {
  SENDGRID_WEBHOOK_KEY: undefined,
  TWILIO_AUTH_TOKEN: undefined,
  MESSAGES_PUBLIC_URL: undefined,
  WHATSAPP_APP_SECRET: undefined,
  WHATSAPP_VERIFY_TOKEN: undefined,
}
const time = manualClock(new Date('2026-03-02T10:00:00Z'))
const metrics = fakeMetrics()
let database: TestDatabase
let db: Database
let routes: ReturnType<typeof receiptRoutes>
let desk: ReturnType<typeof testNotifications>

beforeAll(async () => {
  database = await testDatabase([notifications])
  db = database.open('notifications')
  desk = testNotifications(db)
  routes = receiptRoutes({ db, clock: time.clock, log: memoryLog(), meters: messageMeters(metrics) }, settings)
})
afterAll(() => database.close())

/** A message that went out by e-mail a minute ago. */
async function sent(channel = 1) {
  const [customerId, messageId] = [uuidv7(0), uuidv7(time.clock().getTime() - 60_000)]
  await database.query(
    `insert into notifications.messages (customer_id, id, kind, channel, parameters, sent_at, outcome)
     values ($1, $2, 10, $3, '{"title":"A","text":"B"}', $4, 'sent by sendgrid as x1')`,
    [customerId, messageId, channel, time.clock()],
  )
  return { customerId, messageId }
}
const shown = async ({ customerId }: { customerId: string }) => {
  const call = { principal: operator(), params: { customerId } }
  const { body } = await callRoute(desk.routes, 'listCustomerNotifications', call)
  const [message] = (body as { items: { state: string; detail: string; arrivedAt: string | null }[] }).items
  return message
}
/** A body of bytes, as the edge hands it over. */
async function tell(operationId: string, given: object, to = routes) {
  const route = to.find((each) => each.operationId === operationId)
  try {
    return await route?.handle({ params: {}, query: {}, headers: {}, ...given } as never)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { status: error.row.status, body: { code: error.code } }
  }
}
const seconds = Math.floor(time.clock().getTime() / 1_000)

const sendGrid = (events: unknown, key = privateKey) => {
  const body = Buffer.from(JSON.stringify(events))
  const timestamp = String(seconds)
  const signature = sign('sha256', Buffer.concat([Buffer.from(timestamp), body]), key).toString('base64')
  const headers = {
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  }
  return tell('receiveMessageReceipts', { params: { provider: 'sendgrid' }, headers, body })
}
const whatsApp = (statuses: unknown, secret = settings.WHATSAPP_APP_SECRET) => {
  const body = Buffer.from(JSON.stringify({ entry: [{ changes: [{ value: { statuses } }] }] }))
  const headers = { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
  return tell('receiveMessageReceipts', { params: { provider: 'whatsapp' }, headers, body })
}
const twilio = (message: string, form: Record<string, string>, signedFor = message) => {
  const fields = Object.keys(form)
    .sort()
    .map((name) => `${name}${form[name]}`)
    .join('')
  const signature = createHmac('sha1', settings.TWILIO_AUTH_TOKEN)
    .update(`${twilioCallback(settings, signedFor)}${fields}`)
    .digest('base64')
  const body = Buffer.from(new URLSearchParams(form).toString())
  return tell('receiveTwilioReceipt', {
    query: { message },
    headers: { 'x-twilio-signature': signature },
    body,
  })
}

describe('what a provider says of a message is shown in its history', () => {
  test('an e-mail that SendGrid delivered, and one that came back', async () => {
    const [good, bad] = [await sent(), await sent()]
    expect(await shown(good)).toMatchObject({ state: 'sent', arrivedAt: null })
    const answer = await sendGrid([
      { event: 'processed', message_id: good.messageId, timestamp: seconds },
      { event: 'delivered', message_id: good.messageId, timestamp: seconds },
      {
        event: 'bounce',
        type: 'blocked',
        reason: '550 no <a@b.example>',
        message_id: bad.messageId,
        timestamp: seconds,
      },
      { event: 'delivered', timestamp: seconds },
    ])
    expect(answer).toMatchObject({ status: 200, body: { received: 2 } })
    expect(await shown(good)).toMatchObject({ state: 'delivered', arrivedAt: new Date(seconds * 1_000).toISOString() })
    const back = await shown(bad)
    expect(back).toMatchObject({
      state: 'bounced',
      detail: 'sent by sendgrid as x1, came back (blocked)',
      arrivedAt: null,
    })
  })
  test('a text message that Twilio delivered, and one it could not', async () => {
    const [good, bad] = [await sent(2), await sent(2)]
    const status = { MessageSid: 'SM1', To: '+491701234567' }
    expect((await twilio(good.messageId, { ...status, MessageStatus: 'delivered' }))?.body).toEqual({ received: 1 })
    await twilio(bad.messageId, { ...status, MessageStatus: 'undelivered', ErrorCode: '30003' })
    expect((await twilio(good.messageId, { ...status, MessageStatus: 'sent' }))?.body).toEqual({ received: 0 })
    expect(await shown(good)).toMatchObject({ state: 'delivered' })
    expect(await shown(bad)).toMatchObject({
      state: 'bounced',
      detail: 'sent by sendgrid as x1, came back (error 30003)',
    })
  })
  test('what WhatsApp read, or could not hand over', async () => {
    const [good, bad] = [await sent(3), await sent(3)]
    await whatsApp([
      { id: 'wamid.1', status: 'read', timestamp: String(seconds), biz_opaque_callback_data: good.messageId },
      { status: 'failed', timestamp: '1', biz_opaque_callback_data: bad.messageId, errors: [{ code: 131_026 }] },
    ])
    expect([(await shown(good))?.state, (await shown(bad))?.state]).toEqual(['delivered', 'bounced'])
  })
})

test('news may come twice and in any order: who came back stays so, and nothing is unread again', async () => {
  const message = await sent()
  const say = (state: Receipt['state']) =>
    recordReceipts(db.autocommit, [{ messageId: message.messageId, state, atMs: 1, detail: '' }])
  expect([await say('read'), await say('delivered'), await say('read')]).toEqual([1, 0, 0])
  expect([await say('bounced'), await say('read')]).toEqual([1, 0])
  expect(await shown(message)).toMatchObject({ state: 'bounced' })
})

describe('nobody else tells us anything', () => {
  test('a signature of another, a body changed, a message in another’s address: all are refused and change nothing', async () => {
    const message = await sent(2)
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const event = [{ event: 'delivered', message_id: message.messageId, timestamp: seconds }]
    const answers = [
      await sendGrid(event, other),
      await whatsApp([{ status: 'read', biz_opaque_callback_data: message.messageId }], 'another'),
      await twilio(message.messageId, { MessageStatus: 'delivered' }, uuidv7(0)),
      await tell('receiveMessageReceipts', { params: { provider: 'sendgrid' }, body: Buffer.from('[]') }),
    ]
    expect(answers.map((answer) => (answer?.body as { code: string } | undefined)?.code)).toEqual(
      Array(4).fill('receipt-refused'),
    )
    expect(await shown(message)).toMatchObject({ state: 'sent' })
    expect(metrics.value('souk_message_receipts_total', { provider: 'sendgrid', what: 'refused' })).toBe(2)
  })
  test.each([[null], ['x'], [{}], [[null, 1, { event: {} }, { event: 'delivered', message_id: 7 }]]])(
    'signed nonsense says nothing: %j',
    async (body) => expect((await sendGrid(body))?.body).toEqual({ received: 0 }),
  )
  test('a provider whose secret nobody set is not listened to', async () => {
    const deaf = receiptRoutes({ db, clock: time.clock, log: memoryLog(), meters: messageMeters(metrics) }, nothing)
    for (const provider of ['sendgrid', 'whatsapp'])
      expect(
        await tell('receiveMessageReceipts', { params: { provider }, body: Buffer.from('[]') }, deaf),
      ).toMatchObject({
        status: 404,
      })
    const query = { message: uuidv7(0) }
    expect((await tell('receiveTwilioReceipt', { query, body: Buffer.alloc(0) }, deaf))?.status).toBe(404)
  })
})

test('WhatsApp is given back its number when it knows what was agreed', async () => {
  const ask = (token: string) =>
    callRoute(routes, 'confirmWhatsAppWebhook', {
      query: { 'hub.mode': 'subscribe', 'hub.verify_token': token, 'hub.challenge': '1158201444' },
    })
  expect(await ask(settings.WHATSAPP_VERIFY_TOKEN)).toMatchObject({ status: 200, body: 1_158_201_444 })
  expect((await ask('guessed')).status).toBe(400)
})
