import { sql } from '@souk/postgres'
import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeBatch, encodeBatch } from './envelope.ts'
import { describeConsumers } from './consumer.conformance.ts'
import { describeLog, type LogUnderTest } from './log.conformance.ts'
import { readRows } from './log.sql.ts'
import { itemsOf, kindsOf } from './intake.ts'
import { beginning, comparePositions, type EventLog, type LogRow, type WrittenRow } from './log.ts'
import { lookedAfter } from './looked-after.ts'
import { createOutbox } from './outbox.ts'
import { createOutboxLooks } from './outbox-looks.ts'
import { createPostgresLog } from './postgres-log.ts'
import { counted, countedEvent, noted, openSession, openStage, type Stage } from './test-log.ts'

async function openLog(read: (log: EventLog) => EventLog['read']): Promise<LogUnderTest> {
  const stage = await openStage()
  return {
    log: { ...stage.log, read: read(stage.log) },
    source: 'writer',
    shard: 'main',
    topics: [counted.topic, noted.topic],
    event: (topic, key) => countedEvent(key, 1, topic === counted.topic ? counted : noted),
    async begin() {
      const session = await openSession(stage.database)
      await session.run('begin')
      const end = async (how: string) => {
        await session.run(how)
        await session.close()
      }
      return { append: session.append, commit: () => end('commit'), rollback: () => end('rollback') }
    },
    close: stage.close,
  }
}

describeLog('PostgreSQL', () => openLog((log) => log.read))

// Who says which kinds he wants shares the newest rows with others who do.
describeLog('PostgreSQL, as consumers read it', () =>
  openLog(
    (log) => (source, lane, from, want) => log.read(source, lane, from, { ...want, kinds: [counted.type, noted.type] }),
  ),
)

describeConsumers('PostgreSQL', async () => {
  const stage = await openStage()
  return {
    log: stage.log,
    openLog: () => stage.log,
    source: 'writer',
    shard: 'main',
    reader: stage.reader,
    counted,
    event: countedEvent,
    eventOfTomorrow: (key) => countedEvent(key, 1, { ...counted, schemaVersion: 2 }),
    versionOf: ({ payload }) => Number((payload as never as { version: bigint }).version),
    write: stage.write,
    writeRaw: (batch) =>
      stage.writer.autocommit
        .run(sql`insert into outbox (topic, event_count, batch) values (${counted.topic}, 1, ${batch})`)
        .then(() => {}),
    deliverAgain: async () => {},
    // What forget_events does to rows older than a day.
    forgetAll: async () => void (await stage.database.query('delete from writer.outbox')),
    sharedBy: 1,
    close: stage.close,
  }
})

const batchOf = (key: string) => encodeBatch([countedEvent(key, 1)])

describe('the outbox as a log', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  const readKeys = async (from = beginning) => {
    const page = await stage.log.read('writer', 'main', from, { topics: [counted.topic], limitEvents: 1_000 })
    return { keys: page.rows.flatMap((row) => decodeBatch(row.batch).map(({ key }) => key)), page }
  }

  test('a row whose number was drawn early, by a transaction that got its id late, is delivered', async () => {
    // The cursor is (xid, seq): seq 1 belongs to the later transaction, and an id-only cursor would be past it.
    const from = await stage.end()
    const [one, two] = [await openSession(stage.database), await openSession(stage.database)]
    await one.run('begin')
    const insert = `insert into outbox (seq, topic, event_count, batch) overriding system value values ($1, $2, 1, $3)`
    await two.run('begin')
    await two.run(insert, [100_501, counted.topic, batchOf('second number, first transaction')])
    await one.run(insert, [100_500, counted.topic, batchOf('first number, second transaction')])
    await two.run('commit')
    const first = await readKeys(from)
    await one.run('commit')
    await eventually(async () =>
      expect([...first.keys, ...(await readKeys(first.page.end)).keys]).toEqual([
        'second number, first transaction',
        'first number, second transaction',
      ]),
    )
    await Promise.all([one.close(), two.close()])
  })

  test('while an older transaction is open the stall is measured, and a row committed after it waits', async () => {
    const from = await stage.end()
    const old = await openSession(stage.database)
    await old.run('begin')
    await old.run('select pg_current_xact_id()')
    await stage.write(countedEvent('waits', 1))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect((await readKeys(from)).keys).toEqual([])
    expect(await stage.log.stalledSeconds('writer', 'main')).toBeGreaterThan(0.02)
    expect((await stage.log.lag('writer', 'main', from, { topics: [counted.topic] })).events).toBe(1)
    await old.run('rollback')
    await eventually(async () => expect((await readKeys(from)).keys).toEqual(['waits']))
    await stage.end()
    await old.close()
  })

  test('a look at all outboxes tells of what can be read behind a place, and counts what cannot yet', async () => {
    const { xid, seq } = await stage.end()
    const looks = createOutboxLooks(stage.database.open('souk_log'), ['reader', 'writer'])
    const places = new Map(['reader', 'writer'].map((source) => [source, { xid, seq }]))
    const old = await openSession(stage.database)
    await old.run('begin')
    await old.run('select pg_current_xact_id()')
    await stage.write(countedEvent('looked for', 1))
    const held = await looks.news(places)
    expect(held.sources).toEqual([])
    expect([...(await looks.lags(places)).entries()]).toMatchObject([
      ['reader', { events: 0, seconds: 0 }],
      ['writer', { events: 1 }],
    ])
    await old.run('rollback')
    // Where nothing was found nothing can have been passed over.
    const later = new Map([['writer', { xid: held.xmin, seq: 0 }]])
    await eventually(async () => expect((await looks.news(later)).sources).toEqual(['writer']))
    await stage.end()
    await old.close()
  })

  test('readers that rest are woken when another process has written, and for nothing else', async () => {
    await stage.end()
    const looks = createOutboxLooks(stage.database.open('souk_log'), ['reader', 'writer'])
    const looked = lookedAfter(stage.log, [{ looks, sources: ['reader', 'writer'] }])
    const [reader, writer] = [looked.log.watch('reader'), looked.log.watch('writer')]
    // Woken once, since nobody knows yet how far anybody has read.
    await Promise.all([reader.waitForMore(2_000), writer.waitForMore(2_000)])
    const elsewhere = createOutbox({ wake() {} })
    await stage.writer.transaction((tx) => elsewhere.append(tx, [countedEvent('elsewhere', 1)]))
    // Longer than it was asked to wait: who rests is told.
    expect(await writer.waitForMore(250)).toBe(true)
    expect(await reader.waitForMore(50)).toBe(false)
    await looked.close()
    reader.close()
    writer.close()
    await stage.end()
  })

  test('a place beyond the end of the log is noticed, as after a restore into another server', async () => {
    const page = await stage.log.read(
      'writer',
      'main',
      { xid: '999999999', seq: 0, index: 0 },
      { topics: [counted.topic], limitEvents: 10 },
    )
    expect(page).toMatchObject({ rows: [], reached: false, full: false, end: { xid: '999999999' } })
  })

  test('the whole log of a service is in one order: that of its transactions', async () => {
    const from = await stage.end()
    for (const keys of [['a'], ['b', 'c', 'd'], ['e']]) await stage.write(...keys.map((key) => countedEvent(key, 1)))
    await eventually(async () => expect((await readKeys(from)).keys).toEqual(['a', 'b', 'c', 'd', 'e']))
  })

  test('one transaction makes one row per topic', async () => {
    const from = await stage.end()
    await stage.write(countedEvent('a', 1), countedEvent('n', 1, noted), countedEvent('b', 1))
    await stage.end()
    const topics = [counted.topic, noted.topic]
    const { rows } = await stage.log.read('writer', 'main', from, { topics, limitEvents: 10 })
    expect(rows.map((row) => [row.topic, row.eventCount])).toEqual([
      [counted.topic, 2],
      [noted.topic, 1],
    ])
    expect(new Set(rows.map((row) => row.xid)).size).toBe(1)
  })

  test('rows without a kind that is wanted are not sent; those that do not say their kinds are', async () => {
    const from = await stage.end()
    await stage.write(countedEvent('a', 1))
    await stage.writer.autocommit.run(
      sql`insert into outbox (topic, event_count, batch) values (${counted.topic}, 1, ${encodeBatch([countedEvent('b', 1)])})`,
    )
    await stage.end()
    const seen = async (kinds?: readonly string[]) => {
      const want = { topics: [counted.topic], limitEvents: 10, ...(kinds && { kinds }) }
      const { rows, end } = await stage.log.read('writer', 'main', from, want)
      return { rows: rows.length, pastThem: BigInt(end.xid) > BigInt(from.xid) }
    }
    expect(await seen()).toEqual({ rows: 2, pastThem: true })
    expect(await seen([counted.type])).toEqual({ rows: 2, pastThem: true })
    expect(await seen(['writer.other'])).toEqual({ rows: 1, pastThem: true })
    expect(
      (await stage.log.lag('writer', 'main', from, { topics: [counted.topic], kinds: ['writer.other'] })).events,
    ).toBe(1)
  })

  test('two consumers of one process are given the same event, opened once', async () => {
    const from = await stage.end()
    const wants = [[counted.type], [counted.type, noted.type]].map((kinds) => ({
      topics: [counted.topic],
      kinds,
      limitEvents: 10,
    }))
    let places = [from, from]
    /** Both read on where they are, at the same time. */
    const pages = async () => {
      const read = await Promise.all(
        wants.map((want, which) => stage.log.read('writer', 'main', places[which] ?? from, want)),
      )
      places = read.map(({ end }) => end)
      return read
    }
    // Until both are at the newest end: what others write to this server moves it between the looks of the two.
    do await pages()
    while (comparePositions(places[0] ?? from, places[1] ?? from) !== 0)
    const together = places[0] ?? from
    await stage.write(countedEvent('a', 1))
    await stage.end()
    const [one, other] = (await pages()).map(
      ({ rows }) => itemsOf(rows[0] as LogRow, kindsOf([counted]), together)[0]?.event,
    )
    expect(one?.key).toBe('a')
    expect(other).toBe(one)
  })

  describe('a row its writer has told of', () => {
    const want = { topics: [counted.topic], kinds: [counted.type], limitEvents: 10 }
    const told = encodeBatch([countedEvent('as told', 1)])

    /** Writes a row, tells the log of it as `say` says, and answers the keys that are read. */
    async function readAfter(say: (row: WrittenRow) => WrittenRow[], events = [countedEvent('as written', 1)]) {
      // Its end is where everybody reads on together.
      const log = createPostgresLog([{ name: 'main', db: stage.database.open('souk_log') }])
      const { end: from } = await log.read('writer', 'main', await stage.end(), want)
      const place = await stage.writer.autocommit.one<{ xid: string; seq: number }>(
        sql`insert into outbox (topic, kinds, event_count, batch)
            values (${counted.topic}, ${[counted.type]}::text[], ${events.length}, ${encodeBatch(events)}) returning xid::text, seq`,
      )
      for (const row of say({ ...place, batch: told })) log.wake('writer', [row])
      await stage.end()
      const { rows } = await log.read('writer', 'main', from, want)
      return rows.flatMap(({ batch }) => decodeBatch(batch).map(({ key }) => key))
    }

    test('is not sent again', async () => {
      expect(await readAfter((row) => [row])).toEqual(['as told'])
    })

    test('is sent when it had the number of another transaction, or is not the one that was written', async () => {
      expect(await readAfter((row) => [{ ...row, xid: '7' }])).toEqual(['as written'])
      expect(await readAfter((row) => [{ ...row, seq: row.seq + 1_000 }])).toEqual(['as written'])
    })

    test('is sent when so much was told after it that the memory for it was full', async () => {
      const much = Buffer.alloc(16 * 1024 * 1024)
      const flood = (row: WrittenRow) => [row, { xid: row.xid, seq: row.seq + 1_000_000, batch: much }]
      expect(await readAfter(flood)).toEqual(['as written'])
    })
  })

  test('the service may write events and can neither change nor remove them; the log may only read them', async () => {
    const session = await openSession(stage.database)
    for (const statement of ['delete from outbox', 'update outbox set topic = topic', 'truncate outbox'])
      await expect(session.run(statement)).rejects.toThrow('permission denied')
    await session.close()
    const reader = stage.database.open('souk_log')
    const run = (text: string) => reader.autocommit.many({ name: '', text, values: [] })
    await expect(run('select count(*) from writer.outbox')).resolves.toBeDefined()
    await expect(run('delete from writer.outbox')).rejects.toThrow('permission denied')
    await expect(run('select * from reader.dead_letters')).rejects.toThrow('permission denied')
  })

  test('a page of a long log is found through its key, not by reading the log', async () => {
    await stage.database.query(`
      insert into writer.outbox (topic, event_count, batch) select 'writer.count', 1, '\\x00' from generate_series(1, 20000);
      analyze writer.outbox`)
    const statement = readRows('writer', { xid: '5', seq: 7 }, { topics: [counted.topic] }, 500, [])
    const plan = await stage.database.query<{ 'QUERY PLAN': string }>(
      `explain ${statement.text}`
        .replaceAll('$1', `'5'`)
        .replaceAll('$2', '7')
        .replaceAll('$3', `'{writer.count}'`)
        .replaceAll('$4', '500')
        .replaceAll('$5', 'null')
        .replaceAll('$6', `'{}'`),
    )
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Scan using outbox_pkey')
  })
})
