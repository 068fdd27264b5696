import { defineErrors } from '@souk/errors'
import { created, mayActFor, ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { afterAll, describe, expect, test } from 'vitest'
import { callRoute } from './call-route.ts'
import { testDatabase } from './database.ts'
import { collectingOutbox, fakeMetrics, memoryLog } from './doubles.ts'
import { operator, shopper, staff } from './people.ts'
import { specify } from './specify.ts'
import { eventually, manualClock } from './time.ts'

const shopId = '019b0000-0000-7000-8000-000000000001'

test('a manual clock moves only when told', () => {
  const time = manualClock('2026-01-01T00:00:00Z')
  time.advance(1_500)
  expect(time.clock().toISOString()).toBe('2026-01-01T00:00:01.500Z')
  time.set('2025-12-31T23:59:59Z')
  expect(time.clock().getUTCFullYear()).toBe(2025)
})

test('eventually waits for what happens soon, and gives up with the last reason', async () => {
  let tries = 0
  const soon = () => {
    tries += 1
    if (tries < 3) throw new Error(`try ${tries}`)
    return tries
  }
  expect(await eventually(soon, { everyMs: 1 })).toBe(3)
  const never = () => expect(1).toBe(2)
  await expect(eventually(never, { timeoutMs: 10, everyMs: 1 })).rejects.toThrow('expected 1 to be 2')
})

test('the log keeps bound fields, metrics keep what was counted', () => {
  const log = memoryLog()
  log.child({ shopId }).warn({ units: 2 }, 'few are left')
  expect(log.lines).toEqual([{ shopId, units: 2, level: 'warn', message: 'few are left' }])
  const metrics = fakeMetrics()
  const refusals = metrics.counter('souk_refusals', 'by reason', ['reason'])
  refusals.inc({ reason: 'sold-out' })
  refusals.inc({ reason: 'sold-out' }, 2)
  expect(metrics.value('souk_refusals', { reason: 'sold-out' })).toBe(3)
})

describe('a specification', () => {
  const { given } = specify<number, 'in' | 'out', 'enter' | 'leave'>({
    initial: 0,
    evolve: (inside, event) => inside + (event === 'in' ? 1 : -1),
    decide: (inside, command) => {
      if (command === 'leave' && inside === 0) throw new Error('nobody is inside')
      return [command === 'enter' ? 'in' : 'out']
    },
  })
  test('says what follows', () => given('in').when('leave').then('out'))
  test('says what is refused', () => given('in', 'out').when('leave').thenRefused('nobody is inside'))
  test('turns red when something else follows', () =>
    expect(() => given('in').when('leave').then('in')).toThrow('to deeply equal'))
  test('turns red when nothing is refused', () =>
    expect(() => given('in').when('leave').thenRefused('nobody is inside')).toThrow('was not refused'))
})

describe('a route called directly', async () => {
  const database = await testDatabase([{ service: 'desk', sets: [] }])
  const db = database.open('desk')
  afterAll(() => database.close())
  const errors = defineErrors({ 'shop-not-found': { status: 404, title: 'No such shop', help: '' } })
  let runs = 0
  const routes: Route[] = [
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/notes',
      operationId: 'addNote',
      summary: 'Add a note',
      tag: 'Notes',
      access: { duty: 'notes' },
      params: Type.Object({ shopId: Type.String({ format: 'uuid' }) }, { additionalProperties: false }),
      body: Type.Object({ text: Type.String({ maxLength: 10 }) }, { additionalProperties: false }),
      answers: { 201: Type.Object({ runs: Type.Integer() }, { additionalProperties: false }) },
      async handle(request) {
        if (!mayActFor(request.me, request.params.shopId, 'notes'))
          throw errors.error('shop-not-found', 'There is no such shop', { shopId: request.params.shopId })
        return await request.once(db, async () => {
          runs += 1
          if (request.body.text === 'fail') throw new Error('a fault')
          return created({ runs })
        })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/notes',
      operationId: 'listNotes',
      summary: 'List notes',
      tag: 'Notes',
      access: 'public',
      query: Type.Object({ limit: Type.Integer({ default: 20, maximum: 100 }) }, { additionalProperties: false }),
      answers: { 200: Type.Object({ limit: Type.Integer({ maximum: 50 }) }) },
      handle: async (request) => ok({ limit: request.query.limit }),
    }),
  ]
  const add = (given: Parameters<typeof callRoute>[2]) =>
    callRoute(routes, 'addNote', { params: { shopId }, body: { text: 'hello' }, ...given })

  test('asks who it is, and what they may do', async () => {
    expect(await add({})).toMatchObject({ status: 401 })
    expect(await add({ principal: shopper() })).toMatchObject({ status: 403 })
    const elsewhere = staff('019b0000-0000-7000-8000-000000000002', 'notes')
    expect(await add({ principal: elsewhere })).toMatchObject({ status: 404, body: { code: 'shop-not-found', shopId } })
    expect(await add({ principal: operator() })).toMatchObject({ status: 201 })
  })

  test('answers a repeat with the first answer, another body under the same key with 422', async () => {
    const me = { principal: staff(shopId, 'notes'), idempotencyKey: 'one' }
    const first = await add(me)
    expect(await add(me)).toEqual(first)
    expect(await add({ ...me, body: { text: 'other' } })).toMatchObject({ status: 422 })
    await expect(add({ ...me, idempotencyKey: 'two', body: { text: 'fail' } })).rejects.toThrow('a fault')
    expect(await add({ ...me, idempotencyKey: 'two' })).toMatchObject({ status: 201 })
  })

  test('refuses what its schema does not allow', async () => {
    const me = { principal: staff(shopId, 'notes') }
    expect(await add({ ...me, body: { text: 'hello', role: 'admin' } })).toMatchObject({ status: 400 })
    expect(await add({ ...me, params: { shopId: 'x' } })).toMatchObject({ status: 400 })
  })

  test('fills in defaults, reads numbers from text, and holds the answer to its schema', async () => {
    expect(await callRoute(routes, 'listNotes')).toEqual({ status: 200, body: { limit: 20 } })
    expect(await callRoute(routes, 'listNotes', { query: { limit: '7' } })).toMatchObject({ body: { limit: 7 } })
    await expect(callRoute(routes, 'listNotes', { query: { limit: 51 } })).rejects.toThrow('does not allow')
  })

  test('an outbox collects what was committed, and nothing else', async () => {
    const outbox = collectingOutbox()
    const event = { id: '1' } as never
    await db.transaction((tx) => outbox.append(tx, [event]))
    const failing = db.transaction(async (tx) => {
      await outbox.append(tx, [event])
      throw new Error('a fault')
    })
    await expect(failing).rejects.toThrow('a fault')
    expect(outbox.events).toEqual([event])
  })
})
