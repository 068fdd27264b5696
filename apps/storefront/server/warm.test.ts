import { expect, test } from 'vitest'
import { pageOf } from './page-cache.ts'
import { warm } from './warm.ts'

const page = (body: string, status = 200) => pageOf(status, [], Buffer.from(body))
const linksTo = (...paths: string[]) => paths.map((path) => `<a href="${path}">`).join('')

test('pages are made from the first one on, each once, and only those that are for everybody', async () => {
  const shop: Record<string, string> = {
    '/': linksTo('/p/1/lamp', '/c/lamps', '/cart', '/account', '/search?q=x', 'https://elsewhere.example/p/9'),
    '/c/lamps': linksTo('/p/1/lamp', '/p/2/rug', '/'),
    '/p/1/lamp': linksTo('/s/torra', '/p/1/lamp?variant=7'),
  }
  const asked: string[] = []
  const made = await warm({
    from: ['/'],
    budgetMs: 5_000,
    get: async (path) => {
      asked.push(path)
      return page(shop[path] ?? '')
    },
  })
  expect(asked).toEqual(['/', '/p/1/lamp', '/c/lamps', '/s/torra', '/p/2/rug'])
  expect(made).toBe(5)
})

test('it ends in its time, whatever hangs, and at once where nothing answers', async () => {
  const begunAt = Date.now()
  await warm({ from: ['/'], budgetMs: 100, get: () => new Promise(() => {}) })
  expect(Date.now() - begunAt).toBeLessThan(2_000)
  let asked = 0
  const busy = async () => {
    asked += 1
    return page(linksTo(...Array.from({ length: 50 }, (_, at) => `/p/${asked}-${at}`)), 503)
  }
  expect(await warm({ from: ['/'], budgetMs: 60_000, get: busy })).toBe(0)
  expect(asked).toBeLessThan(20)
})
