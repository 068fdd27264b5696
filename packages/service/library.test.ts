import { readFile } from 'node:fs/promises'
import { testDatabase } from '@souk/testing'
import { getConstructionPlans, PgBoss } from 'pg-boss'
import { expect, test } from 'vitest'

const words = (sql: string) =>
  sql
    .replaceAll(/^--.*$/gm, '')
    .split(/[\s;]+/)
    .filter((word) => word !== '')
    .join(' ')

test('the tables of the job library are those its release asks for', async () => {
  const ours = words(await readFile(new URL('./jobs-schema/0001_pg_boss_43.sql', import.meta.url), 'utf8'))
  const theirs = words(getConstructionPlans('jobs', { createSchema: false }))
  expect(theirs, 'print getMigrationPlans of the new release into a migration of its own').toContain(ours)
})

test('nothing differs from what the library expects to find', async () => {
  const database = await testDatabase([])
  const boss = new PgBoss({ connectionString: database.adminUrl, schema: 'jobs', migrate: false, supervise: false })
  try {
    await boss.start()
    // Tables and indexes of our own beside the library's are no drift.
    const ours = new Set(['ok', 'extraIndexes'])
    for (const [what, found] of Object.entries(await boss.detectSchemaDrift()))
      if (!ours.has(what)) expect(found ?? [], what).toEqual([])
  } finally {
    await boss.stop({ graceful: false })
    await database.close()
  }
})
