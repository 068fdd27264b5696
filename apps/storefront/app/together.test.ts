import { expect, test } from 'vitest'
import { askTogether } from './together.server.ts'

test('what is wanted at the same moment is asked for once, a hundred at a time', async () => {
  const asked: string[][] = []
  const of = askTogether(3, async (ids) => {
    asked.push(ids)
    return new Map(ids.filter((id) => id !== 'none').map((id) => [id, id.toUpperCase()]))
  })
  expect(await Promise.all(['a', 'b', 'a', 'none', 'c'].map(of))).toEqual(['A', 'B', 'A', undefined, 'C'])
  expect(asked).toEqual([['a', 'b', 'none'], ['c']])
  expect(await of('a')).toBe('A')
  expect(asked).toHaveLength(3)
})

test('a question that fails fails for whoever asked it, and for nobody after', async () => {
  let away = true
  const of = askTogether(10, async (ids) => {
    if (away) throw new Error('away')
    return new Map(ids.map((id) => [id, 1]))
  })
  await expect(Promise.all([of('a'), of('b')])).rejects.toThrow('away')
  away = false
  expect(await of('a')).toBe(1)
})
