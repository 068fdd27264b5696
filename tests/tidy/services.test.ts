import { readFile } from 'node:fs/promises'
import { dumpSchema } from '@souk/postgres'
import { commonMigrations, type ServiceDefinition } from '@souk/service'
import { testDatabase } from '@souk/testing'
import { describe, expect, test } from 'vitest'
import { paths, read, root } from './source.ts'

const folders = [...new Set(paths.flatMap((path) => /^services\/[^/]+/.exec(path)?.[0] ?? []))]
const has = (path: string) => paths.includes(path)
const migrationsOf = (folder: string) => paths.filter((path) => path.startsWith(`${folder}/migrations/`))

describe.each(folders)('%s', (folder) => {
  test('has the rooms every service has', () => {
    const rooms = ['README.md', 'package.json', 'index.ts', 'errors.ts', 'config.ts', 'migrations/0001_*.sql']
    const missing = rooms.filter((room) =>
      room.includes('*')
        ? !migrationsOf(folder).some((path) => /\/0001_\w+\.sql$/.test(path))
        : !has(`${folder}/${room}`),
    )
    expect(
      missing,
      'Whoever knows one service knows all: docs/architecture.md says what belongs in each room.',
    ).toEqual([])
  })

  test('has the name of its folder everywhere', async () => {
    const name = folder.split('/')[1] as string
    expect((JSON.parse(read(`${folder}/package.json`)) as { name: string }).name).toBe(`@souk/${name}`)
    const exported = (await import(`${root}${folder}/index.ts`)) as Record<string, ServiceDefinition>
    expect(exported[name]?.name, `index.ts exports \`${name}\`, made by defineService({ name: '${name}' })`).toBe(name)
  })

  test('numbers its migrations without gaps and says above each why it is there', () => {
    const files = migrationsOf(folder)
    const numbers = files.map((path) => Number(/\/(\d{4})_[a-z0-9_]+\.sql$/.exec(path)?.[1]))
    expect(numbers, 'Files are called 0001_what_for.sql, 0002_…').toEqual(files.map((_, index) => index + 1))
    const silent = files.filter((path) => !/^(--! breaking\n)?-- \d{4} {2}\S/.test(read(path)))
    expect(silent, 'Begin with "-- 0001  Why. Compatible with the release before? Which locks?"').toEqual([])
  })

  // With PostgreSQL of the version we ship; another may write the same schema in other words.
  test.runIf(migrationsOf(folder).length > 0)('has a schema.sql that shows what its migrations make', async () => {
    const service = folder.split('/')[1] as string
    const sets = [commonMigrations, { name: service, folder: new URL(`file://${root}${folder}/migrations/`) }]
    const database = await testDatabase([{ service, sets }])
    try {
      const kept = await readFile(`${root}${folder}/schema.sql`, 'utf8').catch(() => '')
      expect(kept, `${folder}/schema.sql is stale. Run: npm run schema`).toBe(await dumpSchema(database.url, service))
    } finally {
      await database.close()
    }
  })
})
