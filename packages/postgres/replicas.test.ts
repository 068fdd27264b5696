import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, type Replica, startEmbeddedPostgres, startReplica } from '@souk/embedded-postgres'
import { eventually } from '@souk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { readFrom, watchReplicas } from './replicas.ts'
import { sql } from './sql.ts'

const folder = mkdtempSync(join(tmpdir(), 'souk-replicas-'))
const settings = { shared_buffers: '32MB' }
let primary: EmbeddedPostgres
let replica: Replica
let onPrimary: Database
let onReplica: Database
beforeAll(async () => {
  primary = await startEmbeddedPostgres({ folder: join(folder, 'primary'), settings })
  onPrimary = openDatabase({ url: primary.url, schema: 'public' })
  await onPrimary.autocommit.run(sql`create table things (n integer)`)
  replica = await startReplica(primary, { folder: join(folder, 'replica'), settings })
  onReplica = openDatabase({ url: replica.url, schema: 'public', connectTimeoutMs: 500 })
})
afterAll(async () => {
  await Promise.all([onPrimary?.close(), onReplica?.close()])
  await replica?.stop()
  await primary?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const isReplica = sql`select pg_is_in_recovery() as it`

test('lists are read from a replica, and from the primary while it lags or is gone', async () => {
  const watch = watchReplicas({ primary: onPrimary, replicas: [onReplica], lagLimitMs: 1_500, everyMs: 50 })
  const lists = readFrom(onPrimary, [onReplica], watch)
  const who = async () => ((await lists.one<{ it: boolean }>(isReplica)).it ? 'replica' : 'primary')
  const settles = (on: string) => eventually(async () => expect(await who()).toBe(on), { timeoutMs: 20_000 })
  try {
    await settles('replica')
    // It plays nothing any more, and what was written is missing there.
    await onReplica.autocommit.many(sql`select pg_wal_replay_pause()`)
    await onPrimary.autocommit.run(sql`insert into things values (1)`)
    await settles('primary')
    expect(await lists.many(sql`select n from things`)).toEqual([{ n: 1 }])
    await onReplica.autocommit.many(sql`select pg_wal_replay_resume()`)
    await settles('replica')
    expect(await lists.many(sql`select n from things`)).toEqual([{ n: 1 }])
    // Nothing is written for longer than the limit: it is not behind for that.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(await who()).toBe('replica')
    await replica.stop()
    for (let ask = 0; ask < 20; ask += 1) expect(await who()).toBe('primary')
    replica = await startReplica(primary, { folder: join(folder, 'replica'), port: replica.port, settings })
    await settles('replica')
  } finally {
    watch.stop()
  }
})
