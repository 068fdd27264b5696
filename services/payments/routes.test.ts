import { randomUUID } from 'node:crypto'
import type { Principal } from '@souk/http'
import { callRoute, operator, shopper, staff, testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { paymentRoutes } from './routes.ts'
import { auditAll } from './test-audit.ts'
import { paymentsWorld } from './test-payments.ts'

const database = await testDatabase([{ name: 'payments', migrations: new URL('./migrations/', import.meta.url) }])
const db = database.open('payments')
afterAll(() => database.close())

function shop() {
  const world = paymentsWorld(db)
  const routes = paymentRoutes({
    ...world.deps,
    webhooks: { ...world.deps, onWebhook: () => {} },
    wakeWebhooks: () => {},
  })
  const customerId = randomUUID()
  const customer = shopper({ accountId: customerId })
  const keeper = staff(world.shopId, 'orders')
  const call = (name: string, principal: Principal, given: Parameters<typeof callRoute>[2] = {}) =>
    callRoute(routes, name, { principal, ...given })
  return { ...world, customerId, customer, keeper, call, asked: (given = {}) => world.asked({ customerId, ...given }) }
}

describe('how an order is paid', () => {
  test('is for its customer, its shop and operators; to anybody else there is none', async () => {
    const { asked, call, customer, keeper, shopId } = shop()
    const orderId = await asked()
    const params = { orderId }
    for (const who of [customer, keeper, operator()])
      expect(await call('listOrderPayments', who, { params })).toMatchObject({
        status: 200,
        body: { items: [{ orderId, status: 'authorised', amountMinor: 1_999 }] },
      })
    for (const who of [shopper(), staff(randomUUID(), 'orders'), staff(shopId, 'catalog')])
      expect(await call('listOrderPayments', who, { params })).toMatchObject({ status: 404 })
  })

  test('tells the customer alone where to pay', async () => {
    const { asked, call, customer, keeper, memory, dispatch } = shop()
    memory.troubles.push('ask-customer')
    const paymentId = await asked({ method: 'card' })
    await dispatch()
    const urlFor = async (who: Principal) =>
      ((await call('getPayment', who, { params: { paymentId } })).body as { redirectUrl: string | null }).redirectUrl
    expect(await urlFor(customer)).toMatch(/^https:\/\/pay.example/)
    expect(await urlFor(keeper)).toBeNull()
  })

  test('is looked up when its customer comes back from the provider, whose webhook got lost; not at every glance', async () => {
    const { asked, call, customer, keeper, memory, dispatch, state, clock } = shop()
    memory.troubles.push('ask-customer')
    const orderId = await asked({ method: 'card' })
    await dispatch()
    const looks = () => memory.calls.filter((what) => what === 'find').length
    const glance = async (who: Principal) => {
      await call('listOrderPayments', who, { params: { orderId } })
      await dispatch()
    }
    await glance(keeper)
    expect(looks()).toBe(0)
    for (let time = 0; time < 5; time += 1) await glance(customer)
    expect([looks(), await state(orderId)]).toEqual([1, 'pending'])
    memory.pays(orderId)
    clock.now = new Date(clock.now.getTime() + 3_000)
    await glance(customer)
    expect([looks(), await state(orderId)]).toEqual([2, 'captured'])
  })

  test('an order given back before it was paid shows nothing to anybody', async () => {
    const { giveBack, call, keeper } = shop()
    const orderId = randomUUID()
    await giveBack(orderId)
    for (const who of [keeper, operator()])
      expect(await call('listOrderPayments', who, { params: { orderId } })).toMatchObject({ status: 404 })
  })
})

describe('a refund', () => {
  test('is asked for by the shop, in part or whole, once under its key', async () => {
    const { asked, call, keeper, dispatch, memory, settle } = shop()
    const paymentId = await asked({ method: 'card', token: 'tok_1' })
    await dispatch()
    const refund = (body: object, idempotencyKey = randomUUID()) =>
      call('refundPayment', keeper, { params: { paymentId }, body, idempotencyKey })
    const key = randomUUID()
    for (let time = 0; time < 3; time += 1)
      expect(await refund({ amountMinor: 500, reason: 'A scratch.' }, key)).toMatchObject({
        status: 201,
        body: { refundedMinor: 500, refunds: [{ amountMinor: 500, to: 'provider', state: 'waiting' }] },
      })
    expect(await refund({ amountMinor: 1_500 })).toMatchObject({
      status: 409,
      body: { code: 'refund-too-large', leftMinor: 1_499 },
    })
    expect(await refund({})).toMatchObject({ status: 201, body: { status: 'refunded' } })
    await settle(2)
    expect(memory.of(paymentId).refundedMinor).toBe(1_999)
  })

  test('of nothing collected is refused; nor may a customer or another shop ask for one', async () => {
    const { asked, call, keeper, customer } = shop()
    const paymentId = await asked()
    const refund = (who: Principal) => call('refundPayment', who, { params: { paymentId }, body: {} })
    expect(await refund(keeper)).toMatchObject({
      status: 409,
      body: { code: 'illegal-payment-move', state: 'authorised' },
    })
    expect(await refund(customer)).toMatchObject({ status: 403 })
    expect(await refund(staff(randomUUID(), 'orders'))).toMatchObject({ status: 404 })
  })

  test('whose reason holds a card number is refused', async () => {
    const { asked, call, keeper } = shop()
    const paymentId = await asked()
    const body = { reason: 'to 4242 4242 4242 4242' }
    expect(await call('refundPayment', keeper, { params: { paymentId }, body })).toMatchObject({
      status: 422,
      body: { code: 'text-holds-card-number' },
    })
  })
})

test('promised cash is collected or let go of by the shop, once', async () => {
  const { asked, call, keeper } = shop()
  const params = { paymentId: await asked() }
  expect(await call('capturePayment', keeper, { params })).toMatchObject({ status: 200, body: { status: 'captured' } })
  expect(await call('voidPayment', keeper, { params })).toMatchObject({ status: 409 })
  const other = { paymentId: await asked() }
  expect(await call('voidPayment', keeper, { params: other })).toMatchObject({
    status: 200,
    body: { status: 'voided' },
  })
  expect(await call('capturePayment', keeper, { params: other })).toMatchObject({ status: 409 })
})

test('a shop sees all its payments, a page at a time, those asked for last first', async () => {
  const { ask, authorise, call, keeper, shopId, clock } = shop()
  const asked: string[] = []
  for (let batch = 0; batch < 4; batch += 1) {
    const asks = Array.from({ length: 3 }, () => ask())
    await authorise(...asks)
    asked.push(...asks.map(({ orderId }) => orderId))
    clock.now = new Date(clock.now.getTime() + 10)
  }
  const seen: string[] = []
  for (let cursor: string | undefined; ; ) {
    const answer = await call('listShopPayments', keeper, {
      params: { shopId },
      query: { limit: 5, ...(cursor !== undefined && { cursor }) },
    })
    const { items, nextCursor } = answer.body as { items: { id: string }[]; nextCursor: string | null }
    seen.push(...items.map(({ id }) => id))
    if (nextCursor === null) break
    cursor = nextCursor
  }
  expect(seen).toEqual(asked.toReversed())
})

test('a wallet says what it holds and why, and is filled by operators alone', async () => {
  const { call, customer, customerId, asked, clock } = shop()
  const body = { amountMinor: 3_000, currency: 'EUR', note: 'Sorry.' }
  const params = { customerId }
  expect(await call('creditWallet', customer, { params, body })).toMatchObject({ status: 403 })
  const key = randomUUID()
  for (let time = 0; time < 2; time += 1)
    expect(
      await call('creditWallet', operator({ accountId: customerId }), { params, body, idempotencyKey: key }),
    ).toMatchObject({
      status: 201,
      body: { balanceMinor: 3_000 },
    })
  clock.now = new Date(clock.now.getTime() + 1)
  await asked({ method: 'wallet', amountMinor: 1_000 })
  expect(await call('getMyWallet', customer, { query: {} })).toMatchObject({
    body: {
      balances: [{ currency: 'EUR', balanceMinor: 2_000 }],
      items: [
        { amountMinor: -1_000, cause: 'payment' },
        { amountMinor: 3_000, cause: 'credit', note: 'Sorry.' },
      ],
    },
  })
})

test('the ledger of a shop sums to zero, and everything is audited', async () => {
  const { asked, call, shopId, change } = shop()
  await change(await asked(), { do: 'collect' })
  const { body } = await call('getLedgerBalances', operator(), { query: { shopId } })
  const { items } = body as { items: { account: string; balanceMinor: number }[] }
  expect(Object.fromEntries(items.map(({ account, balanceMinor }) => [account, balanceMinor]))).toEqual({
    cash: 1_999,
    commission: -199,
    orders: 0,
    receivable: 0,
    'shop-payable': -1_800,
  })
  expect(await auditAll(db)).toEqual([])
  expect(await auditAll(db, Date.now() - 1_000)).toEqual([])
})
