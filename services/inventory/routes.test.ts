import { randomUUID } from 'node:crypto'
import { callRoute, operator, shopper, staff, testDatabase } from '@souk/testing'
import { newEvent } from '@souk/events'
import { productChanged } from '@souk/contracts'
import { StockService } from '@souk/contracts/inventory'
import { createDirectory } from '@souk/rpc'
import { afterAll, describe, expect, test } from 'vitest'
import { inventory } from './index.ts'
import { projectProducts } from './know-items.ts'
import { shopRoutes } from './routes-shop.ts'
import { stockRoutes } from './routes-stock.ts'
import { rpc } from './rpc.ts'
import { announced, newShop, testInventory } from './test-inventory.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

function shop(variants = 1) {
  const inv = testInventory(shards)
  const product = inv.product(newShop(), variants)
  const routes = [...stockRoutes(inv.deps), ...shopRoutes(inv.deps)]
  const keeper = staff(product.shopId, 'inventory')
  const call = (operationId: string, given: Parameters<typeof callRoute>[2]) =>
    callRoute(routes, operationId, { principal: keeper, ...given })
  const { productId, shopId } = product
  const variantId = product.variantIds[0] as string
  const set = (body: object, headers = {}) => call('setProductInventory', { params: { productId }, body, headers })
  return { ...inv, made: product, productId, shopId, variantId, keeper, call, set }
}

describe('setting stock', () => {
  test('of a product with one variant needs one number', async () => {
    const inv = shop()
    const answer = await inv.set({ onHand: 7 })
    expect(answer).toMatchObject({
      status: 200,
      headers: { etag: expect.stringMatching(/^"\d+"$/) },
      body: {
        variants: [{ variantId: inv.variantId, onHand: 7, allotted: 7, inTransfer: 0, locations: [{ onHand: 7 }] }],
      },
    })
    expect(inv.orders.remaining(inv.variantId)).toBe(7)
  })

  test('of several variants names each, once', async () => {
    const inv = shop(2)
    const [first, second] = inv.made.variantIds
    expect(await inv.set({ onHand: 7 })).toMatchObject({ status: 400, body: { code: 'unclear-stock-lines' } })
    const twice = [
      { variantId: first, onHand: 1 },
      { variantId: first, onHand: 2 },
    ]
    expect(await inv.set({ variants: twice })).toMatchObject({ status: 400 })
    expect(
      await inv.set({
        variants: [
          { variantId: first, onHand: 3 },
          { variantId: second, onHand: 4 },
        ],
      }),
    ).toMatchObject({
      body: { variants: [{ onHand: 3 }, { onHand: 4 }] },
    })
  })

  test('below what is promised is refused with how many can be taken', async () => {
    const inv = shop()
    await inv.set({ onHand: 7 })
    inv.orders.promise(inv.variantId, 5)
    expect(await inv.set({ onHand: 4 })).toMatchObject({
      status: 409,
      body: { code: 'already-promised', lines: [{ variantId: inv.variantId, atMost: 2 }] },
    })
    expect(await inv.set({ onHand: 5 })).toMatchObject({ status: 200 })
  })

  test('is refused when somebody else has changed it since it was read', async () => {
    const inv = shop()
    const first = await inv.set({ onHand: 7 })
    const ifMatch = { 'if-match': first.headers?.etag as string }
    expect(await inv.set({ onHand: 8 }, ifMatch)).toMatchObject({ status: 200 })
    expect(await inv.set({ onHand: 9 }, ifMatch)).toMatchObject({ status: 412 })
  })

  test('is for those who keep the stock of that very shop', async () => {
    const inv = shop()
    const as = (principal: ReturnType<typeof shopper>) =>
      inv.call('setProductInventory', { principal, params: { productId: inv.productId }, body: { onHand: 1 } })
    expect(await as(shopper())).toMatchObject({ status: 403 })
    expect(await as(staff(newShop(), 'inventory'))).toMatchObject({ status: 404 })
    expect(await as(operator())).toMatchObject({ status: 200 })
    const unknown = await inv.call('getProductInventory', { params: { productId: randomUUID() } })
    expect(unknown).toMatchObject({ status: 404 })
  })

  test('at a second location leaves the first alone', async () => {
    const inv = shop()
    await inv.set({ onHand: 7 })
    const added = await inv.call('addLocation', { params: { shopId: inv.shopId }, body: { name: 'Cellar' } })
    const { locationId } = added.body as { locationId: string }
    expect(await inv.set({ onHand: 2, locationId })).toMatchObject({ body: { variants: [{ onHand: 9, allotted: 9 }] } })
    expect(await inv.set({ onHand: 1, locationId: randomUUID() })).toMatchObject({ status: 404 })
    const again = await inv.call('addLocation', { params: { shopId: inv.shopId }, body: { name: 'cellar' } })
    expect(again).toMatchObject({ status: 409, body: { code: 'location-exists' } })
    const listed = await inv.call('listLocations', { params: { shopId: inv.shopId } })
    expect(listed).toMatchObject({ body: { items: [{ name: 'Main', isDefault: true }, { name: 'Cellar' }] } })
  })
})

describe('adjusting stock', () => {
  test('a repeat under the same key changes nothing more and gives the first answer', async () => {
    const inv = shop()
    await inv.set({ onHand: 7 })
    const lines = [
      { variantId: inv.variantId, delta: -2 },
      { variantId: inv.variantId, delta: -1 },
    ]
    const adjust = (body: object) =>
      inv.call('adjustInventory', { body: { shopId: inv.shopId, ...body }, idempotencyKey: 'k' })
    const first = await adjust({ reason: 'damaged', lines })
    expect(first).toMatchObject({ status: 201, body: { lines: [{ variantId: inv.variantId, delta: -3, onHand: 4 }] } })
    expect(await adjust({ reason: 'damaged', lines })).toEqual(first)
    expect(await adjust({ reason: 'lost', lines })).toMatchObject({ status: 422 })
  })

  test('leaves a ledger that can be read page by page, newest first', async () => {
    const inv = shop()
    await inv.set({ onHand: 7 })
    const body = {
      shopId: inv.shopId,
      reason: 'damaged',
      note: 'wet',
      lines: [{ variantId: inv.variantId, delta: -2 }],
    }
    await inv.call('adjustInventory', { body, idempotencyKey: 'one' })
    const page = async (cursor?: string) => {
      const query = { variantId: inv.variantId, limit: '3', ...(cursor && { cursor }) }
      return (await inv.call('listInventoryMovements', { query })).body as {
        items: object[]
        nextCursor: string | null
      }
    }
    const first = await page()
    const second = await page(first.nextCursor ?? '')
    expect(second.nextCursor).toBeNull()
    const all = [...first.items, ...second.items]
    expect(all).toHaveLength(4)
    expect(all).toContainEqual(expect.objectContaining({ kind: 'write-off', onHandDelta: -2, note: 'wet', onHand: 5 }))
    expect(all).toContainEqual(expect.objectContaining({ kind: 'withdrawal', allottedDelta: -2 }))
    const stranger = await inv.call('listInventoryMovements', {
      principal: staff(newShop(), 'inventory'),
      query: { variantId: inv.variantId },
    })
    expect(stranger).toMatchObject({ status: 404 })
  })

  test('is not possible for the goods of another shop', async () => {
    const inv = shop()
    const other = inv.product(newShop())
    const lines = [{ variantId: other.variantIds[0], delta: 2 }]
    const body = { shopId: inv.shopId, reason: 'received', lines }
    expect(await inv.call('adjustInventory', { body, idempotencyKey: 'x' })).toMatchObject({ status: 404 })
    const theirs = { ...body, shopId: other.shopId }
    expect(await inv.call('adjustInventory', { body: theirs, idempotencyKey: 'x' })).toMatchObject({ status: 404 })
  })
})

describe('looking at stock', () => {
  test('a shop lists all of it, or only what runs low', async () => {
    const inv = shop(3)
    const [first, second, third] = inv.made.variantIds
    const variants = [first, second, third].map((variantId, index) => ({ variantId, onHand: index * 5 }))
    await inv.set({ variants })
    const level = { params: { variantId: second }, body: { alertLevel: 5 }, idempotencyKey: 'level' }
    expect(await inv.call('setStockAlertLevel', level)).toMatchObject({ body: { alertLevel: 5, low: true } })
    const list = async (query: object) =>
      (await inv.call('listShopInventory', { params: { shopId: inv.shopId }, query: { ...query } })).body as {
        items: { variantId: string }[]
        nextCursor: string
      }
    const page = await list({ limit: 2 })
    const rest = await list({ limit: 2, cursor: page.nextCursor })
    expect([...page.items, ...rest.items].map((item) => item.variantId)).toEqual([...inv.made.variantIds].sort())
    expect((await list({ low: 'true' })).items.map((item) => item.variantId)).toEqual([second])
  })

  test('shoppers learn what can be ordered, not how many there are', async () => {
    const inv = shop(3)
    const [first, second, third] = inv.made.variantIds as [string, string, string]
    await inv.set({ variants: [first, second, third].map((variantId) => ({ variantId, onHand: 9 })) })
    inv.orders.promise(second, 4)
    inv.orders.promise(third, 9)
    const params = { productId: inv.productId }
    const { body } = await callRoute(stockRoutes(inv.deps), 'getProductAvailability', { params })
    expect((body as { variants: object[] }).variants).toEqual(
      [
        ['in', first],
        ['low', second],
        ['out', third],
      ]
        .map(([availability, variantId]) => ({ variantId, availability }))
        .sort((a, b) => ((a.variantId as string) < (b.variantId as string) ? -1 : 1)),
    )
  })

  test('orders can compare what it was granted', async () => {
    const inv = shop(2)
    await inv.set({ variants: inv.made.variantIds.map((variantId) => ({ variantId, onHand: 3 })) })
    const directory = createDirectory()
    directory.serve(rpc(inv.deps), [StockService])
    const client = directory.client(StockService)
    const [before] = [...inv.made.variantIds].sort() as [string]
    const { granted } = await client.listGranted({ afterVariantId: before, limit: 1 })
    expect(granted).toMatchObject([{ shopId: inv.shopId, allotted: 3n, inTransfer: 0n }])
  })
})

test('what the catalog says of a variant is kept, and an older word does not replace a newer one', async () => {
  const inv = shop()
  const { db } = shards.ofOwner(inv.shopId)
  const event = (title: string, version: number) => {
    const made = newEvent(productChanged, announced({ ...inv.made, title, version }), {
      occurredAtMs: 0,
      correlationId: '',
    })
    return { ...made, type: productChanged.type, topic: '', schemaVersion: 1, key: '', payload: made.payload as never }
  }
  const keep = (...events: ReturnType<typeof event>[]) =>
    db.transaction((tx) => projectProducts(tx, events, new Date()))
  await keep(event('Kettle', 3), event('Pot', 2))
  await keep(event('Jug', 1))
  const answer = await inv.call('getProductInventory', { params: { productId: inv.productId } })
  expect(answer).toMatchObject({ body: { variants: [{ title: 'Kettle', onHand: 0 }] } })
})
