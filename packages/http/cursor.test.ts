import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cursorOf, pageOf, readCursor } from './cursor.ts'

const id = '0198c0de-0000-7000-8000-000000000000'

describe('a cursor', () => {
  test('says again what it was made of', () =>
    fc.assert(
      fc.property(fc.string(), fc.maxSafeInteger(), (text, whole) => {
        fc.pre(!text.includes('\0') && text.isWellFormed())
        expect(readCursor('products', cursorOf('products', text, whole, id), 'text', 'integer', 'id')).toEqual([
          text,
          whole,
          id,
        ])
      }),
    ))

  test.each([
    ['of another list', cursorOf('orders', id)],
    ['with too little in it', cursorOf('products')],
    ['with too much in it', cursorOf('products', id, 1)],
    ['with something else in it', cursorOf('products', 'not an id')],
    ['that is none', 'nonsense'],
    ['that is empty', ''],
    ['that is JSON but no list', Buffer.from('{"0":"products"}').toString('base64url')],
  ])('%s is refused', (_, cursor) => {
    expect(() => readCursor('products', cursor, 'id')).toThrow('not a cursor of this list')
  })

  test.each(['2026-02-31', '2026-13-01', '0000-01-01', '+275760-09-13', '2026-1-1', 'later', 20_261_224])(
    'of a day there is none of (%s) is refused',
    (day) => {
      expect(() => readCursor('lots', cursorOf('lots', day), 'day')).toThrow('not a cursor of this list')
    },
  )

  test('knows the days there are', () => {
    expect(readCursor('lots', cursorOf('lots', '2028-02-29'), 'day')).toEqual(['2028-02-29'])
  })

  test('that was not given means the beginning', () => {
    expect(readCursor('products', undefined, 'id')).toBeUndefined()
  })

  test('whatever is sent, nothing but a refusal comes of it', () =>
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        expect(() => readCursor('products', cursor, 'instant', 'id')).toThrow('not a cursor')
      }),
    ))
})

test('a page shows what was asked for, and whether there is more', () => {
  const page = (rows: number[]) => pageOf(rows, 2, (row) => row * 10, String)
  expect(page([1, 2, 3])).toEqual({ items: [10, 20], nextCursor: '2' })
  expect(page([1, 2])).toEqual({ items: [10, 20], nextCursor: null })
  expect(page([])).toEqual({ items: [], nextCursor: null })
})
