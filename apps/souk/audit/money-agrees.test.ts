import { orderCancelled, orderConfirmed, paymentsAuthorisedAtOnce } from '@souk/contracts'
import { createOutbox, newEvent } from '@souk/events'
import { uuidv7 } from '@souk/postgres'
import { eventually, testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openMarketplace } from '../marketplace.ts'
import { allServices } from '../services.ts'
import { moneyAgrees } from './money-agrees.ts'

const database = await testDatabase(allServices)
const marketplace = await openMarketplace({
  services: allServices,
  env: { DATABASE_URL: database.url, SOUK_SECRET: testSecret, SOUK_DEMO: 'off' },
  port: 0,
  onProgress: () => {},
  onFatal: () => {},
})
afterAll(async () => {
  await marketplace.stop()
  await database.close()
})

const id = () => uuidv7(Date.now())
const [shopId, customerId] = [id(), id()]

async function order(status: 'confirmed' | 'cancelled', method = 'wallet'): Promise<string> {
  const orderId = id()
  const placed = Date.now() - 600_000
  const history = JSON.stringify([
    ['placed', placed],
    [status, placed + 1],
  ])
  await database.query(
    `insert into orders.orders (order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method, placed_at, history)
     values ($1, $2, $3, $4, 2, 1999, 'EUR', $5, now(), $6)`,
    [orderId, shopId, customerId, status, method, history],
  )
  return orderId
}

const payment = (orderId: string, amount = 1_999) =>
  database.query(
    `insert into payments.payments (payment_id, shop_id, customer_id, amount_minor, captured_minor, version, commission_bp, tax_bp, method, currency, state, history)
     values ($1, $2, $3, $4, $4, 1, 0, 0, 'wallet', 'EUR', 'captured', '[["captured", 1790000000000]]')`,
    [orderId, shopId, customerId, amount],
  )

const of = { shopId, customerId, version: 2 }
const about = { occurredAtMs: Date.now(), correlationId: '' }

async function tell(service: 'orders' | 'payments', events: Parameters<ReturnType<typeof createOutbox>['append']>[1]) {
  const running = marketplace.running.services.find(({ definition }) => definition.name === service)
  const outbox = createOutbox({ wake: () => marketplace.eventLog.wake(service) })
  await running?.db.transaction((tx) => outbox.append(tx, events))
}

const things = { paid: '', unpaid: '', wrong: '', kept: '', elsewhere: '', stray: '' }

beforeAll(async () => {
  things.paid = await order('confirmed')
  things.unpaid = await order('confirmed')
  things.wrong = await order('confirmed')
  things.kept = await order('cancelled')
  things.elsewhere = await order('confirmed', 'external')
  things.stray = id()
  await payment(things.paid)
  await payment(things.wrong, 1_998)
  await payment(things.kept)
  await payment(things.stray)
  const confirmed = [things.paid, things.unpaid, things.wrong, things.elsewhere]
  await tell(
    'orders',
    confirmed.map((orderId) => newEvent(orderConfirmed, { orderId, ...of, confirmedAtMs: 0n }, about)),
  )
  await tell('payments', [
    newEvent(
      paymentsAuthorisedAtOnce,
      { shopId, payments: [{ orderId: things.stray }, { orderId: things.paid }] },
      about,
    ),
  ])
})

const messages = () =>
  new Map([
    [`order ${things.unpaid}`, 'is confirmed, and nothing was paid or promised for it'],
    [`order ${things.wrong}`, 'costs 1999 EUR by wallet, and its payment is of 1998 EUR by wallet'],
    [`order ${things.kept}`, 'is cancelled, and of 1999 EUR collected 1999 was not given back'],
    [`order ${things.stray}`, 'is not there, but 1999 EUR was collected for it and kept'],
  ])

const found = async (full: boolean) => {
  const { findings } = await moneyAgrees(marketplace, { full, maxFindings: 20 })
  return new Map(findings.map(({ subject, message }) => [subject, message]))
}

test('the audit names every order whose money is not what it should be, and every payment without an order', async () => {
  expect(await found(true)).toEqual(messages())
})

test('looking at what was lately announced it finds the same, and what was cancelled once that is announced', async () => {
  const lately = messages()
  lately.delete(`order ${things.kept}`)
  await eventually(async () => expect(await found(false)).toEqual(lately))
  // What the saga gives back for it is money again that nobody keeps.
  await tell('orders', [newEvent(orderCancelled, { orderId: things.kept, ...of, reason: 'shop' }, about)])
  await eventually(async () => expect(await found(false)).toEqual(lately))
  expect(await found(true)).toEqual(lately)
})
