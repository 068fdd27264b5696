import { orderConfirmed, orderShipped } from '@souk/contracts'
import { MessageService } from '@souk/contracts/notifications'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { callRoute, operator, shopper, staff, type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { messageAudits } from './audits.ts'
import { notifications } from './index.ts'
import { leastInPage, paginate } from './message-pages.ts'
import { messageId } from './message.ts'
import { tendPartitions } from './messages.sql.ts'
import { messageRpc } from './rpc.ts'
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
const noon = Date.parse('2026-03-02T12:00:00Z')
type Told = { orderId: string; customerId: string; shopId: string }

/** So many orders of customers nobody else has, all confirmed at one instant. */
const rush = (count: number, shops = [newId()]): Told[] =>
  Array.from({ length: count }, (_, place) => ({
    orderId: newId(),
    customerId: newId(),
    shopId: shops[place % shops.length] as string,
  }))
const confirmedAt = (atMs: number, orders: readonly Told[]) =>
  orders.map((order) => received(orderConfirmed, { ...order, version: 2, confirmedAtMs: BigInt(atMs) }))
const hear = (atMs: number, orders: readonly Told[]) => desk.consume('orders', ...confirmedAt(atMs, orders))

type Page = { items: { messageId: string; orderId: string; shopId: string; kind: string }[]; nextCursor: string | null }
const inboxOf = async (accountId: string, query = {}) =>
  (await callRoute(desk.routes, 'listMyNotifications', { principal: shopper({ accountId }), query })).body as Page
const recent = async (query = {}) =>
  (await callRoute(desk.routes, 'listRecentNotifications', { principal: operator(), query })).body as Page
const rowsOf = async (orders: readonly Told[]) =>
  database.query('select 1 from notifications.messages where about_id = any($1)', [orders.map((each) => each.orderId)])

/** The orders that the audit says somebody was told of more than once. */
async function toldTwice(sinceMs: number | undefined): Promise<string[]> {
  const scope = { since: undefined, sinceMs, maxFindings: 1_000 }
  const result = await messageAudits[0]?.run(desk.deps.db.autocommit, scope)
  return (result?.findings ?? []).map(({ subject }) => subject).toSorted()
}

describe('many orders confirmed at once', () => {
  test('are told in pages, and each customer finds his own message as if it had a row', async () => {
    const orders = rush(500)
    await hear(noon, orders)
    expect(await rowsOf(orders)).toHaveLength(0)
    for (const { customerId, orderId, shopId } of [orders[0], orders[239], orders[240], orders[499]] as Told[])
      expect((await inboxOf(customerId)).items).toMatchObject([
        { messageId: messageId(noon, 1, 0, orderId), orderId, shopId, kind: 'order-confirmed', state: 'delivered' },
      ])
  })

  test('of several shops are told with the shop each was bought from', async () => {
    const orders = rush(400, [newId(), newId(), newId()])
    await hear(noon, orders)
    for (const { customerId, shopId } of orders.slice(158, 164))
      expect((await inboxOf(customerId)).items).toMatchObject([{ shopId }])
  })

  test('fill a block of the disk at most with every page', async () => {
    await hear(noon, rush(2_048))
    await hear(noon, rush(2_048, [newId(), newId()]))
    const [wide] = await database.query<{ bytes: number }>(
      'select max(pg_column_size(p.*))::int as bytes from notifications.message_pages p',
    )
    expect(wide?.bytes).toBeLessThan(8_100)
  })

  test('a few are rows, with all that has words of its own', () => {
    const telling = (atMs: number) => {
      const { orderId, customerId, shopId } = rush(1)[0] as Told
      const about = { customerId, causeId: orderId, aboutId: orderId, shopId, occurredAtMs: atMs, parameters: null }
      return { kind: 'order-confirmed', ...about } as const
    }
    const many = Array.from({ length: leastInPage }, () => telling(noon))
    const worded = { ...telling(noon), parameters: { order: 'A' } }
    const { pages, others } = paginate([...many, telling(noon + 1), worded])
    expect(pages.map(({ atMs, orders }) => [atMs, orders.length])).toEqual([[noon, leastInPage]])
    expect(others).toHaveLength(2)
  })
})

describe('a message in a page', () => {
  test('is told once, in whatever company its event is heard again', async () => {
    const orders = rush(200)
    const first = orders[0] as Told
    await hear(noon, orders)
    await hear(noon, orders.slice(0, 3))
    await hear(noon, [...orders.slice(0, 80), ...rush(100)])
    expect((await inboxOf(first.customerId)).items).toHaveLength(1)
    expect(await toldTwice(undefined)).toEqual([])
  })

  test('heard twice hides none of those before it, in nobody’s list', async () => {
    const customerId = newId()
    const mine = rush(8).map((order) => ({ ...order, customerId }))
    const atMs = noon + 3_600_000
    for (const [index, order] of mine.entries())
      for (const company of [rush(70), rush(70)]) await hear(atMs + index, [...company, order])
    const newest = mine.map(({ orderId }) => orderId).toReversed()
    const first = await inboxOf(customerId, { limit: 5 })
    expect(first.items.map(({ orderId }) => orderId)).toEqual(newest.slice(0, 5))
    const second = await inboxOf(customerId, { limit: 5, cursor: first.nextCursor })
    expect(second.items.map(({ orderId }) => orderId)).toEqual(newest.slice(5))
    const again = rush(70)
    await hear(atMs + 60_000, again)
    await hear(atMs + 60_000, again)
    const { items } = await recent({ limit: 100 })
    expect(new Set(items.map(({ orderId }) => orderId)).size).toBe(100)
  })

  test('under another id is one too many: the audit names the order', async () => {
    const orders = rush(100)
    await hear(noon, orders)
    await hear(noon + 1, orders.slice(0, leastInPage))
    const twice = orders.slice(0, leastInPage).map(({ orderId }) => orderId)
    expect(await toldTwice(noon - 1)).toEqual(twice.toSorted())
    await database.query('delete from notifications.message_pages where at_ms = $1', [noon + 1])
  })

  test('stands between those with rows of their own, page by page of the history, none twice and none left out', async () => {
    const customerId = newId()
    const mine = rush(6).map((order) => ({ ...order, customerId }))
    for (const [index, order] of mine.entries())
      await hear(noon + index * 1_000, index % 2 === 0 ? [order] : [...rush(100), order])
    // Two of one instant, in one page.
    const twins = rush(2).map((order) => ({ ...order, customerId }))
    await hear(noon + 60_000, [...rush(100), ...twins])
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Page = await inboxOf(customerId, { limit: 3, ...(cursor !== null && { cursor }) })
      seen.push(...page.items.map(({ orderId }) => orderId))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen.slice(2)).toEqual(mine.map(({ orderId }) => orderId).toReversed())
    expect(new Set(seen.slice(0, 2))).toEqual(new Set(twins.map(({ orderId }) => orderId)))
  })

  test('is in the timeline of its order, beside what came later', async () => {
    const orders = rush(100)
    const { orderId, customerId, shopId } = orders[7] as Told
    await hear(noon, orders)
    const about = { orderId, customerId, shopId, shipmentId: newId(), complete: true, lines: [] }
    await desk.consume('orders', received(orderShipped, { ...about, shippedAtMs: BigInt(noon + 5_000) }))
    const directory = createDirectory()
    directory.serve(messageRpc(desk.deps), [MessageService])
    const client = directory.client(MessageService)
    const { messages } = await client.listOfOrder({ orderId, customerId })
    expect(messages.map(({ kind, state }) => [kind, state])).toEqual([
      ['order-confirmed', 'delivered'],
      ['order-shipped', 'delivered'],
    ])
    const untold = rush(1)[0] as Told
    const asked = [...orders, untold].map((order) => ({ ...order, confirmedAtMs: BigInt(noon) }))
    expect((await client.findUntold({ orders: asked })).orderIds).toEqual([untold.orderId])
  })

  test('is among the latest of everybody, by kind and by customer, and the list goes on where it ended', async () => {
    const later = noon + 3_600_000
    desk.time.set(new Date(later + 2_000))
    const orders = rush(300)
    await hear(later, orders)
    const first = await recent({ limit: 100 })
    const second = await recent({ limit: 100, cursor: first.nextCursor })
    const ids = [...first.items, ...second.items].map(({ messageId: id }) => id)
    expect(new Set(ids).size).toBe(200)
    expect(ids).toEqual(ids.toSorted().toReversed())
    const { customerId, orderId } = orders[5] as Told
    expect((await recent({ customerId })).items).toMatchObject([{ orderId }])
    expect((await recent({ kind: 'order-confirmed', limit: 5 })).items).toHaveLength(5)
    expect((await recent({ kind: 'order-shipped', customerId })).items).toEqual([])
    expect((await recent({ channel: 'email', customerId })).items).toEqual([])
  })

  test('makes its customer known to the shop, which may then write', async () => {
    const shopId = newId()
    const orders = rush(100, [shopId, newId()])
    await hear(noon, orders)
    const write = (customerId: string) =>
      callRoute(desk.routes, 'sendNotification', {
        principal: staff(shopId, 'orders'),
        body: { shopId, customerIds: [customerId], subject: 'A word', text: 'We thank you.' },
      })
    expect((await write(orders[0]?.customerId ?? '')).status).toBe(201)
    expect((await write(orders[1]?.customerId ?? '')).status).toBe(404)
  })

  test('goes with its month', async () => {
    const orders = rush(100)
    await hear(Date.parse('2024-01-15T12:00:00Z'), orders)
    const tend = (keepFrom: string) =>
      desk.deps.db.transaction((tx) => tendPartitions(tx, new Date(noon), new Date(keepFrom)))
    await tend('2024-01-31T00:00:00Z')
    expect((await inboxOf(orders[0]?.customerId ?? '')).items).toHaveLength(1)
    await tend('2024-02-01T00:00:00Z')
    expect((await inboxOf(orders[0]?.customerId ?? '')).items).toHaveLength(0)
  })
})

test('ids made in the database are those made here', async () => {
  const orderId = uuidv7(noon, bucketOf(newId()))
  const [row] = await database.query<{ id: string }>(
    'select notifications.paged_message_id($1, 1::smallint, $2) as id',
    [noon, orderId],
  )
  expect(row?.id).toBe(messageId(noon, 1, 0, orderId))
})
