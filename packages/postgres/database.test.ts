import { eventually, testDatabase } from '@souk/testing'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase, type Tx } from './database.ts'
import { DatabaseUnavailable, isServerError, OutcomeUnknown, violates } from './errors.ts'
import { sql } from './sql.ts'

const database = await testDatabase([
  { service: 'shelf', sets: [{ name: 'shelf', folder: new URL('./fixtures/shelf/', import.meta.url) }] },
])
const db = database.open('shelf')
afterAll(() => database.close())
beforeEach(() => database.query('truncate shelf.boxes; insert into shelf.boxes values (1, 5), (2, 7)'))

const unitsOf = (tx: Tx, boxId: number) =>
  tx.one<{ units: number }>(sql`select units from boxes where box_id = ${boxId}`).then((row) => row.units)
const setUnits = (tx: Tx, boxId: number, units: number) =>
  tx.run(sql`update boxes set units = ${units} where box_id = ${boxId}`)
const backend = (tx: Tx) => tx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`).then((row) => row.pid)
const end = (pid: number) => database.query('select pg_terminate_backend($1)', [pid])
const idle = (of: Database) => eventually(() => expect(of.stats().open).toBe(of.stats().idle))

describe('a transaction', () => {
  test('keeps all of its changes or none', async () => {
    await db.transaction(async (tx) => {
      await setUnits(tx, 1, 10)
      await setUnits(tx, 2, 20)
    })
    await expect(
      db.transaction(async (tx) => {
        await setUnits(tx, 1, 0)
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect([await unitsOf(db.autocommit, 1), await unitsOf(db.autocommit, 2)]).toEqual([10, 20])
    await idle(db)
  })

  test('that broke a rule of the database says which', async () => {
    const error = await db.transaction((tx) => setUnits(tx, 1, -1)).catch((error: unknown) => error)
    expect(violates(error, 'boxes_units_check')).toBe(true)
  })

  test('that goes on after a failed statement is told that nothing was committed', async () => {
    let announced = false
    await expect(
      db.transaction(async (tx) => {
        tx.afterCommit(() => (announced = true))
        await setUnits(tx, 2, 1)
        await setUnits(tx, 1, -1).catch(() => 'never mind')
      }),
    ).rejects.toThrow('nothing was committed')
    expect(announced).toBe(false)
    expect(await unitsOf(db.autocommit, 2)).toBe(7)
  })

  test('may only read when it says so, and keeps to a time of its own', async () => {
    await expect(db.transaction((tx) => setUnits(tx, 1, 0), { readOnly: true })).rejects.toThrow(
      'read-only transaction',
    )
    const slow = db.transaction((tx) => tx.one(sql`select pg_sleep(5)`), { statementTimeoutMs: 50 })
    await expect(slow).rejects.toThrow('statement timeout')
  })
})

describe('two transactions that wait for each other', () => {
  test('both succeed: the one that was stopped is run again', async () => {
    let runs = 0
    const bothHoldOne = meeting(2)
    const move = (from: number, to: number) =>
      db.transaction(async (tx) => {
        runs += 1
        await tx.run(sql`update boxes set units = units - 1 where box_id = ${from}`)
        await bothHoldOne()
        await tx.run(sql`update boxes set units = units + 1 where box_id = ${to}`)
      })
    await Promise.all([move(1, 2), move(2, 1)])
    expect(runs).toBe(3)
    expect([await unitsOf(db.autocommit, 1), await unitsOf(db.autocommit, 2)]).toEqual([5, 7])
  })

  test('but not for ever: after the third failure the error is passed on', async () => {
    let runs = 0
    const failing = db.transaction(async (tx) => {
      runs += 1
      await tx.run(sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`)
    })
    await expect(failing).rejects.toThrow('again')
    expect(runs).toBe(3)
  })
})

describe('after the commit', () => {
  test('listeners are called once, when others can already see the change', async () => {
    const seen: (Promise<number> | string)[] = []
    await db.transaction(async (tx) => {
      tx.afterCommit(() => seen.push(unitsOf(db.autocommit, 1)))
      await setUnits(tx, 1, 42)
      expect(seen).toEqual([])
    })
    expect(await Promise.all(seen)).toEqual([42])
  })

  test('listeners of a transaction that rolled back are never called, nor those of an attempt before the last', async () => {
    const called: string[] = []
    let attempt = 0
    await db.transaction(async (tx) => {
      attempt += 1
      const name = `attempt ${attempt}`
      tx.afterCommit(() => called.push(name))
      if (attempt === 1) await tx.run(sql`do $$ begin raise exception 'once' using errcode = '40P01'; end $$`)
    })
    await db
      .transaction((tx) => {
        tx.afterCommit(() => called.push('rolled back'))
        return Promise.reject(new Error('no'))
      })
      .catch(() => {})
    expect(called).toEqual(['attempt 2'])
  })

  test('a listener that throws does not make a committed transaction look failed', async () => {
    const heard: string[] = []
    const own = database.open('shelf', { onError: (error) => heard.push(error.message) })
    const answer = await own.transaction(async (tx) => {
      tx.afterCommit(() => {
        throw new Error('deaf')
      })
      tx.afterCommit(() => heard.push('the next one'))
      await setUnits(tx, 1, 6)
      return 'done'
    })
    expect([answer, ...heard]).toEqual(['done', 'deaf', 'the next one'])
    await own.close()
  })

  test('there is none for a single statement', () => {
    expect(() => db.autocommit.afterCommit(() => {})).toThrow('needs a transaction')
  })
})

describe('a connection that is lost', () => {
  test('during COMMIT leaves the outcome unknown, and nobody is told it was committed', async () => {
    await database.query(`
      create or replace function shelf.slow_commit() returns trigger language plpgsql as
        $$ begin perform pg_sleep(10); return null; end $$;
      create constraint trigger slow after update on shelf.boxes deferrable initially deferred
        for each row execute function shelf.slow_commit()`)
    let announced = false
    let pid = 0
    const committing = db.transaction(async (tx) => {
      pid = await backend(tx)
      tx.afterCommit(() => (announced = true))
      await setUnits(tx, 1, 1)
    })
    const failed = expect(committing).rejects.toBeInstanceOf(OutcomeUnknown)
    await eventually(async () => {
      const [row] = await database.query<{ query: string }>('select query from pg_stat_activity where pid = $1', [pid])
      expect(row?.query).toBe('commit')
    })
    await end(pid)
    await failed
    await database.query('drop trigger slow on shelf.boxes')
    expect(announced).toBe(false)
    expect(await unitsOf(db.autocommit, 1)).toBe(5)
  })

  test('during a statement leaves the outcome unknown', async () => {
    let pid = 0
    const waiting = db.transaction(async (tx) => {
      pid = await backend(tx)
      await tx.one(sql`select pg_sleep(10)`)
    })
    const failed = expect(waiting).rejects.toBeInstanceOf(OutcomeUnknown)
    await eventually(async () => {
      const [row] = await database.query<{ query: string }>('select query from pg_stat_activity where pid = $1', [pid])
      expect(row?.query).toContain('pg_sleep')
    })
    await end(pid)
    await failed
  })

  test('between two statements ends the transaction and not the process, and the next one gets a good connection', async () => {
    await expect(
      db.transaction(async (tx) => {
        await setUnits(tx, 1, 0)
        await end(await backend(tx))
        await new Promise((resolve) => setTimeout(resolve, 50))
        await setUnits(tx, 2, 0)
      }),
    ).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await unitsOf(db.autocommit, 1)).toBe(5)
    await idle(db)
  })

  test('while nobody uses it is replaced, and reported', async () => {
    const errors: Error[] = []
    const own = database.open('shelf', { onError: (error) => errors.push(error) })
    await end(await backend(own.autocommit))
    await eventually(() => expect(errors).toHaveLength(1))
    expect(await unitsOf(own.autocommit, 1)).toBe(5)
    await own.close()
  })

  test('is not mistaken for an answer of the server, though the code of a broken pipe has five letters too', () => {
    expect(isServerError(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toBe(false)
  })
})

describe('a database that cannot be reached', () => {
  test('says so: nothing was sent', async () => {
    const nowhere = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', schema: 'shelf' })
    await expect(nowhere.autocommit.one(sql`select 1`)).rejects.toBeInstanceOf(DatabaseUnavailable)
    await expect(nowhere.transaction(() => Promise.resolve())).rejects.toBeInstanceOf(DatabaseUnavailable)
    await nowhere.close()
  })

  test('because all connections are taken says so too, in time', async () => {
    const narrow = database.open('shelf', { maxConnections: 1, connectTimeoutMs: 100 })
    await narrow.transaction(async (tx) => {
      await unitsOf(tx, 1)
      expect(narrow.stats()).toEqual({ open: 1, idle: 0, waiting: 0 })
      await expect(narrow.autocommit.one(sql`select 1`)).rejects.toBeInstanceOf(DatabaseUnavailable)
    })
    await narrow.close()
  })
})

/** Resolves for all when `count` have come; afterwards at once. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let here = 0
  return () => {
    here += 1
    if (here >= count) resolve()
    return promise
  }
}
