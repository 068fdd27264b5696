import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, everyRoute, faultsOf, type Sample } from './recipes/index.ts'
import { openStage } from './stage.ts'
import { type Watch, watchTables } from './tables.ts'
import { allDuties, buildWorld, type Duty, type Person } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const routes = everyRoute(stage.document)
const { a, b, operator, stranger } = world

test('every route is for whom its recipe says, and nobody has opened one by accident', () =>
  expect(routes.map(({ operation }) => [operation.operationId, operation.permission])).toEqual(
    routes.map(({ operation, recipe }) => [operation.operationId, recipe.access]),
  ))

describe('what a route is for works for those it is for', () => {
  test.each(routes)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = await recipe.make(world)
    const reply = await ask(world, operation, sample, sample.as ?? recipe.as(world))
    expect(reply.status, reply.text).toBe(recipe.status)
    expect(faultsOf(operation, reply)).toEqual([])
  })
})

/** Everybody who has less than a route asks for, each with what they have. */
function lesser(access: string): [string, Person | undefined][] {
  const nobody: [string, undefined][] = [['nobody', undefined]]
  if (access === 'public') return []
  if (access === 'signed-in' || access.startsWith('orders:')) return nobody
  const people: [string, Person][] = [
    ['somebody signed in', stranger],
    ['a customer', a.customer],
    ['a customer of the other shop', b.customer],
  ]
  const isDuty = (allDuties as readonly string[]).includes(access)
  const others = allDuties.filter((duty) => duty !== access)
  const staff = (shop: typeof a, duties: readonly Duty[], where: string): [string, Person][] =>
    duties.map((duty) => [`who has the duty ${duty} ${where}`, shop.staff[duty]])
  return [
    ...nobody,
    ...people,
    ...staff(a, others, 'in this shop'),
    ...staff(b, allDuties, 'in the other shop'),
    ['the owner of the other shop', b.owner],
    ...(isDuty ? [] : ([['the owner of this shop', a.owner]] as [string, Person][])),
  ]
}

const guarded = routes.filter(({ recipe }) => recipe.access !== 'public')

describe('whoever has less is refused, and nothing changes', () => {
  const samples = new Map<string, Sample>()
  let watch: Watch
  beforeAll(async () => {
    for (const { operation, recipe } of guarded) samples.set(operation.operationId, await recipe.make(world))
    watch = await watchTables(stage.query)
  })

  test.each(guarded)('$operation.operationId', async ({ operation, recipe }) => {
    const sample = samples.get(operation.operationId) as Sample
    for (const [who, person] of lesser(recipe.access)) {
      const reply = await ask(world, operation, sample, person)
      const wanted = person === undefined ? [401] : recipe.access === 'operator' ? [403] : [403, 404]
      expect(wanted, `${who}: ${reply.status} ${reply.text}`).toContain(reply.status)
      expect(faultsOf(operation, reply)).toEqual([])
    }
    expect(await watch.changed()).toEqual([])
  })
})

const make = (person: Person, wish: object) =>
  world.do<{ key: string }>(person, 'POST', '/v1/api-keys', { name: 'Key', permissions: [], ...wish })

describe('an API key', () => {
  test('has only what it was given, however mighty its owner', async () => {
    const keys = await Promise.all([
      make(operator, {}),
      make(operator, { permissions: ['orders:place'] }),
      make(a.owner, { shopId: a.shopId, duties: ['orders'] }),
    ])
    const watch = await watchTables(stage.query)
    for (const { operation, recipe } of guarded) {
      if (recipe.access === 'orders:place' || recipe.access === 'orders' || recipe.access === 'signed-in') continue
      for (const { key } of keys) {
        // What the call is about does not matter: it is refused before anybody looks.
        const params = Object.fromEntries(operation.parameters.map(({ name }) => [name, a.shopId]))
        const reply = await ask(world, operation, { params }, { ...stranger, accessToken: key })
        expect(reply.status, `${operation.operationId} ${reply.text}`).toBe(403)
      }
    }
    expect(await watch.changed()).toEqual([])
  })

  test('cannot do what is for people: sign out, change the password, make and end keys and sessions', async () => {
    const { key } = await world.do<{ key: string }>(a.customer, 'POST', '/v1/api-keys', {
      name: 'Key',
      permissions: [],
    })
    const forPeople = routes.filter(({ operation }) => operation.codes.has('session-needed'))
    expect(forPeople.length).toBeGreaterThan(7)
    for (const { operation, recipe } of forPeople) {
      const sample = await recipe.make(world)
      const reply = await ask(world, operation, sample, { ...a.customer, accessToken: key })
      expect([reply.status, reply.code], operation.operationId).toEqual([403, 'session-needed'])
    }
  })

  test('cannot be given more than its maker has', async () => {
    const wishes = [
      { permissions: ['operator'] },
      { permissions: ['orders:place'], shopId: b.shopId, duties: ['orders'] },
      { permissions: [], shopId: a.shopId, duties: ['settings'] },
      { permissions: [], duties: ['catalog'] },
    ]
    for (const wish of wishes) {
      const reply = await world.as(a.staff.catalog, 'POST', '/v1/api-keys', { name: 'Key', ...wish })
      expect([reply.status, reply.code]).toEqual([403, 'api-key-too-mighty'])
    }
  })
})

test('nobody makes themselves mightier through the shop they work in', async () => {
  const member = (person: Person) => `/v1/shops/${a.shopId}/members/${person.accountId}`
  const everything = { duties: [...allDuties], owner: true }
  for (const person of [a.staff.members, a.staff.settings, a.staff.catalog]) {
    const reply = await world.as(person, 'PUT', member(person), everything)
    expect(reply.status, reply.text).toBe(403)
  }
  const dethroned = await world.as(a.staff.members, 'DELETE', member(a.owner))
  expect([dethroned.status, dethroned.code]).toEqual([403, 'owners-only'])
})
