import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRows, type Part, type Parts, partsIn, renewed } from './pages.ts'

/** A list behind an API, newest first; a cursor names the last row that was seen. */
const listOf = (rows: readonly number[], limit: number) => {
  const asked: (string | null)[] = []
  const read = async (cursor: string | null) => {
    asked.push(cursor)
    const from = cursor === null ? 0 : rows.findIndex((row) => row < Number(cursor))
    const items = from === -1 ? [] : rows.slice(from, from + limit)
    const end = from === -1 || from + limit >= rows.length
    return { items, nextCursor: end ? null : String(items.at(-1)) }
  }
  return { read, asked }
}
const countdown = (from: number, count: number) => Array.from({ length: count }, (_, index) => from - index)

async function readAll(rows: readonly number[], limit: number): Promise<Part<number>[]> {
  const { read } = listOf(rows, limit)
  const parts: Part<number>[] = []
  for (let cursor: string | null = null, done = false; !done; done = cursor === null) {
    const answer = await read(cursor)
    parts.push({ cursor, ...answer })
    cursor = answer.nextCursor
  }
  return parts
}
const rowsIn = (parts: Parts<number>) => parts.flatMap(({ items }) => items)

describe('a long list that is read anew', () => {
  test('costs what is in sight, not what was read before', async () => {
    const parts = await readAll(countdown(100_000, 100_000), 100)
    const { read, asked } = listOf(countdown(100_000, 100_000), 100)
    const now = (await renewed(parts, { from: 50_000, to: 50_030 }, read))(parts)
    expect(asked).toEqual([parts[500]?.cursor])
    expect(rowsIn(now)).toHaveLength(100_000)
  })

  test('stands still where somebody reads, whatever came to its top', async () => {
    const parts = await readAll(countdown(1_000, 1_000), 100)
    const { read } = listOf(countdown(1_050, 1_050), 100)
    const now = (await renewed(parts, { from: 500, to: 530 }, read))(parts)
    expect(rowsIn(now)).toEqual(countdown(1_000, 1_000))
  })

  test('at its top, shows what is new, without a row twice or missing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 50 }), async (before, more, limit) => {
        const parts = await readAll(countdown(before, before), limit)
        const after = countdown(before + more, before + more)
        const { read } = listOf(after, limit)
        const now = rowsIn((await renewed(parts, { from: 0, to: 20 }, read))(parts))
        expect(now).toEqual(after.slice(0, now.length))
        expect(now.length).toBeGreaterThanOrEqual(Math.min(after.length, limit))
      }),
    )
  })

  test('keeps what was added behind it meanwhile', async () => {
    const rows = countdown(400, 400)
    const all = await readAll(rows, 100)
    const renew = await renewed(all.slice(0, 2), { from: 0, to: 20 }, listOf(rows, 100).read)
    expect(rowsIn(renew(all.slice(0, 3)))).toEqual(countdown(400, 300))
  })

  test('that became short ends where it ends', async () => {
    const parts = await readAll(countdown(300, 300), 100)
    const now = (await renewed(parts, { from: 0, to: 20 }, listOf(countdown(300, 7), 100).read))(parts)
    expect(rowsIn(now)).toEqual(countdown(300, 7))
    expect(now.at(-1)?.nextCursor).toBeNull()
  })
})

test('rows in sight are found in their parts', () => {
  const part = (count: number) => ({ cursor: null, nextCursor: null, items: Array.from({ length: count }, () => 0) })
  const parts = [part(100), part(0), part(50)]
  expect(partsIn(parts, { from: 0, to: 20 })).toEqual([0, 0])
  expect(partsIn(parts, { from: 90, to: 110 })).toEqual([0, 2])
  expect(partsIn(parts, { from: 120, to: 140 })).toEqual([2, 2])
  expect(partsIn(parts, { from: 400, to: 440 })).toEqual([2, 2])
})

test('rows stay one list while parts are added, and become another when one changes', () => {
  const rowsOf = createRows<number>()
  const [a, b, c] = [1, 2, 3].map((row) => ({ cursor: String(row), nextCursor: null, items: [row] })) as Part<number>[]
  if (!a || !b || !c) throw new Error('three were made')
  const first = rowsOf([a, b])
  expect(rowsOf([a, b, c])).toBe(first)
  expect(first).toEqual([1, 2, 3])
  expect(rowsOf([a, c])).toEqual([1, 3])
})
