import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { aRoute, aServer, shape } from './server.fixture.ts'

const seen: unknown[] = []
const hook = aRoute({
  method: 'POST',
  url: '/v1/hooks',
  operationId: 'receive',
  rawBody: true,
  idempotency: 'none',
  bodyLimitBytes: 100,
  limit: { name: 'hooks', perMinute: 150, per: 'address', instead: true },
  handle: async ({ body }) => {
    seen.push(body)
    return { status: 200, body: { done: true } }
  },
})
const post = (payload: Buffer | string, url = '/v1/hooks') => ({
  method: 'POST' as const,
  url,
  headers: { 'content-type': 'application/json' },
  payload,
})

describe('a route that takes its body raw', () => {
  test('is given the very bytes, whatever they are', async () => {
    const server = aServer({ routes: [hook] })
    for (const bytes of [
      Buffer.from('{ "a" :1.0}\n'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x00]),
      Buffer.from('not JSON'),
    ]) {
      expect((await server.inject(post(bytes))).statusCode).toBe(200)
      expect(Buffer.compare(seen.at(-1) as Buffer, bytes)).toBe(0)
    }
  })
  test('takes no more than its limit, and JSON by name only', async () => {
    const server = aServer({ routes: [hook] })
    expect((await server.inject(post('x'.repeat(101)))).statusCode).toBe(413)
    const xml = { ...post('<x/>'), headers: { 'content-type': 'application/xml' } }
    expect((await server.inject(xml)).statusCode).toBe(415)
  })
  test('changes nothing for its neighbours', async () => {
    const other = aRoute({
      method: 'POST',
      url: '/v1/others',
      operationId: 'other',
      body: shape({ a: Type.Integer() }),
      answers: { 200: shape({ a: Type.Integer() }) },
      handle: async ({ body }) => ({ status: 200, body }),
    })
    const server = aServer({ routes: [hook, other] })
    expect((await server.inject(post('{"a":1}', '/v1/others'))).json()).toEqual({ a: 1 })
    expect((await server.inject(post('{"a":', '/v1/others'))).json().code).toBe('malformed-json')
  })
  test('may have a limit of its own instead of the general one', async () => {
    const server = aServer({ routes: [hook] })
    const statuses = []
    for (let sent = 0; sent < 151; sent += 1) statuses.push((await server.inject(post('{}'))).statusCode)
    expect(statuses.filter((status) => status === 200)).toHaveLength(150)
    expect(statuses.at(-1)).toBe(429)
  })
  test('declares no body', () =>
    expect(() => aServer({ routes: [aRoute({ ...hook, body: shape({}) })] })).toThrow(/takes its body raw/))
})
