import {
  accountRegistered,
  orderCancelled,
  orderConfirmed,
  orderReturned,
  orderShipped,
  paymentFailed,
  paymentRefunded,
  shopChanged,
  stockRanLow,
} from '@souk/contracts'
import { uuidv7 } from '@souk/postgres'
import { callRoute, operator, shopper, staff, type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { notifications } from './index.ts'
import { received, type TestNotifications, testNotifications } from './test-notifications.ts'

let database: TestDatabase
let desk: TestNotifications
beforeAll(async () => {
  database = await testDatabase([notifications])
})
afterAll(() => database.close())
beforeEach(() => {
  desk = testNotifications(database.open('notifications'))
})

const newId = () => uuidv7(Date.parse('2026-03-02T09:59:00Z'))
const confirmed = (orderId: string, customerId: string, shopId = newId()) =>
  received(orderConfirmed, {
    orderId,
    shopId,
    customerId,
    version: 2,
    confirmedAtMs: BigInt(Date.parse('2026-03-02T09:59:30Z')),
  })

const inboxOf = async (accountId: string, query = {}) => {
  const answer = await callRoute(desk.routes, 'listMyNotifications', { principal: shopper({ accountId }), query })
  return answer.body as { items: Record<string, unknown>[]; nextCursor: string | null }
}

describe('an order is confirmed', () => {
  test('the customer finds it in the inbox at once, with the name of the shop and the number of the order', async () => {
    const [customerId, shopId, orderId] = [newId(), newId(), newId()]
    await desk.consume(
      'shops',
      received(shopChanged, { shopId, version: 3n, name: 'Lamps & Co', ownerAccountId: newId() }),
    )
    await desk.consume('orders', confirmed(orderId, customerId, shopId))
    const { items } = await inboxOf(customerId)
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ kind: 'order-confirmed', channel: 'inbox', state: 'delivered', orderId, shopId })
    expect(items[0]?.subject).toBe(`Your order ${orderId.slice(-8).toUpperCase()} is confirmed`)
    expect(items[0]?.text).toContain('from Lamps & Co is confirmed')
  })

  test('hearing of it again tells nobody again', async () => {
    const [customerId, orderId] = [newId(), newId()]
    const event = confirmed(orderId, customerId)
    await desk.consume('orders', event, event)
    await desk.consume('orders', event)
    expect((await inboxOf(customerId)).items).toHaveLength(1)
  })

  test('two thousand at once are told each, with one statement', async () => {
    const customers = Array.from({ length: 2_048 }, newId)
    const db = database.open('notifications')
    let statements = 0
    const counting = {
      ...db,
      transaction: (body: never) =>
        db.transaction((tx) =>
          (body as (tx: unknown) => Promise<unknown>)({
            ...tx,
            run: (statement: never) => {
              statements += 1
              return tx.run(statement)
            },
          }),
        ),
    } as typeof db
    const counted = testNotifications(counting)
    await counted.consume('orders', ...customers.map((customerId) => confirmed(newId(), customerId)))
    expect(statements).toBe(1)
    const [row] = await database.query<{ n: string }>(
      'select count(*) as n from notifications.paged_messages where customer_id = any($1)',
      [customers],
    )
    expect(Number(row?.n)).toBe(2_048)
    expect(counted.metrics.value('souk_messages_recorded_total', { kind: 'order-confirmed', channel: 'inbox' })).toBe(
      2_048,
    )
  })
})

describe('what else happens to an order', () => {
  test('each shipment is told, with the way to follow it', async () => {
    const [customerId, orderId] = [newId(), newId()]
    const shipped = (complete: boolean, quantity: number) =>
      received(orderShipped, {
        orderId,
        customerId,
        shopId: newId(),
        shipmentId: newId(),
        complete,
        lines: [{ variantId: newId(), quantity }],
        carrier: 'DHL',
        trackingNumber: 'JD01',
        trackingUrl: 'https://carrier.example/JD01',
        shippedAtMs: 1_772_445_000_000n,
      })
    await desk.consume('orders', shipped(false, 1), shipped(true, 2))
    const texts = (await inboxOf(customerId)).items.map((item) => String(item.text))
    expect(texts.find((text) => text.includes('1 unit '))).toContain('The rest follows.')
    expect(texts.find((text) => text.includes('2 units '))).toContain('with DHL, number JD01.')
    expect(texts[0]).toContain('Follow the parcel: https://carrier.example/JD01')
  })

  test('a cancellation is told with its reason, unless the customer chose it', async () => {
    const [customerId, orderId] = [newId(), newId()]
    const cancelled = (reason: string) =>
      received(orderCancelled, { orderId, customerId, shopId: newId(), reason, cancelledAtMs: 1_772_445_000_000n })
    await desk.consume('orders', cancelled('customer'))
    expect((await inboxOf(customerId)).items).toHaveLength(0)
    await desk.consume('orders', cancelled('out-of-stock'))
    expect((await inboxOf(customerId)).items[0]?.text).toContain('no longer there')
  })

  test('a failed payment, a return and a refund are told in the money of the order', async () => {
    const [customerId, orderId, shopId] = [newId(), newId(), newId()]
    const about = { orderId, customerId, shopId }
    await desk.consume(
      'payments',
      received(paymentFailed, {
        ...about,
        paymentId: newId(),
        reason: 'declined',
        amountMinor: 4_999n,
        currencyCode: 'EUR',
        failedAtMs: 1_772_445_000_000n,
      }),
      received(paymentRefunded, {
        ...about,
        paymentId: newId(),
        refundId: newId(),
        amountMinor: 1_200n,
        currencyCode: 'JPY',
        cause: 'returned',
        refundedAtMs: 1_772_445_001_000n,
      }),
    )
    await desk.consume(
      'orders',
      received(orderReturned, {
        ...about,
        returnId: newId(),
        lines: [{ variantId: newId(), quantity: 3, restocked: true, refundMinor: 5n }],
        refundMinor: 1_234n,
        currencyCode: 'KWD',
        returnedAtMs: 1_772_445_002_000n,
      }),
    )
    const [returned, refunded, failed] = (await inboxOf(customerId)).items
    expect(failed?.text).toContain('€49.99 for your order')
    expect(refunded?.subject).toContain('¥1,200')
    expect(returned?.text).toContain('3 units')
    expect(returned?.text).toContain('1.234')
  })

  test('what is about an order is found by it, the oldest first', async () => {
    const [customerId, orderId] = [newId(), newId()]
    await desk.consume('orders', confirmed(orderId, customerId), confirmed(newId(), customerId))
    const { messagesAbout } = await import('./messages.sql.ts')
    expect(await messagesAbout(desk.deps.db.autocommit, customerId, orderId)).toHaveLength(1)
  })
})

test('a shop is told when its stock runs low, by the name of the product', async () => {
  const [ownerAccountId, shopId, productId] = [newId(), newId(), newId()]
  desk.shops.set(shopId, { name: 'Lamps', ownerAccountId })
  desk.titles.set(productId, 'Brass lamp')
  const low = () =>
    received(stockRanLow, {
      shopId,
      productId,
      variantId: newId(),
      onHand: 1n,
      alertLevel: 5n,
      noticedAtMs: 1_772_445_000_000n,
    })
  await desk.consume('stock', low(), low())
  const { items } = await inboxOf(ownerAccountId)
  expect(items).toHaveLength(2)
  expect(items[0]?.text).toContain('One unit is left on the shelves of Lamps.')
  expect(items[0]?.subject).toBe('Brass lamp is running low')
})

test('stock that runs low is told to the owner and to those who look after the stock, each once', async () => {
  const [owner, keeper, clerk, shopId] = [newId(), newId(), newId(), newId()]
  desk.shops.set(shopId, {
    name: 'Lamps',
    ownerAccountId: owner,
    staff: { inventory: [owner, keeper], orders: [owner, clerk] },
  })
  const low = received(stockRanLow, {
    shopId,
    productId: newId(),
    variantId: newId(),
    onHand: 1n,
    alertLevel: 5n,
    noticedAtMs: 1_772_445_000_000n,
  })
  await desk.consume('stock', low)
  await desk.consume('stock', low)
  const told = await Promise.all([owner, keeper, clerk].map(async (account) => (await inboxOf(account)).items))
  expect(told.map((items) => items.length)).toEqual([1, 1, 0])
  // Deliveries are known by the message's id alone: one id for two people would leave the second without his mail.
  expect(told[0]?.[0]?.messageId).not.toBe(told[1]?.[0]?.messageId)
})

describe('who may write to whom', () => {
  const send = (principal: Parameters<typeof callRoute>[2], body: object) =>
    callRoute(desk.routes, 'sendNotification', { ...principal, body })

  test('a shop writes to those it has told something before, and to nobody else', async () => {
    const [customerId, stranger, shopId] = [newId(), newId(), newId()]
    await desk.consume('orders', confirmed(newId(), customerId, shopId))
    const words = { subject: 'We move', text: 'From Monday we are next door.' }
    const me = { principal: staff(shopId, 'orders') }
    const refused = await send(me, { shopId, customerIds: [customerId, stranger], ...words })
    expect(refused).toMatchObject({ status: 404, body: { code: 'recipient-not-found', customerIds: [stranger] } })
    expect(await send(me, { shopId, customerIds: [customerId], ...words })).toMatchObject({ status: 201 })
    expect((await inboxOf(customerId)).items.map((item) => item.subject)).toContain('We move')
    expect(await send(me, { shopId: newId(), customerIds: [customerId], ...words })).toMatchObject({ status: 404 })
    expect(await send(me, { customerIds: [customerId], ...words })).toMatchObject({ status: 404 })
  })

  test('an operator writes to anybody who has an account', async () => {
    const accountId = newId()
    await desk.consume('accounts', received(accountRegistered, { accountId, email: 'a@b.example', name: 'Ada' }))
    const me = { principal: operator() }
    const body = { customerIds: [accountId], subject: 'Hello', text: '<b>Hi</b>', priority: 'low' }
    expect(await send(me, body)).toMatchObject({ status: 201 })
    expect(await send(me, { ...body, customerIds: [newId()] })).toMatchObject({ status: 404 })
  })

  test('a message that is not clear is refused with every fault', async () => {
    const me = { principal: operator() }
    const customerIds = [newId()]
    const faultsOf = async (body: object) =>
      ((await send(me, { customerIds, ...body })).body as { faults?: string[] }).faults
    expect(await faultsOf({ subject: 'Only that' })).toContain('give both a subject and a text')
    expect(await faultsOf({ kind: 'order-delivered' })).toEqual(['order is missing'])
    expect(await faultsOf({ kind: 'order-delivered', parameters: [{ name: 'order', count: 3 }] })).toEqual([
      'order must be a text',
    ])
    expect(await faultsOf({ kind: 'order-delivered', parameters: [{ name: 'order' }] })).toHaveLength(1)
  })
})

test('who wants no notices gets none, where nothing leaves the house too', async () => {
  const accountId = newId()
  await callRoute(desk.routes, 'setNotificationPreferences', {
    principal: shopper({ accountId }),
    body: { language: 'en', phone: null, pushToken: null, kinds: [{ kind: 'notice', channels: [] }] },
  })
  await callRoute(desk.routes, 'sendNotification', {
    principal: operator(),
    body: { customerIds: [accountId], subject: 'News', text: 'x' },
  })
  await desk.consume('orders', confirmed(newId(), accountId))
  expect((await inboxOf(accountId)).items).toMatchObject([{ kind: 'order-confirmed' }])
})

test('what is older than it is to be kept goes, with what failed of it', async () => {
  const customerId = newId()
  const id = uuidv7(Date.parse('2026-01-15T00:00:00Z'))
  await database.query('insert into notifications.messages (customer_id, id, kind, channel) values ($1, $2, 1, 1)', [
    customerId,
    id,
  ])
  await database.query(
    `insert into notifications.deliveries (message_id, customer_id, kind, channel, priority, state, due_at, failed_at)
     values ($1, $2, 1, 1, 1, 'failed', now(), now())`,
    [id, customerId],
  )
  const { tendPartitions } = await import('./messages.sql.ts')
  const tend = (keepFrom: string) =>
    desk.deps.db.transaction((tx) => tendPartitions(tx, new Date('2026-03-02T10:00:00Z'), new Date(keepFrom)))
  const left = () =>
    database.query(
      'select 1 from notifications.messages m join notifications.deliveries on message_id = m.id where m.id = $1',
      [id],
    )
  await tend('2026-01-20T00:00:00Z')
  expect(await left()).toHaveLength(1)
  await tend('2026-02-01T00:00:00Z')
  expect(await left()).toHaveLength(0)
})

test('a history is read page by page, the newest first', async () => {
  const customerId = newId()
  for (const at of [1, 2, 3])
    await desk.consume(
      'orders',
      received(orderConfirmed, {
        orderId: newId(),
        customerId,
        shopId: newId(),
        confirmedAtMs: BigInt(1_772_445_000_000 + at),
      }),
    )
  const first = await inboxOf(customerId, { limit: 2 })
  const second = await inboxOf(customerId, { limit: 2, cursor: first.nextCursor })
  const times = [...first.items, ...second.items].map((item) => String(item.recordedAt))
  expect(times).toEqual(times.toSorted().reverse())
  expect(times).toHaveLength(3)
  expect(second.nextCursor).toBeNull()
})

test('the latest of everybody are found by kind, channel and customer', async () => {
  const customerId = newId()
  await desk.consume('orders', confirmed(newId(), customerId))
  const recent = (query: object) =>
    callRoute(desk.routes, 'listRecentNotifications', { principal: operator(), query: { limit: 1, ...query } })
  expect(await recent({ customerId })).toMatchObject({ body: { items: [{ customerId, channel: 'inbox' }] } })
  expect(await recent({ customerId, kind: 'stock-low' })).toMatchObject({ body: { items: [] } })
  expect(await recent({ kind: 'order-confirmed' })).toMatchObject({ body: { items: [{ kind: 'order-confirmed' }] } })
})
