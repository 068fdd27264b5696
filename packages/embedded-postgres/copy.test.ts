import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimTemporary, removeAbandoned } from './abandoned.ts'
import { bytesOfServer, copyServer } from './copy.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './supervisor.ts'

const folder = mkdtempSync(join(tmpdir(), 'souk-copy-'))
const small = { shared_buffers: '32MB' }
let original: EmbeddedPostgres
beforeAll(async () => {
  original = await startEmbeddedPostgres({ folder: join(folder, 'original'), settings: small })
})
afterAll(async () => {
  await original.stop()
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

test('a copy is of one moment, whatever was written meanwhile, and the two know nothing of each other', async () => {
  // Two rows that add up to nothing, changed together: a copy of two moments would not.
  await ask(original.url, 'create table pairs as select n, 0 as a, 0 as b from generate_series(1, 20000) n')
  let writing = true
  const writer = (async () => {
    while (writing) await ask(original.url, 'update pairs set a = a + 1, b = b - 1')
  })()
  const seen: number[] = []
  const there = await bytesOfServer(original.folder)
  const to = join(folder, 'copy')
  await copyServer(original, to, { onBytes: (bytes) => seen.push(bytes), bytesPerSecond: 40_000_000 })
  writing = false
  await writer
  expect(seen.at(-1)).toBeGreaterThan(there / 4)
  const copy = await startEmbeddedPostgres({ folder: to, settings: small })
  try {
    const sums = 'select count(*)::int as n, sum(a + b)::int as off, count(distinct a)::int as moments from pairs'
    expect(await ask(copy.url, sums)).toEqual([{ n: 20_000, off: 0, moments: 1 }])
    await ask(copy.url, 'drop table pairs')
    expect(await ask(original.url, 'select count(*)::int as n from pairs')).toEqual([{ n: 20_000 }])
    expect(await ask(original.url, 'select slot_name from pg_replication_slots')).toEqual([])
  } finally {
    await copy.stop()
  }
})

test('copying can be given up, and then nothing keeps the server from forgetting its log', async () => {
  const gone = AbortSignal.abort(new Error('given up'))
  await expect(copyServer(original, join(folder, 'half'), { signal: gone })).rejects.toThrow('given up')
  expect(await ask(original.url, 'select from pg_replication_slots')).toEqual([])
  await ask(original.url, "select pg_backup_start('again', true), pg_backup_stop(false)")
})

test('a folder goes when its process died, with the server in it; not while it lives, and never one nobody claimed', async () => {
  const [mine, unclaimed, left] = ['mine', 'unclaimed', 'left'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const each of [mine, unclaimed, left]) mkdirSync(each)
  const giveBack = claimTemporary(mine)
  expect(await removeAbandoned(mine, 'postgres')).toBe(false)
  giveBack()
  expect(await removeAbandoned(unclaimed, 'postgres')).toBe(false)

  const dead = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => dead.once('exit', resolve))
  writeFileSync(join(left, 'claim.json'), JSON.stringify({ pid: dead.pid, started: 'long ago' }))
  const server = await startEmbeddedPostgres({ folder: join(left, 'postgres'), settings: small })
  expect(await removeAbandoned(left, 'postgres')).toBe(true)
  expect(existsSync(left)).toBe(false)
  await expect(ask(server.url, 'select 1')).rejects.toThrow()
})
