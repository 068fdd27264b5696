import { openDatabase, type Database } from '@souk/postgres'
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { placeOrders } from '../../services/orders/place-orders.ts'
import { answers, ask, ordersWorld } from '../../services/orders/test-orders.ts'
import { type Cut, type Proxy, startProxy } from './proxy.ts'

// What the fault runs do at random, here one batch at a time: the connection breaks at a known point of a batch.

let world: Awaited<ReturnType<typeof ordersWorld>>
let proxy: Proxy
let db: Database
beforeAll(async () => {
  world = await ordersWorld()
})
beforeEach(async () => {
  const url = new URL(world.database.urlFor('orders'))
  proxy = await startProxy({ port: Number(url.port) })
  url.port = String(proxy.port)
  db = openDatabase({ url: url.href, schema: 'orders', maxConnections: 3 })
})
afterEach(async () => {
  await db.close()
  await proxy.close()
  expect(await world.audit()).toEqual([])
})
afterAll(() => world.database.close())

const cuts: { name: string; cut: Cut }[] = [
  { name: 'after the commit, the reply dropped', cut: { kind: 'reply' } },
  { name: 'as soon as everything is sent', cut: { kind: 'sent' } },
  { name: 'in the middle of sending', cut: { kind: 'after', bytes: 100 } },
]

test.for(cuts)('a batch whose connection breaks $name is answered truly, and placed once', async ({ cut }) => {
  const { variantId } = await world.variant({ units: 100 })
  const deps = world.deps({ db })
  // The statement is prepared and memory filled before, so that what is cut is the batch and not a question.
  expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['placed'])
  const sprung = proxy.cutNext({ marker: Buffer.from('orders.order_placed'), cut })
  const batch = [ask(variantId), ask(variantId), ask(variantId)]
  const outcomes = await placeOrders(deps, batch)
  await sprung
  // Whoever asked for the first time is told of a first time, whatever it took.
  expect(answers(outcomes)).toEqual(['placed', 'placed', 'placed'])
  expect(proxy.cuts).toBe(1)
  expect(world.paths.at(-1)).toBe('resolved')
  expect(await world.remaining(variantId)).toBe(96)
  expect(answers(await placeOrders(world.deps(), batch))).toEqual(['repeated', 'repeated', 'repeated'])
})

test('the last unit is not sold again by whoever resolves an unknown commit', async () => {
  const { variantId } = await world.variant({ units: 2 })
  const deps = world.deps({ db })
  expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['placed'])
  void proxy.cutNext({ marker: Buffer.from('orders.order_placed'), cut: { kind: 'reply' } })
  const [mine, late] = await Promise.all([
    placeOrders(deps, [ask(variantId)]),
    placeOrders(world.deps(), [ask(variantId)]),
  ])
  expect([...answers(mine), ...answers(late)].toSorted()).toEqual(['out-of-stock', 'placed'])
  expect(await world.remaining(variantId)).toBe(0)
})
