import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { stockedProduct } from './recipes/fresh.ts'
import { ask, everyRoute, type Sample } from './recipes/index.ts'
import { openStage } from './stage.ts'
import { untilQuiet } from './tables.ts'
import { buildWorld, type Person, unique } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const routes = everyRoute(stage.document)
const { a, b } = world

const keyed = routes.filter(({ operation }) => operation.parameters.some(({ name }) => name === 'Idempotency-Key'))
const withKey = (sample: Sample, key: string): Sample => ({
  ...sample,
  headers: { ...sample.headers, 'idempotency-key': key },
})
const withoutKeys = (text: string) => text.replace(/"correlationId":"[^"]*"/, '')

const line = { variantId: a.variantId, quantity: 1 }
const order = (
  key: string,
  body: unknown = { lines: [line] },
  person: Person = a.customer,
  more: Record<string, string> = {},
) => world.as(person, 'POST', '/v1/orders', body, { 'idempotency-key': key, ...more })
const ordersOf = async (person: Person) =>
  Number(
    (
      await stage.query<{ count: string }>('select count(*) from orders.orders where customer_id = $1', [
        person.accountId,
      ])
    )[0]?.count,
  )

describe('a repeat gets the first answer, and has no further effect', () => {
  test.each(keyed)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = withKey(await recipe.make(world), randomUUID())
    const person = sample.as ?? recipe.as(world)
    const first = await ask(world, operation, sample, person)
    expect(first.status, first.text).toBe(recipe.status)
    await untilQuiet(stage.query, 60)
    const again = await ask(world, operation, sample, person)
    expect([again.status, again.text]).toEqual([first.status, first.text])
    expect(again.headers.location).toBe(first.headers.location)
  })
})

describe('a key stands for one request', () => {
  const changed: Readonly<Record<string, unknown>> = {
    placeOrder: { lines: [{ ...line, quantity: 2 }] },
    adjustInventory: { shopId: a.shopId, reason: 'other', lines: [{ variantId: a.variantId, delta: 3 }] },
    registerShop: { name: 'Another', slug: `another-${unique()}`, country: 'DE', currency: 'EUR' },
    addLocation: { name: `Another ${unique()}` },
    setShopCommission: { basisPoints: 901 },
    createCategory: { slug: `another-${unique()}`, title: 'Another' },
    setPrice: { priceMinor: 2_700 },
    setAccountRoles: { roles: [] },
  }
  const both = routes.filter(({ operation }) => changed[operation.operationId] !== undefined)
  test.each(both)('$operation.operationId with another body: 422', async ({ operation, recipe }) => {
    const sample = withKey(await recipe.make(world), randomUUID())
    const person = sample.as ?? recipe.as(world)
    expect((await ask(world, operation, sample, person)).status).toBe(recipe.status)
    const other = await ask(world, operation, { ...sample, body: changed[operation.operationId] }, person)
    expect(other.status, other.text).toBe(422)
    expect(other.code).toMatch(/mismatch$/)
  })
  test('the same order written in another way is the same order', async () => {
    const key = randomUUID()
    const first = await order(key, { lines: [line, { ...line, quantity: 2 }] })
    const again = await order(key, { paymentMethod: 'cash-on-delivery', lines: [{ ...line, quantity: 3 }] })
    expect([again.status, (again.json as { id: string }).id]).toEqual([201, (first.json as { id: string }).id])
  })
  test('of one customer: another may use the same one', async () => {
    const key = randomUUID()
    const ids = await Promise.all(
      [a.customer, b.customer, world.stranger].map(
        async (person) => (await order(key, undefined, person)).json as { id: string },
      ),
    )
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3)
  })
  test('of one route: two routes may use the same one', async () => {
    const key = randomUUID()
    const ordered = await order(key)
    const shop = { name: 'Keyed', slug: `keyed-${unique()}`, country: 'DE', currency: 'EUR' }
    const opened = await world.as(a.customer, 'POST', '/v1/shops', shop, { 'idempotency-key': key })
    expect([ordered.status, opened.status]).toEqual([201, 201])
  })
  test('of both ways to order: it makes one order, whichever way it is sent', async () => {
    const { stranger } = world
    const before = await ordersOf(stranger)
    const key = randomUUID()
    const body = { lines: [{ variantId: a.saleVariantId, quantity: 1 }] }
    expect((await order(key, body, stranger)).status).toBe(201)
    const headers = { 'idempotency-key': key }
    const flash = await world.as(stranger, 'POST', `/v1/orders/flash-sale/${a.saleProductId}`, {}, headers)
    expect(flash.status, flash.text).toBe(422)
    expect(await ordersOf(stranger)).toBe(before + 1)
  })
})

describe('fifty copies at once', () => {
  test('make one order', async () => {
    const customer = await world.register('a-impatient')
    const key = randomUUID()
    const replies = await Promise.all(Array.from({ length: 50 }, () => order(key, undefined, customer)))
    const done = replies.filter(({ status }) => status === 201)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set(done.length === 50 ? [201] : [201, 409]))
    expect(new Set(done.map(({ json }) => (json as { id: string }).id)).size).toBe(1)
    expect(done.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(done.length - 1)
    expect(await ordersOf(customer)).toBe(1)
  })
  test('make one order when they are to be placed later, and when half of them are', async () => {
    const customer = await world.register('a-later')
    for (const every of [1, 2]) {
      const key = randomUUID()
      const before = await ordersOf(customer)
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          order(key, undefined, customer, index % every === 0 ? { prefer: 'respond-async' } : {}),
        ),
      )
      expect(replies.filter(({ status }) => ![201, 202, 409, 422].includes(status)).map(({ text }) => text)).toEqual([])
      await untilQuiet(stage.query)
      expect(await ordersOf(customer)).toBe(before + 1)
    }
  })
  test.each(['registerShop', 'addLocation', 'createProduct', 'adjustInventory', 'planSale', 'cancelOrder'])(
    'of %s have one effect',
    async (name) => {
      const { operation, recipe } = routes.find(
        (route) => route.operation.operationId === name,
      ) as (typeof routes)[number]
      const sample = withKey(await recipe.make(world), randomUUID())
      const person = sample.as ?? recipe.as(world)
      const replies = await Promise.all(Array.from({ length: 50 }, () => ask(world, operation, sample, person)))
      const done = replies.filter(({ status }) => status === recipe.status)
      const others = replies.filter(({ status }) => status !== recipe.status && status !== 409 && status !== 503)
      expect(others.map(({ text }) => text)).toEqual([])
      expect(done.length).toBeGreaterThan(0)
      expect(new Set(done.map(({ text }) => withoutKeys(text))).size).toBe(1)
    },
  )
})

describe('after a refusal', () => {
  test('the same key may ask again, and gets what there is then', async () => {
    const { productId, variantId } = await stockedProduct(world, 5)
    const key = randomUUID()
    const wanted = { lines: [{ variantId, quantity: 8 }] }
    const early = await order(key, wanted)
    expect([early.status, early.code]).toEqual([409, 'out-of-stock'])
    await world.do(a.owner, 'PUT', `/v1/products/${productId}/inventory`, { onHand: 10 })
    const late = await order(key, wanted)
    expect(late.status, late.text).toBe(201)
    expect((await order(key, wanted)).json).toEqual(late.json)
  })
  test('of a request that was not valid, too', async () => {
    const key = randomUUID()
    expect((await order(key, { lines: [{ ...line, quantity: 0 }] })).status).toBe(400)
    expect((await order(key)).status).toBe(201)
    const slug = `taken-${unique()}`
    const shop = { name: 'Keyed', slug, country: 'DE', currency: 'EUR' }
    await world.do(a.owner, 'POST', '/v1/shops', shop)
    const send = (body: object) => world.as(a.customer, 'POST', '/v1/shops', body, { 'idempotency-key': key })
    expect((await send(shop)).code).toBe('shop-slug-taken')
    expect((await send({ ...shop, slug: `free-${unique()}` })).status).toBe(201)
  })
})

describe('a key', () => {
  test.each([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['with a tab', 'a\tb'],
    ['with a letter that is none of ASCII', 'schl\u00fcssel'],
  ])('that is %s is refused', async (_, key) => {
    const reply = await order(key)
    expect(reply.status, reply.text).toBe(400)
  })
  test.each([
    ['of one character', () => unique().slice(-1)],
    ['of 255', () => unique().padEnd(255, 'k')],
    ['of signs', () => `'";--/*%$\\{}[]<>~!${unique()}`],
    ['of digits', () => String(Date.now())],
  ])('%s will do', async (_, make) => {
    const key = make()
    const first = await order(key)
    expect(first.status, first.text).toBe(201)
    expect((await order(key)).json).toEqual(first.json)
  })
  test('sent twice is none', async () => {
    const reply = await order(`${unique()}, ${unique()}`)
    expect(reply.status).toBe(400)
  })
  test('is asked for where there is no doing without', async () => {
    const required = keyed.filter(({ operation }) =>
      operation.parameters.some(({ name, required: needed }) => name === 'Idempotency-Key' && needed),
    )
    expect(required.map(({ operation }) => operation.operationId).sort()).toEqual([
      'adjustInventory',
      'checkOut',
      'placeFlashSaleOrder',
      'placeOrder',
      'planSale',
      'writeOffLot',
    ])
    const authorization = `Bearer ${a.customer.accessToken}`
    const body = { lines: [line] }
    const reply = await stage.client.send({ method: 'POST', path: '/v1/orders', body, headers: { authorization } })
    expect([reply.status, reply.code]).toEqual([400, 'idempotency-key-required'])
  })
})

test('whatever was repeated, the books balance', async () => {
  await untilQuiet(stage.query)
  const { checks } = await world.do<{ checks: { findings: object[]; failure: string | null }[] }>(
    world.operator,
    'GET',
    '/v1/operations/audit?full=true',
  )
  expect(checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)).toEqual([])
})
