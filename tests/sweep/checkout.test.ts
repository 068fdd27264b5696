import { randomUUID } from 'node:crypto'
import { eventually } from '@souk/testing'
import { afterAll, afterEach, expect, test } from 'vitest'
import { stockedProduct } from './recipes/fresh.ts'
import { openStage } from './stage.ts'
import { untilQuiet } from './tables.ts'
import { buildWorld, type Person, unique } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)

type Audit = { checks: { findings: object[]; failure: string | null }[] }
type Opened = { cart: { id: string }; cartToken: string }
type Cart = { itemCount: number; shops: { items: { variantId: string; changes: { kind: string }[] }[] }[] }
type Checkout = { id: string; result: string; orders: { outcome: string; orderId: string | null; shopId: string }[] }

afterEach(async () => {
  await untilQuiet(stage.query)
  const { checks } = await world.do<Audit>(world.operator, 'GET', '/v1/operations/audit?full=true')
  expect(checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)).toEqual([])
})

const orderIdsOf = async (person: Person) =>
  (await world.do<{ items: { id: string }[] }>(person, 'GET', '/v1/orders')).items.map(({ id }) => id).sort()

/** A customer's cart with so many of each. */
async function cartOf(person: Person, lines: Record<string, number>): Promise<string> {
  const { cart } = await world.do<Opened>(person, 'POST', '/v1/carts')
  for (const [variantId, quantity] of Object.entries(lines))
    await world.do(person, 'PUT', `/v1/carts/${cart.id}/items/${variantId}`, { quantity })
  return cart.id
}
const checkOut = (person: Person, cartId: string, key = randomUUID(), body = {}) =>
  world.as(person, 'POST', `/v1/carts/${cartId}/checkout`, body, { 'idempotency-key': key })

test('a guest buys in two shops without registering, and registers later: the orders stay', async () => {
  const [cup, plate] = [await stockedProduct(world), await stockedProduct(world, 10, world.b)]
  const { cart, cartToken } = (await world.as(undefined, 'POST', '/v1/carts')).json as Opened
  const token = { 'x-cart-token': cartToken }
  for (const { variantId } of [cup, plate]) {
    const path = `/v1/carts/${cart.id}/items/${variantId}`
    expect((await world.as(undefined, 'PUT', path, { quantity: 1 }, token)).status).toBe(200)
  }
  const email = `guest-${unique()}@souk.example`
  const began = await world.as(undefined, 'POST', '/v1/auth/guests', { email })
  const guest = began.json as Person
  const contact = { email }
  const path = `/v1/carts/${cart.id}/checkout`
  const reply = await world.as(guest, 'POST', path, { contact }, { ...token, 'idempotency-key': randomUUID() })
  expect([reply.status, (reply.json as Checkout).result], reply.text).toEqual([201, 'placed'])
  const orderIds = (reply.json as Checkout).orders.map(({ orderId }) => orderId).sort()
  await eventually(async () => {
    for (const id of orderIds)
      expect(await world.do(guest, 'GET', `/v1/orders/${id}`)).toMatchObject({ status: 'confirmed' })
  })
  const registration = { email, password: `pw-${randomUUID()}`, name: 'Kept' }
  const registered = await world.as(guest, 'POST', '/v1/auth/register', registration)
  expect(registered.status, registered.text).toBe(201)
  const kept = await world.signIn({ ...guest, ...registration })
  expect(await orderIdsOf(kept)).toEqual(orderIds)
  await eventually(async () =>
    expect(await world.do(kept, 'GET', '/v1/customers/me')).toMatchObject({ guest: false, email, givenName: 'Kept' }),
  )
})

test('of two shops one has too little left: the other’s order stands, the rest waits in the cart with its reason', async () => {
  const [cup, plate] = [await stockedProduct(world), await stockedProduct(world, 1, world.b)]
  const person = await world.register('a-unlucky')
  const cartId = await cartOf(person, { [cup.variantId]: 1, [plate.variantId]: 2 })
  const { json } = await checkOut(person, cartId)
  expect((json as Checkout).result).toBe('partly-placed')
  const cart = await world.do<Cart>(person, 'GET', `/v1/carts/${cartId}`)
  expect(cart.shops.flatMap(({ items }) => items.map(({ variantId }) => variantId))).toEqual([plate.variantId])
  const kinds = cart.shops.flatMap(({ items }) => items.flatMap(({ changes }) => changes.map(({ kind }) => kind)))
  expect(kinds).toEqual(['few-left', 'refused'])
})

test('ten windows check one cart out at once: one set of orders, and each window learns of it', async () => {
  const [cup, plate] = [await stockedProduct(world), await stockedProduct(world, 10, world.b)]
  const person = await world.register('a-impatient')
  const cartId = await cartOf(person, { [cup.variantId]: 1, [plate.variantId]: 1 })
  const key = randomUUID()
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, window) => checkOut(person, cartId, window < 5 ? key : randomUUID())),
  )
  const ids = new Set(replies.flatMap(({ json, status }) => (status < 300 ? [(json as Checkout).id] : [])))
  expect(ids.size).toBe(1)
  for (const { status, code } of replies)
    if (status >= 300) expect(['checkout-under-way', 'cart-empty']).toContain(code)
  const { orders } = await world.do<Checkout>(person, 'GET', `/v1/checkouts/${[...ids][0]}`)
  expect(await orderIdsOf(person)).toEqual(orders.map(({ orderId }) => orderId).sort())
  expect(orders).toHaveLength(2)
})

test('all or nothing: when one shop has too little, the other’s order is cancelled, its units are back and all waits in the cart', async () => {
  const [cup, plate] = [await stockedProduct(world, 3), await stockedProduct(world, 1, world.b)]
  const person = await world.register('a-picky')
  const cartId = await cartOf(person, { [cup.variantId]: 3, [plate.variantId]: 2 })
  const { json } = await checkOut(person, cartId, randomUUID(), { allOrNothing: true })
  const { result, orders } = json as Checkout
  expect([result, orders.map(({ outcome }) => outcome).sort()]).toEqual(['not-placed', ['cancelled', 'refused']])
  const [orderId] = orders.flatMap((order) => order.orderId ?? [])
  expect(await world.do(person, 'GET', `/v1/orders/${orderId}`)).toMatchObject({ status: 'cancelled' })
  expect((await world.do<Cart>(person, 'GET', `/v1/carts/${cartId}`)).itemCount).toBe(5)
  const again = await checkOut(person, await cartOf(person, { [cup.variantId]: 3, [plate.variantId]: 1 }))
  expect((again.json as Checkout).result).toBe('placed')
})
