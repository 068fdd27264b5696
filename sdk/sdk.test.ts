import { describe, expect, test } from 'vitest'
import { createSouk, each, idempotencyKey, isProblem, SoukProblem, SoukUnreachable } from './index.ts'

type Seen = { url: string; method: string; headers: Headers; body: string | undefined }

/** A marketplace that answers what it is told to, in this order, and remembers what it was asked. */
function standIn(...answers: (Response | Error)[]) {
  const seen: Seen[] = []
  const ask = async (url: string, init: RequestInit) => {
    const body = init.body === undefined ? undefined : new TextDecoder().decode(init.body as ArrayBuffer)
    seen.push({ url, method: init.method ?? 'GET', headers: new Headers(init.headers), body })
    const answer = answers.shift()
    if (answer === undefined) throw new Error('nothing more to answer')
    if (answer instanceof Error) throw answer
    return answer
  }
  return { seen, fetch: ask }
}
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers })
const problem = (status: number, code: string, more: object = {}, headers = {}) =>
  json(
    { type: `/problems/${code}`, title: code, status, code, detail: 'Because.', correlationId: 'c', ...more },
    status,
    headers,
  )

const baseUrl = 'http://souk.test'
const order = { body: { lines: [{ variantId: 'v', quantity: 1 }] } }

describe('the client of the API', () => {
  test('sends what was asked to the place it belongs, as whoever is signed in', async () => {
    const api = standIn(json({ id: 'p' }))
    await createSouk({ baseUrl, ...api, token: () => 'abc' }).getProduct({ path: { productId: 'a/b' } })
    expect(api.seen[0]?.url).toBe('http://souk.test/v1/products/a%2Fb')
    expect(api.seen[0]?.headers.get('authorization')).toBe('Bearer abc')
    expect(api.seen[0]?.headers.has('idempotency-key')).toBe(false)
  })
  test('gives every unsafe request a key, and keeps the one it was given', async () => {
    const api = standIn(json({}), json({}))
    const souk = createSouk({ baseUrl, ...api })
    await souk.placeOrder(order)
    await souk.placeOrder({ ...order, ...idempotencyKey('mine') })
    expect(api.seen[0]?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/)
    expect(api.seen[1]?.headers.get('idempotency-key')).toBe('mine')
  })
  test('asks again under the same key, with the same body, when there was no answer or no time', async () => {
    const api = standIn(
      new TypeError('reset'),
      problem(503, 'overloaded', {}, { 'retry-after': '0' }),
      json({ id: 'o' }),
    )
    await createSouk({ baseUrl, ...api }).placeOrder(order)
    expect(new Set(api.seen.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
    expect(api.seen.map(({ body }) => body)).toEqual(Array(3).fill(JSON.stringify(order.body)))
  })
  test('leaves a long wait to the caller, and says how long it is', async () => {
    const api = standIn(problem(429, 'rate-limited', {}, { 'retry-after': '60' }))
    const refusal = await createSouk({ baseUrl, ...api })
      .listShops()
      .catch((error: unknown) => error)
    expect(isProblem(refusal, 'rate-limited') && refusal.retryAfterSeconds).toBe(60)
    expect(api.seen).toHaveLength(1)
  })
  test('renews an expired token once and goes on', async () => {
    const api = standIn(problem(401, 'token-expired'), json({ id: 'me' }))
    const asked: string[] = []
    const refresh = async (expired: string) => {
      asked.push(expired)
      return 'new'
    }
    await createSouk({ baseUrl, ...api, token: () => 'old', refresh }).getMe()
    expect(asked).toEqual(['old'])
    expect(api.seen[1]?.headers.get('authorization')).toBe('Bearer new')
  })
  test('throws a refusal with its code, its words and what else it says', async () => {
    const api = standIn(problem(409, 'out-of-stock', { available: 3 }))
    const refusal = (await createSouk({ baseUrl, ...api })
      .placeOrder(order)
      .catch((error: unknown) => error)) as SoukProblem
    expect(refusal).toBeInstanceOf(SoukProblem)
    expect(refusal).toMatchObject({ status: 409, code: 'out-of-stock', detail: 'Because.', members: { available: 3 } })
  })
  test('says when nobody answered, after trying again', async () => {
    const api = standIn(...Array.from({ length: 3 }, () => new TypeError('refused')))
    await expect(createSouk({ baseUrl, ...api }).listShops()).rejects.toBeInstanceOf(SoukUnreachable)
    expect(api.seen).toHaveLength(3)
  })
  test('takes a page that is no problem details for a refusal all the same', async () => {
    const api = standIn(new Response('<h1>Bad gateway</h1>', { status: 502 }))
    await expect(createSouk({ baseUrl, ...api }).listShops()).rejects.toMatchObject({ status: 502, code: 'unknown' })
  })
})

test('a list goes on until its last page', async () => {
  const api = standIn(json({ items: [1, 2], nextCursor: 'x' }), json({ items: [3], nextCursor: null }))
  const souk = createSouk({ baseUrl, ...api })
  const all: unknown[] = []
  for await (const product of each((page) => souk.listProducts({ query: { ...page, limit: 2 } }))) all.push(product)
  expect(all).toEqual([1, 2, 3])
  expect(api.seen[1]?.url).toContain('cursor=x')
})
