import { expect, test } from 'vitest'
import { forgetOnDevice, onDevice, readViews, viewsWith, writeViews } from './views.ts'

const view = (name: string) => ({ name, search: { q: name } })

test('views come back as they were kept; what no view is, is none', () => {
  const views = viewsWith({ shops: [view('lamps')] }, 'orders', [view('late')])
  expect(readViews(writeViews(views))).toEqual(views)
  for (const broken of [undefined, 7, '', 'no json', '[]', 'null', '{"orders":7}', '{"orders":[{"name":1}]}'])
    expect(Object.values(readViews(broken)).flat(), String(broken)).toEqual([])
})

test('a screen has thirty of them, the latest; a screen without any is none', () => {
  const many = Array.from({ length: 40 }, (_, index) => view(String(index)))
  expect(viewsWith({}, 'orders', many).orders?.map(({ name }) => name)).toEqual(many.slice(10).map(({ name }) => name))
  expect(viewsWith({ orders: many }, 'orders', [])).toEqual({})
})

test('where there is no more room the oldest of the fullest screen go', () => {
  const long = Array.from({ length: 30 }, (_, index) => ({ name: `${index}`, search: { q: 'x'.repeat(1_000) } }))
  const text = writeViews({ orders: long, shops: [view('lamps')] })
  expect(text.length).toBeLessThanOrEqual(20_000)
  expect(readViews(text).shops).toEqual([view('lamps')])
  expect(readViews(text).orders?.at(-1)?.name).toBe('29')
})

test('what a device kept is found once, and another account’s is left alone', () => {
  const kept = new Map([
    ['souk-admin-views:me:orders', JSON.stringify([view('late')])],
    ['souk-admin-views:me:shops', 'broken'],
    ['souk-admin-views:other:orders', JSON.stringify([view('theirs')])],
  ])
  const device = {
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => void kept.delete(key),
    key: (index: number) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size
    },
  }
  expect(onDevice(device, 'me')).toEqual({ orders: [view('late')] })
  forgetOnDevice(device, 'me')
  expect([...kept.keys()]).toEqual(['souk-admin-views:other:orders'])
})
