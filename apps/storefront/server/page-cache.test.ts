import { expect, test } from 'vitest'
import { createPageCache, type Page, pageOf } from './page-cache.ts'

const control = 'public, max-age=0, s-maxage=10, stale-while-revalidate=60, stale-if-error=600'
const page = (text: string, more: [string, string][] = [['cache-control', control]], status = 200): Page =>
  pageOf(status, more, Buffer.from(text))

function cacheAt() {
  let now = 0
  const cache = createPageCache({ clock: () => now })
  return {
    cache,
    later: (seconds: number) => {
      now += seconds * 1_000
    },
    get: async (key: string, make: () => Promise<Page> | Page) =>
      (await cache.get(key, async () => make())).body.toString(),
  }
}

test('of a crowd that asks for one page at once, one makes it', async () => {
  const { get } = cacheAt()
  let made = 0
  const make = async () => {
    made += 1
    await Promise.resolve()
    return page(`page ${made}`)
  }
  expect(await Promise.all([get('/', make), get('/', make), get('/', make)])).toEqual(['page 1', 'page 1', 'page 1'])
  expect(await get('/', make)).toBe('page 1')
})

test('an old page is shown while a new one is made; one that is too old is waited for', async () => {
  const { get, later } = cacheAt()
  await get('/', () => page('old'))
  later(11)
  expect(await get('/', () => page('new'))).toBe('old')
  expect(await get('/', () => page('newer'))).toBe('new')
  later(71)
  expect(await get('/', () => page('newest'))).toBe('newest')
})

test('whoever comes after a while sees how it is now, if that takes but a moment, and how it was if not', async () => {
  const { get, later } = cacheAt()
  await get('/', () => page('before the sale'))
  later(20)
  expect(await get('/', () => page('the sale is on'))).toBe('the sale is on')
  later(20)
  expect(await get('/', () => page('broken', [], 503))).toBe('the sale is on')
  later(1)
  const begunAt = performance.now()
  expect(await get('/', () => new Promise(() => {}))).toBe('the sale is on')
  expect(performance.now() - begunAt).toBeLessThan(2_000)
})

test('an old page is better than an error, for as long as it allows', async () => {
  const { get, later } = cacheAt()
  const fails = () => page('broken', [], 503)
  await get('/', () => page('old'))
  later(500)
  expect(await get('/', fails)).toBe('old')
  expect(
    await get('/', () => {
      throw new Error('away')
    }),
  ).toBe('old')
  later(111)
  expect(await get('/', fails)).toBe('broken')
})

test('what is about one person is kept for nobody', async () => {
  const { get } = cacheAt()
  for (const headers of [
    [['cache-control', 'private, no-store']],
    [
      ['cache-control', control],
      ['set-cookie', 'who=me'],
    ],
    [],
  ] as [string, string][][]) {
    const key = JSON.stringify(headers)
    expect(await get(key, () => page('mine', headers))).toBe('mine')
    expect(await get(key, () => page('yours', headers))).toBe('yours')
  }
})

test('not more than three pages are made anew at a time: whoever is here is served first', async () => {
  const { get, later } = cacheAt()
  const keys = ['a', 'b', 'c', 'd', 'e']
  for (const key of keys) await get(key, () => page('old'))
  later(11)
  let making = 0
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const slow = async () => {
    making += 1
    await finished
    return page('new')
  }
  expect(await Promise.all(keys.map((key) => get(key, slow)))).toEqual(keys.map(() => 'old'))
  expect(making).toBe(3)
  finish()
})
