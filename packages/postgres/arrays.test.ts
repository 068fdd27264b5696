import { testDatabase } from '@souk/testing'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { integerArray, textArray, uuidArray } from './arrays.ts'
import { sql } from './sql.ts'

const database = await testDatabase([
  { service: 'shelf', sets: [{ name: 'shelf', folder: new URL('./fixtures/shelf/', import.meta.url) }] },
])
const db = database.open('shelf')
afterAll(() => database.close())

describe('an array of ids', () => {
  const id = fc.uuid({ version: [1, 4, 7] })
  const written = fc.tuple(id, fc.boolean()).map(([text, upper]) => (upper ? text.toUpperCase() : text))

  test('arrives at the server as the same ids in the same order, nulls and none at all included', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.option(written), { maxLength: 40 }), async (ids) => {
        const rows = await db.autocommit.many(
          sql`select id from unnest(${uuidArray(ids)}::uuid[]) with ordinality as t (id, n) order by n`,
        )
        expect(rows).toEqual(ids.map((each) => ({ id: each?.toLowerCase() ?? null })))
      }),
      { numRuns: 60 },
    ))

  test('may hold more of them than any batch does', async () => {
    const ids = Array.from(
      { length: 5_000 },
      (_, index) => `0190b6f0-0000-7000-8000-${String(index).padStart(12, '0')}`,
    )
    const [row] = await db.autocommit.many(
      sql`select count(distinct id) as n, max(id::text) as last from unnest(${uuidArray(ids)}::uuid[]) as t (id)`,
    )
    expect(row).toEqual({ n: 5_000, last: ids.at(-1) })
  })

  test('never holds anything else: each of these is refused before it is sent', () => {
    const good = '0190b6f0-1234-7abc-8def-0123456789ab'
    const wrong = [
      '',
      'null',
      good.slice(1),
      `${good}0`,
      good.replace('a', 'g'),
      good.replace('-', '0'),
      good.replace('0', '-'),
      // Its last byte is that of the digit 0.
      good.replace('0', 'İ'),
      good.replace('0', ' '),
      `{${good.slice(2)}}`,
    ]
    for (const each of wrong) expect(() => uuidArray([good, each]), JSON.stringify(each)).toThrow(TypeError)
  })
})

describe('an array of texts', () => {
  // A zero byte is the one thing PostgreSQL's text cannot hold.
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => !value.includes('\0'))

  test('arrives as it was, whatever it looks like', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(text, fc.constantFrom('{', '","', 'NULL', '')), { maxLength: 20 }),
        async (texts) => {
          const rows = await db.autocommit.many(
            sql`select t from unnest(${textArray(texts)}::text[]) with ordinality as u (t, n) order by n`,
          )
          expect(rows).toEqual(texts.map((t) => ({ t })))
        },
      ),
      { numRuns: 60 },
    ))
})

describe('an array of whole numbers', () => {
  test('arrives as it was, and refuses what is not whole', async () => {
    const rows = await db.autocommit.many(
      sql`select n from unnest(${integerArray([3, -1, 2 ** 40])}::bigint[]) as t (n)`,
    )
    expect(rows).toEqual([{ n: 3 }, { n: -1 }, { n: 2 ** 40 }])
    for (const each of [1.5, Number.NaN, 2 ** 53]) expect(() => integerArray([each])).toThrow(TypeError)
  })
})
