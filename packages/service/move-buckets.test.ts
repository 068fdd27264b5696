import { sql } from '@souk/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MoveStep, moveSteps, pause } from './move-deps.ts'
import { MoverKilled } from './move-refused.ts'
import { ensureShardMap } from './shard-map.ts'
import { answering, held, losingAnswers, type MoveStage, openMoveStage } from './test-move.ts'

let stage: MoveStage
beforeAll(async () => {
  stage = await openMoveStage()
})
beforeEach(() => stage.reset())
afterAll(() => stage.close())

const at = (wanted: MoveStep, body: () => void | Promise<void>) => ({
  at: (step: MoveStep) => (step === wanted ? body() : undefined),
})

describe('moving', () => {
  test('brings rows as they are when it closes, whatever happened to them while they were copied', async () => {
    const changed = await stage.write('changed')
    const deleted = await stage.write('deleted')
    await stage.write('stays')
    const writer = stage.databases.home.open('books')
    const savepoint = held()
    // Began before rows were copied and ended afterwards, in a savepoint: no snapshot knows its number.
    const late = writer.transaction(async (tx) => {
      await tx.run(sql`select pg_current_xact_id()`)
      await tx.run(sql`savepoint inside`)
      await tx.run(sql`insert into books (book_id, owner_id, title) values (${stage.newId()}, ${stage.owner}, 'late')`)
      await tx.run(sql`release savepoint inside`)
      await savepoint.here()
    })
    await savepoint.reached
    await stage.move(
      'east',
      at('copied', async () => {
        savepoint.letGo()
        await late
        await stage.databases.home.query(`update books.books set title = 'changed since' where book_id = $1`, [changed])
        await stage.databases.home.query('delete from books.notes where book_id = $1', [deleted])
        await stage.databases.home.query('delete from books.books where book_id = $1', [deleted])
        await stage.write('new')
      }),
    )
    expect(await stage.titles('east')).toEqual(['changed since', 'late (0 notes)', 'new', 'stays'])
    expect(await stage.titles('home')).toEqual([])
    expect(await stage.whereItLies()).toBe('east')
    expect(await stage.gates()).toEqual([])
  })

  test('takes away what lies where the shop comes to and nobody looked: its own shop, and what a dead mover left', async () => {
    await stage.write('here')
    await stage.write('of no use', 'east')
    await stage.databases.east.query(
      'create schema if not exists moving; create table moving.dead_books_books (id int)',
    )
    await stage.move('east')
    expect(await stage.titles('east')).toEqual(['here'])
    expect(await stage.databases.east.query(`select from pg_tables where schemaname = 'moving'`)).toEqual([])
  })

  test('brings answers that were given under a key, so that they are given again', async () => {
    await stage.write('one')
    await stage.databases.home.query(`
      insert into books.idempotency_keys (principal, key, route, body_hash, status, answer)
      values ('somebody', 'a key', 'writeBook', '', 201, '{"id": 7}')`)
    await stage.move('east')
    const keys = await stage.databases.east.query('select principal, key, status, answer from books.idempotency_keys')
    expect(keys).toEqual([{ principal: 'somebody', key: 'a key', status: 201, answer: { id: 7 } }])
  })

  test('of two answers under one key brings the later one: the earlier is about to be forgotten', async () => {
    const answered = (shard: 'home' | 'east', key: string, hours: number) =>
      stage.databases[shard].query(`
        insert into books.idempotency_keys (principal, key, route, body_hash, answer, created_at)
        values ('somebody', '${key}', 'writeBook', '', '"given ${hours} h ago"', now() - interval '${hours} hours')`)
    await answered('home', 'later here', 1)
    await answered('east', 'later here', 24)
    await answered('home', 'later there', 23)
    await answered('east', 'later there', 2)
    await stage.move('east')
    const keys = await stage.databases.east.query('select key, answer from books.idempotency_keys order by key')
    expect(keys).toEqual([
      { key: 'later here', answer: 'given 1 h ago' },
      { key: 'later there', answer: 'given 2 h ago' },
    ])
  })

  test('lets nobody in while it changes over; who was about to come is told to come again', async () => {
    await stage.write('one')
    const { shards } = await stage.process()
    const slipIn = sql`update books set title = 'slipped in'`
    let attempt: Promise<unknown> | undefined
    await stage.move(
      'east',
      at('closed', () => {
        attempt = shards.ofId(stage.newId()).db.autocommit.run(slipIn)
        attempt.catch(() => {})
      }),
    )
    await expect(attempt).rejects.toMatchObject({ code: 'shop-moving' })
    expect(await stage.titles('east')).toEqual(['one'])
    await expect.poll(() => shards.ofId(stage.newId()).name).toBe('east')
  })

  test('waits for a process that starts, which has looked at the map and has not said so yet', async () => {
    await stage.write('one')
    const looked = held()
    const starting = stage.process(undefined, (db) =>
      answering(db, async (text) => (text.includes('from shard_buckets') ? looked.here() : undefined)),
    )
    await looked.reached
    const steps: MoveStep[] = []
    const moving = stage.move('east', { at: (step) => void steps.push(step) })
    await expect.poll(() => steps).toContain('copied')
    await pause(200)
    expect(steps).not.toContain('settling')
    looked.letGo()
    await moving
    const { shards } = await starting
    await expect.poll(() => shards.ofId(stage.newId()).name).toBe('east')
  })

  test('waits for no process that has taken its leave, not even one that was just about to look', async () => {
    const looking = held()
    let isLast = false
    const { shardMap } = await stage.process(undefined, (db) =>
      answering(db, async (text) => (isLast && text.includes('from shard_map') ? looking.here() : undefined)),
    )
    isLast = true
    await looking.reached
    const leaving = shardMap.stop()
    await pause(50)
    looking.letGo()
    await leaving
    await pause(50)
    expect(await stage.databases.home.query('select about from shards.shard_processes')).toEqual([])
  })

  test('of two who move at once, one is told so', async () => {
    await stage.write('one')
    let refusal: unknown
    const moved = await stage.move(
      'east',
      at('begun', async () => {
        refusal = await stage.move('east').catch((error: unknown) => error)
      }),
    )
    expect(String(refusal)).toContain('Another move is under way')
    expect(moved.rows).toBe(2)
    // One that meant it while the other was at it, and begins only now.
    await expect(stage.move('east')).rejects.toThrow('do not lie on home')
    expect(await stage.titles('east')).toEqual(['one'])
  })

  test('waits for nobody longer than orders may wait, and then everything is as before', async () => {
    await stage.write('slow')
    await stage.databases.east.query(`
      create or replace function books.slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return new; end $$;
      create trigger slowly before insert on books.books for each row execute function books.slowly()`)
    const began = performance.now()
    await expect(stage.move('east', { closedAtMostMs: 1_000 })).rejects.toThrow('more than 1 s')
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(await stage.titles('home')).toEqual(['slow'])
    expect(await stage.titles('east')).toEqual([])
    expect(await stage.gates()).toEqual([])
  })

  test('is refused while somebody has changed these tables and not said whether that holds', async () => {
    await stage.write('one')
    const writer = stage.databases.home.open('books')
    const open = held()
    const long = writer.transaction(async (tx) => {
      await tx.run(sql`update books set pages = 7`)
      await open.here()
    })
    await open.reached
    await expect(stage.move('east')).rejects.toThrow('Somebody works on these tables')
    open.letGo()
    await long
    expect(await stage.whereItLies()).toBe('home')
  })

  test('is refused when an event was parked while rows were copied', async () => {
    await stage.write('one')
    const park = () =>
      stage.databases.home
        .query(`insert into books.dead_letters (id, consumer, source, shard, xid, seq, index, event_id, type, topic, key,
            schema_version, envelope, cause, attempts, parked_at)
          values (gen_random_uuid(), 'books.tally', 'books', 'home', '1', 1, 0, '', '', '', '', 0, '', '', 1, now())`)
        .then(() => {})
    await expect(stage.move('east', at('copied', park))).rejects.toThrow('parked on home')
    expect(await stage.titles('home')).toEqual(['one'])
    expect(await stage.gates()).toEqual([])
  })

  test('is refused while a process runs that would not find the shop there', async () => {
    await stage.write('one')
    const { shardMap } = await stage.process(['home'])
    await expect(stage.move('east')).rejects.toThrow('process of home')
    await shardMap.stop()
    // One that begins in the middle, on one database as it was before.
    let alone: { stop(): Promise<void> } | undefined
    const begin = async () => {
      alone = await stage.beginAlone()
    }
    await expect(stage.move('east', at('copied', begin))).rejects.toThrow('alone')
    await alone?.stop()
    // One that comes too late to be seen is not let in.
    let refusal: unknown
    const late = async () => {
      refusal = await stage.beginAlone().catch((error: unknown) => error)
    }
    await stage.move('east', at('settling', late))
    expect(String(refusal)).toContain('SOUK_SHARDS must name it')
    expect(await stage.titles('east')).toEqual(['one'])
  })

  test('a marketplace without shops is spread over all databases, unless somebody knows only one', async () => {
    const forget = () => stage.databases.home.query('truncate shards.shard_buckets')
    await forget()
    const alone = await stage.beginAlone()
    await ensureShardMap(stage.map, ['home', 'east'], true)
    expect(await stage.whereItLies()).toBe('home')
    await alone.stop()
    await forget()
    await ensureShardMap(stage.map, ['home', 'east'], true)
    const lie = await stage.databases.home.query<{ shard: string }>('select distinct shard from shards.shard_buckets')
    expect(lie.length).toBe(2)
    await expect(stage.beginAlone()).rejects.toThrow('Shops lie on east')
    expect(await stage.databases.home.query('select from shards.shard_processes')).toEqual([])
  })
})

describe('what nobody hears of', () => {
  test('an answer lost when the map was changed: it is changed, and the move is brought to its end', async () => {
    await stage.write('one')
    const isGiving = (statements: readonly string[]) => statements.some((text) => text.includes('set shard ='))
    await stage.move('east', { map: losingAnswers(stage.map, isGiving) })
    expect(await stage.whereItLies()).toBe('east')
    expect(await stage.titles('east')).toEqual(['one'])
    expect(await stage.titles('home')).toEqual([])
    expect(await stage.moves()).toMatchObject([{ phase: 'done' }])
  })

  test('a mover that wakes up late finds its move over, and touches nothing of what has happened since', async () => {
    await stage.write('one')
    for (const step of moveSteps.filter((each) => each !== 'opened')) {
      const from = (await stage.whereItLies()) as 'home' | 'east'
      const to = from === 'home' ? 'east' : 'home'
      const sleep = held()
      const asleep = stage.move(to, at(step, sleep.here)).catch((error: unknown) => error)
      await sleep.reached
      await expect
        .poll(
          async () => {
            await stage.leave()
            return await stage.repair()
          },
          { timeout: 20_000 },
        )
        .toBe(['given', 'deleted'].includes(step) ? 'done' : 'undone')
      // Where it was to go, or where it was: now it goes to the other one, and is worked with.
      const now = (await stage.whereItLies()) as 'home' | 'east'
      await stage.move(now === 'home' ? 'east' : 'home')
      const there = (await stage.whereItLies()) as 'home' | 'east'
      await stage.write(`after ${step}`, there)
      const before = await stage.titles(there)
      sleep.letGo()
      expect(await asleep, step).toBeInstanceOf(Error)
      expect(await stage.titles(there), step).toEqual(before)
      expect(await stage.titles(there === 'home' ? 'east' : 'home'), step).toEqual([])
      expect(await stage.gates(), step).toEqual([])
    }
  }, 60_000)

  test('nor does one that repairs and falls asleep before it deletes', async () => {
    await stage.write('one')
    const killed = at('given', () => {
      throw new MoverKilled('given')
    })
    await expect(stage.move('east', killed)).rejects.toThrow(MoverKilled)
    await stage.leave()
    const sleep = held()
    const openOwner: typeof stage.deps.openOwner = (shard, name) => {
      const db = stage.deps.openOwner(shard, name)
      if (shard !== 'home') return db
      const { autocommit } = db
      return { ...db, autocommit, transaction: async (...given) => (await sleep.here(), db.transaction(...given)) }
    }
    const asleep = stage.repair({ openOwner }).catch((error: unknown) => error)
    await sleep.reached
    await expect.poll(async () => (await stage.leave(), await stage.repair()), { timeout: 20_000 }).toBe('done')
    await stage.move('home')
    sleep.letGo()
    expect(await asleep).toBeInstanceOf(MoverKilled)
    expect(await stage.titles('home')).toEqual(['one'])
  })

  test('a process that slept in the middle of its work can do nothing more with it', async () => {
    await stage.write('one')
    await stage.databases.home.query(
      `insert into shards.shard_processes (process_id, version, seen_at) values (gen_random_uuid(), 0, now() - interval '10 s')`,
    )
    const process = stage.databases.home.open('books')
    const sleep = held()
    const slept = process
      .transaction(async (tx) => {
        await tx.many(sql`select from books`)
        await sleep.here()
        await tx.run(
          sql`insert into books (book_id, owner_id, title) values (${stage.newId()}, ${stage.owner}, 'lost')`,
        )
      })
      .catch((error: unknown) => error)
    await sleep.reached
    await stage.move('east')
    sleep.letGo()
    expect(await slept).toBeInstanceOf(Error)
    expect(await stage.titles('home')).toEqual([])
    expect(await stage.titles('east')).toEqual(['one'])
  })
})

describe('a database that dies in the middle', () => {
  test('where the shop was to go: it stays, and is worked with at once; the rest follows', async () => {
    await stage.write('one')
    const dies = at('inserted', () => {
      stage.away.add('east')
      throw new Error('east is gone')
    })
    await expect(stage.move('east', dies)).rejects.toThrow()
    expect(await stage.gates()).toEqual([{ shard: 'east', closed: 'nobody' }])
    expect(await stage.whereItLies()).toBe('home')
    const { shards } = await stage.process()
    await shards.ofId(stage.newId()).db.autocommit.run(sql`update books set title = 'changed meanwhile'`)
    stage.away.clear()
    await stage.leave()
    expect(await stage.repair()).toBe('undone')
    expect(await stage.titles('home')).toEqual(['changed meanwhile'])
    expect(await stage.titles('east')).toEqual([])
    expect(await stage.gates()).toEqual([])
  })

  test('where the shop was: it is at the other one, and worked with at once; the rest follows', async () => {
    await stage.write('one')
    const dies = at('given', () => {
      stage.away.add('home')
      throw new Error('home is gone')
    })
    await expect(stage.move('east', dies)).rejects.toThrow()
    expect(await stage.gates()).toEqual([{ shard: 'home', closed: 'nobody' }])
    expect(await stage.whereItLies()).toBe('east')
    stage.away.clear()
    await stage.leave()
    expect(await stage.repair()).toBe('done')
    expect(await stage.titles('home')).toEqual([])
    expect(await stage.titles('east')).toEqual(['one'])
    expect(await stage.gates()).toEqual([])
  })
})
