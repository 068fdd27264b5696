import { testDatabase } from '@souk/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from './sql.ts'

const database = await testDatabase([
  { service: 'shelf', sets: [{ name: 'shelf', folder: new URL('./fixtures/shelf/', import.meta.url) }] },
])
const db = database.open('shelf')
beforeAll(() => db.autocommit.run(sql`insert into boxes (box_id, units, label) values (1, 5, 'one'), (2, 7, 'two')`))
afterAll(() => database.close())

describe('a value', () => {
  test('is a parameter and never part of the text', () => {
    const label = `'; drop table boxes; --`
    expect(sql`select * from boxes where label = ${label}`).toMatchObject({
      text: 'select * from boxes where label = $1',
      values: [label],
    })
  })

  test('comes back from the server as it was sent, whatever it looks like', async () => {
    // A zero byte is the one thing PostgreSQL's text cannot hold; it is refused, not cut off.
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => !value.includes('\0'))
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect(await db.autocommit.one(sql`select ${value}::text as value`)).toEqual({ value })
      }),
      { numRuns: 60 },
    )
  })

  test('that looks like SQL changes nothing', async () => {
    for (const attack of [`x' or '1'='1`, `x'; delete from boxes; --`, '$1', '${1}', `\\'; drop table boxes`])
      expect(await db.autocommit.many(sql`select * from boxes where label = ${attack}`)).toEqual([])
    expect(await db.autocommit.one(sql`select count(*) as boxes from boxes`)).toEqual({ boxes: 2 })
  })

  test('may be a list, passed as one parameter', async () => {
    const rows = await db.autocommit.many(sql`select units from boxes where box_id = any(${[1, 2]}::int[]) order by 1`)
    expect(rows).toEqual([{ units: 5 }, { units: 7 }])
  })
})

describe('a fragment inside a statement', () => {
  test('is spliced in and its parameters are renumbered', () => {
    const onlyFull = sql`and units > ${3}`
    expect(sql`select * from boxes where box_id = ${1} ${onlyFull} and label <> ${'x'}`).toMatchObject({
      text: 'select * from boxes where box_id = $1 and units > $2 and label <> $3',
      values: [1, 3, 'x'],
    })
  })

  test('may hold another one, may stand twice and may come first', async () => {
    const least = sql`units >= ${5}`
    const range = sql`${least} and units <= ${6}`
    const statement = sql`select ${range} as fits, ${'a'}::text as a from boxes where ${least} and ${range}`
    expect(statement.values).toEqual([5, 6, 'a', 5, 5, 6])
    expect(await db.autocommit.many(statement)).toEqual([{ fits: true, a: 'a' }])
  })

  test('past the ninth parameter keeps its own numbers', async () => {
    const ten = sql`${1}::int + ${2}::int + ${3}::int + ${4}::int + ${5}::int + ${6}::int + ${7}::int + ${8}::int + ${9}::int + ${10}::int`
    expect(await db.autocommit.one(sql`select ${100}::int + ${ten} + ${1000}::int as sum`)).toEqual({ sum: 1155 })
  })
})

describe('the name under which a statement is prepared', () => {
  const byId = (id: number) => sql`select * from boxes where box_id = ${id}`
  test('is the same for the same text, whatever the values', () => expect(byId(1).name).toBe(byId(2).name))
  test('differs when an optional condition is added', () => {
    const list = (extra: boolean) => sql`select * from boxes ${extra ? sql`where units > 0` : sql``}`
    expect(list(true).name).not.toBe(list(false).name)
    expect(list(true).name).toBe(list(true).name)
  })
})

describe('the number of rows', () => {
  test('one row means exactly one', async () => {
    await expect(db.autocommit.one(sql`select * from boxes where box_id = ${9}`)).rejects.toThrow(
      'expected one row, got 0',
    )
    await expect(db.autocommit.one(sql`select * from boxes`)).rejects.toThrow('expected one row, got 2')
  })
  test('maybe one means none or one', async () => {
    expect(await db.autocommit.maybeOne(sql`select * from boxes where box_id = ${9}`)).toBeUndefined()
    await expect(db.autocommit.maybeOne(sql`select * from boxes`)).rejects.toThrow('expected one row at most, got 2')
  })
  test('a change answers how many it changed', async () => {
    expect(await db.autocommit.run(sql`update boxes set units = units`)).toBe(2)
  })
  test('a number too large for JavaScript is an error, never rounded', async () => {
    await expect(db.autocommit.one(sql`select ${'9007199254740993'}::bigint as n`)).rejects.toThrow()
    expect(await db.autocommit.one(sql`select ${'9007199254740991'}::bigint as n`)).toEqual({ n: 9007199254740991 })
  })
})
