import { testDatabase, testSecret } from '@souk/testing'
import type { PgBouncerOptions } from '@souk/engines'
import { pgBouncerForTests } from '@souk/engines/for-tests'
import { afterAll, describe, expect, test } from 'vitest'
import { openDatabase, type Pooled } from './database.ts'
import { isServerError } from './errors.ts'
import { migrate } from './migrate.ts'
import { sql } from './sql.ts'

const shelf = { service: 'shelf', sets: [{ name: 'shelf', folder: new URL('./fixtures/shelf/', import.meta.url) }] }
const database = await testDatabase([shelf])
const server = new URL(database.adminUrl)
const name = server.pathname.slice(1)
const own = new URL(database.urlFor('shelf'))
const behind: Omit<PgBouncerOptions, 'dataFolder'> = {
  databases: { [name]: { host: server.hostname, port: Number(server.port), database: name } },
  users: {
    [decodeURIComponent(server.username)]: decodeURIComponent(server.password),
    [own.username]: decodeURIComponent(own.password),
  },
  poolSize: 2,
}
const given = await pgBouncerForTests(behind)
afterAll(async () => {
  if (given.notTried === undefined) await given.close()
  await database.close()
})

if (given.notTried !== undefined) {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
} else {
  const { port } = given.bouncer
  const through = (url: string) => Object.assign(new URL(url), { port: String(port) }).href
  const opened = (pooled: Pooled) =>
    openDatabase({ url: through(own.href), schema: 'shelf', pooled, maxConnections: 12 })
  const plain = opened(true)
  const preparing = opened('prepared')
  afterAll(() => Promise.all([plain.close(), preparing.close()]))
  /** How many statements the session that happens to answer keeps planned, of those that read boxes. */
  const planned = () =>
    plain.autocommit.one(
      sql`select count(*)::int as kept from pg_prepared_statements where statement like '%pid from boxes%' and name like 'PGB%'`,
    )

  describe.each([
    ['carries no statements prepared by name', plain, 0],
    ['carries statements prepared by name', preparing, 1],
  ] as const)('behind a pooler in transaction mode that %s', (_, db, kept) => {
    test('many clients share two sessions and none notices', async () => {
      await database.query('truncate shelf.boxes; insert into shelf.boxes values (1, 0)')
      const add = () =>
        db.transaction(async (tx) => {
          const { units } = await tx.one<{ units: number }>(sql`select units from boxes where box_id = ${1} for update`)
          await tx.run(sql`update boxes set units = ${units + 1} where box_id = ${1}`)
          return (await tx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)).pid
        })
      const read = () => db.autocommit.one<{ pid: number }>(sql`select units, pg_backend_pid() as pid from boxes`)
      const sessions = await Promise.all(
        Array.from({ length: 200 }, (__, at) => (at % 2 === 0 ? add() : read().then(({ pid }) => pid))),
      )
      expect(new Set(sessions).size).toBeLessThanOrEqual(2)
      expect(await db.autocommit.one(sql`select units from boxes`)).toEqual({ units: 100 })
      expect(await planned()).toEqual({ kept })
    })

    test('time-outs hold all the same: those of the role, and those a transaction sets for itself', async () => {
      const shown = await db.autocommit.one(
        sql`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
                   current_setting('idle_in_transaction_session_timeout') as idle`,
      )
      expect(shown).toEqual({ statement: '30s', lock: '5s', idle: '1min' })
      const slow = db.transaction((tx) => tx.one(sql`select pg_sleep(5)`), { statementTimeoutMs: 50 })
      expect(isServerError(await slow.catch((error: unknown) => error))).toBe(true)
      expect(await db.autocommit.one(sql`select current_setting('statement_timeout') as after`)).toEqual({
        after: '30s',
      })
    })
  })

  describe('behind a pooler in transaction mode', () => {
    test('processes started together migrate one after the other', async () => {
      await database.query('drop schema shelf cascade')
      const [first, second] = await Promise.all(
        [1, 2].map(() =>
          migrate({ url: through(database.adminUrl), pooled: true, services: [shelf], secret: testSecret }),
        ),
      )
      expect(first?.applied.length).not.toBe(second?.applied.length)
      expect(Math.min(first?.applied.length ?? 0, second?.applied.length ?? 0)).toBe(0)
    })

    test('a program that was told it carries statements by name, and it does not, is told what to do', async () => {
      const forgetting = await pgBouncerForTests({ ...behind, settings: { max_prepared_statements: '0' } })
      if (forgetting.notTried !== undefined) throw new Error(forgetting.notTried)
      const url = Object.assign(new URL(own.href), { port: String(forgetting.bouncer.port) }).href
      const misled = openDatabase({ url, schema: 'shelf', pooled: 'prepared', maxConnections: 12 })
      const many = Array.from({ length: 40 }, () => misled.autocommit.many(sql`select units from boxes`))
      await expect(Promise.all(many)).rejects.toThrow('SOUK_POOLER=transaction')
      await Promise.allSettled(many)
      await misled.close()
      await forgetting.close()
    })

    test('a program that was not told of the pooler is', async () => {
      const untold = openDatabase({ url: through(own.href), schema: 'shelf' })
      await expect(untold.autocommit.one(sql`select 1 as one`)).rejects.toThrow('SOUK_POOLER=transaction')
      await untold.close()
    })
  })
}
