import type { Database, Tx } from '@souk/postgres'
import { DatabaseUnavailable, OutcomeUnknown, sql } from '@souk/postgres'
import { type TestDatabase, testDatabase } from '@souk/testing'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { purgeIdempotencyKeys } from './idempotency.sql.ts'
import type { Answer } from './route.ts'
import { aRoute, aServer, person, shape } from './server.fixture.ts'

let database: TestDatabase
let db: Database
let atMs = Date.parse('2026-01-15T10:00:00Z')
let effects: (tx: Tx, body: { n: number }) => Promise<Answer>

beforeAll(async () => {
  database = await testDatabase([{ service: 'shops', sets: [] }])
  await database.query('create table shops.effects (n integer not null)')
  await database.query('grant select, insert on shops.effects to public')
  db = database.open('shops', { maxConnections: 4, lockTimeoutMs: 400 })
})
afterAll(() => database.close())

const insert = async (tx: Tx, { n }: { n: number }): Promise<Answer> => {
  await tx.run(sql`insert into effects (n) values (${n})`)
  return { status: 201, body: { n }, headers: { location: `/v1/effects/${n}` } }
}
beforeEach(async () => {
  await database.query('truncate shops.effects, shops.idempotency_keys')
  effects = insert
})

const effect = (on: () => Database) =>
  aRoute({
    method: 'POST',
    url: '/v1/effects/:place',
    operationId: 'makeEffect',
    access: 'signed-in',
    params: shape({ place: Type.String({ maxLength: 10 }) }),
    body: shape({ n: Type.Integer() }),
    answers: { 201: shape({ n: Type.Integer() }) },
    handle: (request) => request.once(on(), (tx) => effects(tx, request.body as { n: number })),
  })
const people = { a: person({ accountId: 'a' }), b: person({ accountId: 'b' }) }
const server = (on: () => Database = () => db) =>
  aServer({ routes: [effect(on)], people, clock: () => new Date(atMs), limits: { perAccount: 10_000 } })
type Send = { key?: string; n?: number; who?: string; place?: string }
const send = async (given: Send = {}, at = server()) => {
  const { key = 'key-1', n = 1, who = 'a', place = 'x' } = given
  const answer = await at.inject({
    method: 'POST',
    url: `/v1/effects/${place}`,
    headers: { authorization: `Bearer ${who}`, ...(key !== '' && { 'idempotency-key': key }) },
    payload: { n },
  })
  return {
    status: answer.statusCode,
    code: answer.json().code,
    n: answer.json().n,
    replayed: answer.headers['idempotency-replayed'],
    location: answer.headers.location,
  }
}
const count = async () =>
  Number((await database.query<{ count: number }>('select count(*)::int as count from shops.effects'))[0]?.count)

describe('a request repeated under its key', () => {
  test('gets the first answer, headers and all, and has one effect', async () => {
    expect(await send()).toEqual({ status: 201, n: 1, location: '/v1/effects/1' })
    expect(await send()).toEqual({ status: 201, n: 1, location: '/v1/effects/1', replayed: 'true' })
    expect(await count()).toBe(1)
  })
  test('fifty times at once has one effect, on a pool of four connections', async () => {
    const at = server()
    const answers = await Promise.all(Array.from({ length: 50 }, () => send({}, at)))
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201))
    expect(answers.filter(({ replayed }) => replayed === undefined)).toHaveLength(1)
    expect(await count()).toBe(1)
  })
  test('with another body, or at another address, is refused', async () => {
    await send()
    expect(await send({ n: 2 })).toMatchObject({ status: 422, code: 'idempotency-mismatch' })
    expect(await send({ place: 'y' })).toMatchObject({ status: 422, code: 'idempotency-mismatch' })
    expect(await count()).toBe(1)
  })
  test('by somebody else is another request', async () => {
    await send()
    expect(await send({ who: 'b' })).toMatchObject({ status: 201, replayed: undefined })
    expect(await count()).toBe(2)
  })
  test('after a failure is done as if for the first time, and nothing is left of the failure', async () => {
    effects = async (tx, body) => {
      await insert(tx, body)
      throw new Error('after the insert')
    }
    expect((await send()).status).toBe(500)
    expect(await count()).toBe(0)
    effects = insert
    expect(await send({ n: 1 })).toMatchObject({ status: 201, replayed: undefined })
  })
  test('24 hours later is a new one', async () => {
    await send()
    atMs += 24 * 60 * 60 * 1_000 - 1
    expect((await send()).replayed).toBe('true')
    atMs += 2
    expect(await send({ n: 7 })).toMatchObject({ status: 201, n: 7, replayed: undefined })
    expect(await count()).toBe(2)
  })
  test('while another process is still at the first one is told to come back', async () => {
    const other = database.open('shops', { maxConnections: 1 })
    let finish = () => {}
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    let claimed = () => {}
    const isClaimed = new Promise<void>((resolve) => {
      claimed = resolve
    })
    const first = other.transaction(async (tx) => {
      await tx.run(
        sql`insert into idempotency_keys (principal, key, route, body_hash) values ('a', 'key-1', 'makeEffect', '')`,
      )
      claimed()
      await held
    })
    await isClaimed
    expect(await send()).toMatchObject({ status: 409, code: 'idempotency-in-flight' })
    finish()
    await first
    expect(await count()).toBe(0)
  })
})

describe('when the connection breaks around the commit', () => {
  /** Commits, or does not, and says in either case that nobody knows. */
  const breaking = (times: { committed: boolean }[]): Database => ({
    ...db,
    autocommit: db.autocommit,
    async transaction(body, options) {
      const broken = times.shift()
      if (broken === undefined) return db.transaction(body, options)
      if (broken.committed) await db.transaction(body, options)
      throw new OutcomeUnknown(undefined)
    },
  })
  test('the key tells what happened: committed is answered, not committed is done, each once', async () => {
    for (const committed of [true, false]) {
      await database.query('truncate shops.effects, shops.idempotency_keys')
      expect(
        (
          await send(
            {},
            server(() => breaking([{ committed }])),
          )
        ).status,
      ).toBe(201)
      expect(await count()).toBe(1)
    }
  })
  test('and stays broken, the caller is told that nobody knows', async () => {
    const down: Database = { ...db, transaction: async () => Promise.reject(new DatabaseUnavailable(undefined)) }
    let first = true
    const once: Database = {
      ...db,
      transaction: (body, options) => {
        if (!first) return down.transaction(body, options)
        first = false
        return Promise.reject(new OutcomeUnknown(undefined))
      },
    }
    expect(
      await send(
        {},
        server(() => once),
      ),
    ).toMatchObject({ status: 503, code: 'outcome-unknown' })
  })
  test('without a key nothing is repeated', async () => {
    expect(
      await send(
        { key: '' },
        server(() => breaking([{ committed: true }])),
      ),
    ).toMatchObject({ code: 'outcome-unknown' })
    expect(await count()).toBe(1)
  })
})

describe('keys', () => {
  test.each([' ', 'a b', 'ä', 'x'.repeat(256)])(
    'that are not 1 to 255 visible ASCII characters are refused: %.10s',
    async (key) => {
      expect(await send({ key })).toMatchObject({ status: 400, code: 'idempotency-key-invalid' })
    },
  )
  test('are required where the route says so', async () => {
    const at = aServer({ routes: [{ ...effect(() => db), idempotency: 'required' }], people })
    expect(await send({ key: '' }, at)).toMatchObject({ status: 400, code: 'idempotency-key-required' })
  })
  test('older than asked are purged, younger ones are kept', async () => {
    await send({ key: 'old' })
    atMs += 1_000
    await send({ key: 'new' })
    expect(await db.transaction((tx) => purgeIdempotencyKeys(tx, new Date(atMs)))).toBe(1)
    expect((await send({ key: 'new' })).replayed).toBe('true')
  })
})
