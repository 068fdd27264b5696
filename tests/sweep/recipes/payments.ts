import { createHmac, randomUUID } from 'node:crypto'
import { testProviderSecrets } from '@souk/stand-ins'
import { eventually, testSecret } from '@souk/testing'
import type { World } from '../world.ts'
import { freshOrder } from './fresh.ts'
import { anybody, keeper, operator, type Recipes, shopper } from './recipe.ts'

const orders = keeper('orders')

/** An order whose money has been promised: cash, to be collected at the door. */
async function promised(world: World): Promise<string> {
  const orderId = await freshOrder(world)
  const path = `/v1/orders/${orderId}/payments`
  await eventually(() => world.do(world.a.customer, 'GET', path), { timeoutMs: 60_000, everyMs: 50 })
  return orderId
}

/** An order that the test provider knows: webhooks about others would be kept, and looked at again and again. */
async function paidByCard(world: World): Promise<string> {
  const { a } = world
  const lines = [{ variantId: a.variantId, quantity: 1 }]
  const wish = { lines, paymentMethod: 'card', paymentToken: 'tok_ok' }
  const { id } = await world.do<{ id: string }>(a.customer, 'POST', '/v1/orders', wish)
  await eventually(
    async () => {
      const { status } = await world.do<{ status: string }>(a.customer, 'GET', `/v1/payments/${id}`)
      if (status !== 'captured') throw new Error(`the payment is ${status}`)
    },
    { timeoutMs: 60_000, everyMs: 50 },
  )
  return id
}

async function collected(world: World): Promise<string> {
  const paymentId = await promised(world)
  await world.do(world.a.staff.orders, 'POST', `/v1/payments/${paymentId}/capture`)
  return paymentId
}

/** As the test provider signs it. */
function signed(body: object) {
  const text = JSON.stringify(body)
  const seconds = Math.floor(Date.now() / 1_000)
  const { webhookSecret } = testProviderSecrets(testSecret)
  const signature = createHmac('sha256', webhookSecret).update(`${seconds}.${text}`).digest('hex')
  return { body: text, headers: { 'souk-test-signature': `t=${seconds},v1=${signature}` } }
}

export const paymentRecipes: Recipes = {
  listOrderPayments: shopper(200, ({ a: { orderId } }) => ({ params: { orderId } })),
  getPayment: shopper(200, ({ a: { orderId } }) => ({ params: { paymentId: orderId } })),
  listShopPayments: orders(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  refundPayment: orders(201, async (world) => ({
    params: { paymentId: await collected(world) },
    body: { amountMinor: 100, reason: 'A scratch.' },
  })),
  capturePayment: orders(200, async (world) => ({ params: { paymentId: await promised(world) } })),
  voidPayment: orders(200, async (world) => ({ params: { paymentId: await promised(world) } })),
  getMyWallet: shopper(200, () => ({ query: { limit: 5 } })),
  receivePaymentWebhook: anybody(200, async (world) => {
    const reference = await paidByCard(world)
    return {
      params: { provider: 'test' },
      ...signed({ id: randomUUID(), kind: 'payment.captured', reference, occurredAtMs: Date.now() }),
    }
  }),
  creditWallet: operator(201, ({ a: { customer } }) => ({
    params: { customerId: customer.accountId },
    body: { amountMinor: 500, currency: 'EUR', note: 'Sorry for the wait.' },
  })),
  getLedgerBalances: operator(200, ({ a: { shopId } }) => ({ query: { shopId } })),
  reconcilePayments: operator(200, () => ({
    query: { provider: 'test', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
  })),
  listTroubledPayments: operator(200, () => ({ query: { limit: 5 } })),
}
