import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, type Operation, spotsOf, withValueAt } from './document.ts'
import { ask, everyRoute, type Sample } from './recipes/index.ts'
import { openStage } from './stage.ts'
import { type Watch, watchTables } from './tables.ts'
import { buildWorld } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const routes = everyRoute(stage.document)
const { a, b, operator } = world

/** What somebody would like to decide for themselves. */
const wishes: Readonly<Record<string, unknown>> = {
  role: 'operator',
  roles: ['operator'],
  permissions: ['operator'],
  isAdmin: true,
  shopId: b.shopId,
  accountId: operator.accountId,
  customerId: b.customer.accountId,
  ownerAccountId: a.customer.accountId,
  id: b.orderId,
  version: 99,
  price: 1,
  priceMinor: 1,
  unitPriceMinor: 1,
  totalMinor: 0,
  currency: 'JPY',
  status: 'active',
  verification: 'verified',
  paid: true,
  commissionBasisPoints: 0,
}
/** Not fields of anything: what they would change is the program itself. */
const poison = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']

/** Objects of a body with the wishes their schema has no field for. Maps name their fields themselves and are left out. */
function* objectsOf(operation: Operation, sample: Sample) {
  if (operation.body === undefined) return
  for (const { at, schema, value } of spotsOf(operation.body, sample.body)) {
    if (!isObject(value) || schema.patternProperties !== undefined) continue
    const foreign = Object.keys(wishes).filter((name) => schema.properties?.[name] === undefined)
    yield { at, value, foreign }
  }
}

const samples = new Map<string, Sample>()
let watch: Watch
beforeAll(async () => {
  for (const { operation, recipe } of routes) samples.set(operation.operationId, await recipe.make(world))
  watch = await watchTables(stage.query)
})

type Faults = { faults?: { in: string; path: string }[] }
const pathOf = (at: (string | number)[], name: string) => `/${[...at, name].join('/')}`

describe('what a body has no field for is refused by name, wherever it is put', () => {
  const withBody = routes.filter(({ operation }) => operation.body !== undefined)
  test.each(withBody)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = samples.get(operation.operationId) as Sample
    const person = sample.as ?? recipe.as(world)
    for (const { at, value, foreign } of objectsOf(operation, sample)) {
      for (const name of foreign) {
        const body = withValueAt(sample.body, at, { ...value, [name]: wishes[name] })
        const reply = await ask(world, operation, { ...sample, body }, person)
        expect([reply.status, reply.code], `${pathOf(at, name)} ${reply.text}`).toEqual([400, 'validation-failed'])
        const named = ((reply.json as Faults).faults ?? []).map((fault) => `${fault.in} ${fault.path}`)
        expect(named).toContain(`body ${pathOf(at, name)}`)
      }
      for (const name of poison) {
        // Written as text: in an object literal the name would mean something else.
        const marked = JSON.stringify(withValueAt(sample.body, at, { ...value, marked: null }))
        for (const poisoned of ['{"isAdmin":true}', 'null', '{"prototype":{"isAdmin":true}}']) {
          const body = marked.replace('"marked":null', `${JSON.stringify(name)}:${poisoned}`)
          const reply = await ask(world, operation, { ...sample, body }, person)
          expect(reply.status, `${pathOf(at, name)} ${reply.text}`).toBe(400)
        }
      }
    }
    expect(await watch.changed()).toEqual([])
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })
})

const sendsBytes = new Set(['uploadMedia', 'receiveTwilioReceipt'])

describe('what a route takes no parameter for is refused', () => {
  test.each(routes)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = samples.get(operation.operationId) as Sample
    const person = sample.as ?? recipe.as(world)
    const known = new Set(operation.parameters.map(({ name }) => name))
    for (const name of ['role', 'shopId', 'customerId', 'accountId', 'isAdmin', '__proto__', 'constructor', 'select']) {
      if (known.has(name)) continue
      const query = Object.fromEntries([...Object.entries(sample.query ?? {}), [name, b.shopId]]) as Record<
        string,
        string
      >
      const reply = await ask(world, operation, { ...sample, query }, person)
      expect([reply.status, reply.code], `${name} ${reply.text}`).toEqual([400, 'validation-failed'])
    }
    // Where bytes are sent they are looked at, whatever they are: see the tests of media.
    if (operation.body === undefined && operation.method !== 'GET' && !sendsBytes.has(operation.operationId)) {
      const reply = await ask(world, operation, { ...sample, body: { role: 'operator' } }, person)
      expect([reply.status, reply.code], reply.text).toEqual([400, 'validation-failed'])
    }
    expect(await watch.changed()).toEqual([])
  })
})

test('a header decides nothing about who somebody is', async () => {
  const headers = {
    'x-account-id': operator.accountId,
    'x-user-id': operator.accountId,
    'x-role': 'operator',
    'x-permissions': 'operator',
    'x-shop-id': b.shopId,
    'x-original-url': '/v1/identity/accounts',
    'x-http-method-override': 'GET',
    'x-forwarded-for': '127.0.0.1',
  }
  const list = await world.as(a.customer, 'GET', '/v1/identity/accounts', undefined, headers)
  expect(list.status).toBe(403)
  const orders = await world.as(a.customer, 'GET', `/v1/orders/${b.orderId}`, undefined, headers)
  expect(orders.status).toBe(404)
})
