import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'

const database = await testDatabase([])
const root = await mkdtemp(join(tmpdir(), 'souk-migrations-'))
afterAll(() => Promise.all([database.close(), rm(root, { recursive: true })]))
beforeEach(() => database.query('drop schema if exists garden cascade'))

/** A folder with these files, applied as the service `garden`. */
async function garden(files: Record<string, string>) {
  const folder = await mkdtemp(join(root, 'set-'))
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text)
  const sets = [{ name: 'garden', folder: pathToFileURL(`${folder}/`) }]
  return () =>
    migrate({
      url: database.url,
      services: [{ service: 'garden', sets }],
      secret: testSecret,
    })
}

const beds = '-- 0001  Beds.\ncreate table beds (bed_id int primary key);'
const plants = '-- 0002  Plants.\ncreate table plants (bed_id int references beds);'
const tables = async () =>
  (
    await database.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'garden' and tablename <> 'migrations' order by 1`,
    )
  ).map((row) => row.name)

test('migrations are applied once, in the order of their numbers', async () => {
  const up = await garden({ '0002_plants.sql': plants, '0001_beds.sql': beds, 'README.md': 'not one' })
  expect((await up()).applied.map(({ file }) => file)).toEqual(['0001_beds.sql', '0002_plants.sql'])
  expect((await up()).applied).toEqual([])
  expect(await tables()).toEqual(['beds', 'plants'])
})

test('processes that start together apply every migration once', async () => {
  const up = await garden({ '0001_beds.sql': `select pg_sleep(0.1);\n${beds}`, '0002_plants.sql': plants })
  const all = await Promise.all([up(), up(), up()])
  expect(all.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 2])
})

test('a migration that fails leaves nothing of itself, and those before it stay', async () => {
  const up = await garden({
    '0001_beds.sql': beds,
    '0002_half.sql': 'create table half (id int); insert into beds values (1); select 1/0;',
  })
  await expect(up()).rejects.toThrow('garden: migration 0002_half.sql failed: division by zero')
  expect(await tables()).toEqual(['beds'])
  expect(await database.query('select * from garden.beds')).toEqual([])
  expect(await database.query('select file from garden.migrations')).toEqual([{ file: '0001_beds.sql' }])
})

test('a migration that was changed after it had been applied is refused', async () => {
  await (await garden({ '0001_beds.sql': beds }))()
  const changed = await garden({ '0001_beds.sql': `${beds} -- tidied`, '0002_plants.sql': plants })
  await expect(changed()).rejects.toThrow('migration 0001_beds.sql was changed after it had been applied here')
  expect(await tables()).toEqual(['beds'])
})

test('a program older than its database refuses to start where it could not work, and only there', async () => {
  const older = await garden({ '0001_beds.sql': beds })
  await (await garden({ '0001_beds.sql': beds, '0002_plants.sql': plants }))()
  expect((await older()).applied).toEqual([])
  await (
    await garden({
      '0001_beds.sql': beds,
      '0002_plants.sql': plants,
      '0003_lots.sql': `--! breaking\nalter table beds rename to lots;`,
    })
  )()
  await expect(older()).rejects.toThrow('the database is newer than this program: garden has applied 0003_lots.sql')
})

test('a service name that is no plain word never reaches the database', async () => {
  const up = (service: string) => migrate({ url: database.url, services: [{ service, sets: [] }], secret: testSecret })
  await expect(up('garden; drop schema public')).rejects.toThrow('not a service name')
  await expect(up('Garden')).rejects.toThrow('not a service name')
})
