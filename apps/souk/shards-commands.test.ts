import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allServices } from './services.ts'
import { startProcess, type TestProcess } from './test-division.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'souk-shards-'))
const shardsFile = join(folder, 'shards.json')
let home: TestDatabase
let east: TestDatabase
let marketplace: TestProcess | undefined

beforeAll(async () => {
  home = await testDatabase(allServices)
  east = await testDatabase([])
})
afterAll(async () => {
  await marketplace?.stop()
  await home?.close()
  await east?.close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

const settings = () => ({
  DATABASE_URL: home.url,
  SOUK_SECRET: testSecret,
  SOUK_DATA: folder,
  SOUK_LOG_LEVEL: 'error',
  EAST_URL: east.url,
})

/** The program as it is started from a shell. */
function souk(args: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args.split(' ')], {
    env: { PATH: process.env.PATH, ...settings(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let said = ''
  child.stdout.on('data', (data: Buffer) => {
    printed += data.toString()
  })
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString()
  })
  return new Promise<{ code: number | null; printed: string; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, printed, said }))
  })
}

const open = (env: Record<string, string> = {}) =>
  startProcess(['serve', ...allServices.map(({ name }) => name)], { ...settings(), SOUK_PORT: '0', ...env })

const divided = { SOUK_SHARDS: shardsFile }

// One story, in the order in which somebody would live through it.
test('a marketplace on one database says so, and nothing is moved or repaired', async () => {
  marketplace = await open()
  const commands = ['show', 'repair', 'move --to east --count 1']
  const answers = await Promise.all(commands.map((command) => souk(`shards ${command}`)))
  for (const answer of answers)
    expect(answer).toMatchObject({
      code: 1,
      printed: '',
      said: expect.stringContaining('There is one database only'),
    })
}, 300_000)

test('what cannot hold shops is not added, and why is said', async () => {
  const faults = [
    ['add east EAST', 2, 'no variable EAST'],
    ['add East EAST_URL', 2, 'no name of a shard'],
    ['add home EAST_URL', 2, 'no name of a shard'],
    ['add east mysql://host/east', 2, 'must be postgres://'],
    ['add east', 2, 'Say where east is'],
    [`add east ${home.url}`, 1, 'the same database as home'],
    ['add east postgres://nobody@127.0.0.1:1/east', 1, 'east cannot be used'],
  ] as const
  const answers = await Promise.all(faults.map(([command]) => souk(`shards ${command}`)))
  for (const [at, [command, code, said]] of faults.entries())
    expect(answers[at], command).toMatchObject({ code, printed: '', said: expect.stringContaining(said) })
}, 300_000)

test('an empty database is made ready; who runs has to be told, and until then nothing moves there', async () => {
  const { code, printed } = await souk('shards add east EAST_URL --json')
  expect(code).toBe(0)
  const added = JSON.parse(printed) as { migrations: number; processes: { knows: boolean }[]; shards: object }
  expect(added).toMatchObject({ name: 'east', needsRelay: false, processes: [{ knows: false }] })
  expect(added.migrations).toBeGreaterThan(10)
  expect(printed).not.toContain(new URL(east.url).password || 'no password')
  writeFileSync(shardsFile, '{}')
  const told = await souk('shards add east EAST_URL', divided)
  expect(told.printed).toContain(`written to ${shardsFile}`)
  expect(told.printed).toContain('nothing to migrate')
  expect(told.printed).toMatch(/Start these anew[^]*:\d+/)
  expect(JSON.parse(readFileSync(shardsFile, 'utf8'))).toEqual({ east: east.url })
  expect(await souk('shards spread', divided)).toMatchObject({
    code: 1,
    said: expect.stringContaining('1 processes that run do not know east'),
  })
}, 300_000)

test('once all know it, shops move and are spread; a person and a program are told the same', async () => {
  await marketplace?.stop()
  marketplace = await open(divided)
  expect((await souk('shards add east', divided)).printed).toContain('All 1 processes that run know it')
  const moved = await souk('shards move --to east --buckets 0-31 --at-once 32 --closed-for 60', divided)
  expect(moved).toMatchObject({ code: 0, printed: expect.stringMatching(/^home → east: 32 buckets, [\d,]+ rows/) })
  const spread = await souk('shards spread --at-once 512 --closed-for 60 --json', divided)
  expect(JSON.parse(spread.printed)).toMatchObject({ moves: [{ from: 'home', to: 'east', buckets: 480 }] })
  expect((await souk('shards spread', divided)).printed).toBe('All databases hold alike many buckets.\n')
  const shown = JSON.parse((await souk('shards show --json', divided)).printed) as { shards: object[]; moves: object[] }
  expect(shown.shards).toMatchObject([
    { name: 'home', buckets: 512, moving: 0, state: 'open' },
    { name: 'east', buckets: 512, moving: 0, state: 'open' },
  ])
  expect(shown.moves).toMatchObject([{ phase: 'done' }, { phase: 'done' }])
  expect((await souk('shards show', divided)).printed).toMatch(/east +512 +0 +~0 +\d+ MB +open/)
}, 300_000)

test('asked for what cannot be, it changes nothing and says what is wrong', async () => {
  const faults = [
    ['move --to north --count 1', 1, 'SOUK_SHARDS does not name north'],
    ['move --to east', 2, 'Say which'],
    ['move --to east --buckets 5000', 2, '--buckets takes numbers'],
    ['move --to east --shop nowhere', 1, 'There is no shop nowhere'],
    ['move --to east --buckets 0', 1, 'all of it lies on east already'],
  ] as const
  const answers = await Promise.all(faults.map(([command]) => souk(`shards ${command}`, divided)))
  for (const [at, [command, code, said]] of faults.entries())
    expect(answers[at], command).toMatchObject({ code, said: expect.stringContaining(said) })
  // A process that was not told does not begin: it would not find half of the shops.
  expect(await souk('shards show')).toMatchObject({ code: 2, said: expect.stringContaining('Shops lie on east') })
}, 300_000)

test('what a dead mover left is repaired by whoever comes first, and nobody has to be there', async () => {
  await marketplace?.stop()
  marketplace = undefined
  const leave = (phase: string) =>
    home.query(`
      insert into shards.shard_moves (move_id, source, destination, buckets, phase, mover, seen_at, began_at)
      values (gen_random_uuid(), 'home', 'east', '{40}', '${phase}', gen_random_uuid(), now() - interval '1 minute', now());
      insert into shards.shard_gates values ('home', 'nobody'), ('east', 'nobody');
      update shards.shard_map set version = version + 1`)
  await leave('inserting')
  expect(JSON.parse((await souk('shards repair --json', divided)).printed)).toEqual({ outcome: 'undone' })
  expect((await souk('shards repair', divided)).printed).toBe('There is no move that was left.\n')
  expect(await home.query('select from shards.shard_gates')).toEqual([])
  // A marketplace that lost its power in the middle of a move opens again.
  await leave('closing')
  const shown = await souk('shards show', divided)
  expect(shown).toMatchObject({ code: 0, printed: expect.stringContaining('undone by another') })
}, 300_000)
