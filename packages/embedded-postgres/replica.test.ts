import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { type Replica, startReplica } from './replica.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './supervisor.ts'

const folder = mkdtempSync(join(tmpdir(), 'souk-replica-'))
const small = { shared_buffers: '32MB' }
let primary: EmbeddedPostgres | undefined
let replica: Replica | undefined
afterAll(async () => {
  await replica?.stop()
  await primary?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function ask<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

const shows = async (url: string, wanted: number) => {
  for (let attempt = 0; ; attempt += 1) {
    const [row] = await ask<{ n: number }>(url, 'select count(*)::int as n from things').catch(() => [])
    if (row?.n === wanted || attempt > 300) return row?.n
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('a replica shows what the primary has, goes on after both were started anew, and is written by nobody', async () => {
  primary = await startEmbeddedPostgres({ folder: join(folder, 'primary'), settings: small })
  await ask(primary.url, 'create table things as select generate_series(1, 1000) as n')
  replica = await startReplica(primary, { folder: join(folder, 'replica'), settings: small })
  expect(await shows(replica.url, 1_000)).toBe(1_000)
  await ask(primary.url, 'insert into things values (0)')
  expect(await shows(replica.url, 1_001)).toBe(1_001)
  await expect(ask(replica.url, 'insert into things values (0)')).rejects.toThrow('read-only')
  await replica.stop()
  await ask(primary.url, 'insert into things values (0)')
  await primary.restart('fast')
  replica = await startReplica(primary, { folder: join(folder, 'replica'), settings: small })
  expect(await shows(replica.url, 1_002)).toBe(1_002)
  await replica.forget()
  expect(await ask(primary.url, 'select from pg_replication_slots')).toEqual([])
})
