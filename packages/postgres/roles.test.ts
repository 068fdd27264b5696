import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { logRole } from './migrate.ts'
import { sql } from './sql.ts'

const set = (name: string) => ({
  service: name,
  sets: [{ name, folder: new URL(`./fixtures/${name}/`, import.meta.url) }],
})
const database = await testDatabase([set('shelf'), set('vault')])
const shelf = database.open('shelf').autocommit
const log = openDatabase({ url: database.urlFor(logRole), schema: 'vault' })
afterAll(() => log.close().then(() => database.close()))

describe('a service works in a role of its own', () => {
  test('which may read and change its own tables', async () => {
    await shelf.run(sql`insert into boxes (box_id, units) values (1, 5)`)
    await shelf.run(sql`update boxes set units = 6`)
    await shelf.run(sql`insert into notes (body) values ('numbered by the database')`)
    expect(await shelf.run(sql`delete from boxes`)).toBe(1)
  })

  test.each([
    sql`select * from vault.secrets`,
    sql`insert into vault.secrets values (2, 'x')`,
    sql`update vault.secrets set body = 'x'`,
    sql`delete from vault.secrets`,
    sql`truncate vault.secrets`,
    sql`select * from vault.outbox`,
    sql`select vault.forget_events(now(), '1', 1)`,
    sql`select vault.burn()`,
  ])('which may not touch a neighbour: $text', async (statement) => {
    await expect(shelf.run(statement)).rejects.toThrow('permission denied for schema vault')
  })

  test.each([
    sql`create table extra (id int)`,
    sql`create schema extra`,
    sql`create table public.extra (id int)`,
    sql`alter table boxes add column extra int`,
    sql`drop table boxes`,
    sql`drop schema shelf cascade`,
    sql`create index extra on boxes (units)`,
    sql`create or replace function forget_events(before timestamptz, passed_xid xid8, passed_seq bigint) returns int language sql as 'select 0'`,
    sql`create role extra`,
    sql`alter role souk_vault password 'mine'`,
    sql`set role souk_vault`,
    sql`truncate boxes`,
  ])('which may not change what there is: $text', async (statement) => {
    await expect(shelf.run(statement)).rejects.toThrow(
      /permission denied|must be (owner|able)|no privileges|cannot be executed/,
    )
  })

  test('which may write events and never change or remove one', async () => {
    await shelf.run(sql`insert into outbox (topic, event_count, batch) values ('shelf.box', 1, '')`)
    await expect(shelf.run(sql`update outbox set event_count = 2`)).rejects.toThrow(
      'permission denied for table outbox',
    )
    await expect(shelf.run(sql`delete from outbox`)).rejects.toThrow('permission denied for table outbox')
    await expect(shelf.run(sql`truncate outbox`)).rejects.toThrow('permission denied for table outbox')
  })

  test('which may not pretend that a migration was applied', async () => {
    expect(await shelf.many(sql`select file from migrations where set_name = 'shelf'`)).toHaveLength(1)
    await expect(shelf.run(sql`delete from migrations`)).rejects.toThrow('permission denied for table migrations')
    await expect(
      shelf.run(
        sql`insert into migrations (set_name, file, checksum, breaking) values ('shelf', '0002_x.sql', '', false)`,
      ),
    ).rejects.toThrow('permission denied for table migrations')
  })
})

test('a service calls its own functions', async () => {
  const vault = database.open('vault').autocommit
  expect(await vault.many(sql`select burn()`)).toHaveLength(1)
  expect(await vault.many(sql`select * from secrets`)).toEqual([])
})

describe('the event log reads in a role of its own', () => {
  test('which sees the outbox of every service', async () => {
    expect(await log.autocommit.many(sql`select * from vault.outbox`)).toEqual([])
    expect(await log.autocommit.many(sql`select * from shelf.outbox`)).toHaveLength(1)
  })

  test.each([
    sql`select * from vault.secrets`,
    sql`select * from vault.dead_letters`,
    sql`select * from vault.idempotency_keys`,
    sql`select * from vault.migrations`,
    sql`insert into vault.outbox (topic, event_count, batch) values ('vault.secret', 1, '')`,
    sql`delete from vault.outbox`,
    sql`create table vault.extra (id int)`,
    sql`select vault.burn()`,
  ])('which may do nothing else: $text', async (statement) => {
    await expect(log.autocommit.run(statement)).rejects.toThrow('permission denied')
  })
})
