import { randomUUID } from 'node:crypto'
import { callRoute, staff } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { maxLooked } from './orders.sql.ts'
import { fulfilmentWorld } from './test-fulfilment.ts'

let world: Awaited<ReturnType<typeof fulfilmentWorld>>
beforeAll(async () => {
  world = await fulfilmentWorld()
})
afterAll(() => world.database.close())

const hourMs = 3_600_000

async function pageOf(shopId: string, query: object = {}) {
  const { body } = await callRoute(world.routes, 'listOrdersToShip', {
    principal: staff(shopId, 'orders'),
    params: { shopId },
    query: { ...query },
  })
  const { items, nextCursor } = body as { items: { id: string }[]; nextCursor: string | null }
  return { ids: items.map(({ id }) => id), nextCursor }
}
async function all(shopId: string, limit = 20) {
  const found: string[] = []
  let pages = 0
  for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
    const page = await pageOf(shopId, { limit, ...(cursor !== undefined && { cursor }) })
    found.push(...page.ids)
    cursor = page.nextCursor
  }
  return { found, pages }
}
const mark = async (shopId: string) =>
  (
    await world.database.query<{ order_id: string }>('select order_id from orders.shipped_until where shop_id = $1', [
      shopId,
    ])
  )[0]?.order_id

/** A shop with `count` orders of the last weeks, one a minute; those whose number `open` says so are still to be shipped. */
async function shopWith(
  count: number,
  open: string,
  agoMs = 20 * 24 * hourMs,
): Promise<{ shopId: string; ids: string[] }> {
  const shopId = randomUUID()
  const rows = await world.database.query<{ order_id: string; status: string }>(
    `insert into orders.orders (order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method, placed_at, history)
     select overlay(orders.first_id_at(at)::text placing left(md5(random()::text), 12) from 25)::uuid, $1, gen_random_uuid(),
       case when ${open} then case when n % 2 = 0 then 'confirmed' else 'partly-shipped' end
         when n % 3 = 0 then 'cancelled' when n % 3 = 1 then 'shipped' else 'delivered' end,
       2, 0, 'EUR', 'cash-on-delivery', at, '[["placed", 1]]'
     from (select n, $2::timestamptz + n * interval '1 minute' as at from generate_series(1, $3::int) n) made
     returning order_id, status`,
    [shopId, new Date(world.clock.now.getTime() - agoMs), count],
  )
  const ids = rows.filter(({ status }) => ['confirmed', 'partly-shipped'].includes(status)).map((row) => row.order_id)
  return { shopId, ids: ids.toSorted() }
}

describe('the orders a shop has to ship', () => {
  test('are those confirmed or shipped in part, the oldest first, page after page', async () => {
    const { shopId, ids } = await shopWith(200, 'n % 7 = 0')
    expect((await pageOf(shopId, { limit: 5 })).ids).toEqual(ids.slice(0, 5))
    expect(await all(shopId, 5)).toMatchObject({ found: ids })
    expect(await mark(shopId), 'a short walk is not worth remembering').toBeUndefined()
  })

  test('leave the list when all of them is shipped', async () => {
    const variantId = await world.goods(5)
    const { orderId } = await world.confirmed([{ variantId, quantity: 2 }])
    await world.placed(variantId)
    expect((await all(world.shopId)).found).toEqual([orderId])
    await world.ship(orderId, { lines: [{ variantId, quantity: 1 }] })
    expect((await all(world.shopId)).found).toEqual([orderId])
    await world.ship(orderId)
    expect((await all(world.shopId)).found).toEqual([])
  })

  test('are found behind years of finished ones, and the next look begins where they begin', async () => {
    const { shopId, ids } = await shopWith(12_000, 'n > 11900 or n = 11500')
    expect(maxLooked).toBeLessThan(12_000)
    expect((await all(shopId, 50)).found).toEqual(ids)
    for (let turn = 0; turn < 3; turn += 1) await pageOf(shopId)
    expect((await mark(shopId)) ?? '').toSatisfy((id: string) => id < (ids[0] ?? ''))
    expect((await pageOf(shopId, { limit: 3 })).ids).toEqual(ids.slice(0, 3))
    expect(await all(shopId, 100)).toEqual({ found: ids, pages: 2 })
  })

  test('include one that was accepted long ago and is placed only now', async () => {
    const { shopId } = await shopWith(1_200, 'false')
    const late = (await world.database.query<{ id: string }>('select orders.first_id_at($1)::text as id', [
      new Date(world.clock.now.getTime() - 21 * 24 * hourMs),
    ])) as [{ id: string }]
    await world.database.query(
      `insert into orders.order_requests (order_id, customer_id, key, body_hash, body, priority, state, network_address, user_agent, accepted_at)
       values ($1, $2, 'k', $2, '{}', 2, 'accepted', '', '', now())`,
      [late[0].id, randomUUID()],
    )
    await pageOf(shopId)
    expect(await mark(shopId)).toBeUndefined()
    await world.database.query("update orders.order_requests set state = 'placed'")
    await pageOf(shopId)
    expect(await mark(shopId)).toBeDefined()
  })

  test('of the last hour are never taken for done, whatever their state: others may still appear among them', async () => {
    const { shopId } = await shopWith(1_200, 'false', 20 * hourMs)
    await pageOf(shopId)
    const border = new Date(world.clock.now.getTime() - hourMs)
    const [row] = await world.database.query<{ id: string }>('select orders.first_id_at($1)::text as id', [border])
    expect(await mark(shopId)).toBe(row?.id)
  })
})
