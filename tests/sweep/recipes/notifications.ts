import { createHmac, randomUUID } from 'node:crypto'
import { eventually, testSecret } from '@souk/testing'
import type { World } from '../world.ts'
import { anybody, keeper, operator, type Recipes, shopper } from './recipe.ts'

/** A message to the customer of shop A that no provider would take. */
async function failedMessage(world: World): Promise<{ params: { messageId: string } }> {
  const messageId = randomUUID()
  const { accountId } = world.a.customer
  await world.query(
    `insert into notifications.messages (customer_id, id, kind, channel, parameters)
     values ($1, $2, 10, 1, '{"title":"A","text":"B"}')`,
    [accountId, messageId],
  )
  await world.query(
    `insert into notifications.deliveries (message_id, customer_id, kind, channel, priority, state, due_at, failed_at)
     values ($1, $2, 10, 1, 2, 'failed', now(), now())`,
    [messageId, accountId],
  )
  return { params: { messageId } }
}

/** As WhatsApp signs it. */
function fromWhatsApp(body: object) {
  const text = JSON.stringify(body)
  const signature = createHmac('sha256', testSecret).update(text).digest('hex')
  return { params: { provider: 'whatsapp' }, body: text, headers: { 'x-hub-signature-256': `sha256=${signature}` } }
}
/** As Twilio signs it: the address it was told, and the fields of its form. */
function fromTwilio(message: string) {
  const url = `https://sweep.example/v1/notifications/webhooks/twilio?message=${message}`
  const signature = createHmac('sha1', testSecret).update(`${url}MessageStatusdelivered`).digest('base64')
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature }
  return { query: { message }, body: 'MessageStatus=delivered', headers }
}

const settings = keeper('settings')
const words = { channel: 'email', language: 'en', subject: 'Order {order}', body: '# {shop}\n\nYou get {refund} back.' }
const kind = 'order-returned'
const parameters = [
  { name: 'order', text: '3F7A9C21' },
  { name: 'units', count: 2 },
  { name: 'refund', amount: { amountMinor: 1_999, currency: 'EUR' } },
]

export const notificationRecipes: Recipes = {
  sendNotification: keeper('orders')(201, async (world) => {
    const { shopId, customer } = world.a
    const body = { shopId, customerIds: [customer.accountId], kind, parameters }
    // A shop writes to those it has told something: the customer's order must have been confirmed and told.
    await eventually(() => world.do(world.a.staff.orders, 'POST', '/v1/notifications', body), {
      timeoutMs: 15_000,
      everyMs: 100,
    })
    return { body }
  }),
  listMyNotifications: shopper(200, () => ({ query: { limit: 5 } })),
  listCustomerNotifications: operator(200, ({ a }) => ({
    params: { customerId: a.customer.accountId },
    query: { limit: 5 },
  })),
  listRecentNotifications: operator(200, ({ a }) => ({
    query: { limit: 5, kind: 'order-confirmed', channel: 'inbox', customerId: a.customer.accountId },
  })),
  listFailedNotifications: operator(200, () => ({ query: { limit: 5 } })),
  replayNotification: operator(204, failedMessage),
  discardNotification: operator(204, async (world) => ({
    ...(await failedMessage(world)),
    body: { reason: 'Told by telephone.' },
  })),
  receiveMessageReceipts: anybody(200, () => fromWhatsApp({ entry: [] })),
  receiveTwilioReceipt: anybody(200, () => fromTwilio(randomUUID())),
  confirmWhatsAppWebhook: anybody(200, () => ({
    query: { 'hub.mode': 'subscribe', 'hub.verify_token': testSecret, 'hub.challenge': '42' },
  })),
  getNotificationPreferences: shopper(200),
  setNotificationPreferences: shopper(200, () => ({
    body: {
      language: 'de',
      phone: '+491701234567',
      pushToken: 'device:token_1234567890',
      kinds: [{ kind: 'notice', channels: ['inbox', 'sms', 'push'] }],
    },
  })),
  listTemplates: settings(200, ({ a: { shopId } }) => ({ query: { shopId } })),
  listTemplateVersions: settings(200, ({ a: { shopId } }) => ({
    params: { kind },
    query: { shopId, channel: 'email', language: 'en', limit: 5 },
  })),
  publishTemplate: settings(201, ({ a: { shopId } }) => ({
    params: { kind },
    body: { shopId, ...words },
  })),
  previewTemplate: settings(200, ({ a: { shopId } }) => ({
    params: { kind },
    body: { shopId, ...words, parameters },
  })),
}
