import { openDatabase, sql } from '@souk/postgres'
import { expect, test } from 'vitest'
import { testDatabase } from './database.ts'

const notes = { service: 'notes', sets: [{ name: 'notes', folder: new URL('./fixtures/first/', import.meta.url) }] }

test('every test file has a database of its own, migrated, and works in the role of its service', async () => {
  const [first, second] = await Promise.all([testDatabase([notes]), testDatabase([notes])])
  const db = first.open('notes')
  await db.transaction((tx) => tx.run(sql`insert into notes (id, body) values (1, 'here')`))
  expect(await db.autocommit.one(sql`select body, current_user::text as role from notes`)).toEqual({
    body: 'here',
    role: 'souk_notes',
  })
  expect(await second.open('notes').autocommit.many(sql`select * from notes`)).toEqual([])
  await expect(db.autocommit.run(sql`create table others (id int)`)).rejects.toThrow('permission denied')
  await Promise.all([first.close(), second.close()])
})

test('twenty files that start together migrate once and do not collide', async () => {
  const databases = await Promise.all(Array.from({ length: 20 }, () => testDatabase([{ ...notes, service: 'crowd' }])))
  const [any] = databases
  const templates = await any?.query(`select datname from pg_database where datname like 'building%'`)
  expect(templates).toEqual([])
  await Promise.all(databases.map((database) => database.close()))
})

test('a connection that nobody closes fails the test, and says which', async () => {
  const database = await testDatabase([notes], { leakTimeoutMs: 200 })
  const forgotten = openDatabase({ url: database.urlFor('notes'), schema: 'notes', applicationName: 'forgotten' })
  await forgotten.autocommit.one(sql`select 1 as one`)
  await expect(database.close()).rejects.toThrow(/1 connections .* never closed:\n {2}forgotten \(idle\): select 1/)
  await forgotten.close()
})
