import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { aRoute, aServer, shape } from './server.fixture.ts'

const upload = aRoute({
  method: 'PUT',
  url: '/v1/files',
  operationId: 'upload',
  streamBody: ['image/png', 'image/webp'],
  idempotency: 'none',
  bodyLimitBytes: 100,
  answers: { 200: shape({ bytes: Type.Integer() }) },
  handle: async ({ body }) => ({
    status: 200,
    body: { bytes: body instanceof Readable ? (await buffer(body)).length : -1 },
  }),
})
const download = aRoute({
  method: 'GET',
  url: '/v1/files',
  operationId: 'download',
  answers: { 200: Type.Unknown() },
  handle: async () => ({
    status: 200,
    body: Readable.from([Buffer.from('pic'), Buffer.from('ture')]),
    headers: {
      'content-type': 'image/png',
      'content-length': '7',
      'cache-control': 'public, max-age=60',
      'cross-origin-resource-policy': 'cross-origin',
    },
  }),
})
const put = (payload: Buffer | Readable, type = 'image/png', headers: Record<string, string> = {}) => ({
  method: 'PUT' as const,
  url: '/v1/files',
  headers: { 'content-type': type, ...headers },
  payload,
})

describe('a route that takes its body as a stream', () => {
  test('is given the bytes as they come, of the types it takes and no others', async () => {
    const server = aServer({ routes: [upload] })
    expect((await server.inject(put(Buffer.alloc(100), 'image/png; x=y'))).json()).toEqual({ bytes: 100 })
    expect((await server.inject(put(Buffer.alloc(10), 'image/WEBP'))).json()).toEqual({ bytes: 10 })
    for (const type of ['text/html', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])
      expect((await server.inject(put(Buffer.alloc(10), type))).statusCode).toBe(415)
    expect((await server.inject(put(Buffer.from('{}'), 'application/json'))).json()).toEqual({ bytes: -1 })
  })
  test('takes no more than its limit, announced or not', async () => {
    const server = aServer({ routes: [upload] })
    expect((await server.inject(put(Buffer.alloc(101)))).statusCode).toBe(413)
    const unannounced = put(Readable.from([Buffer.alloc(60), Buffer.alloc(60)]))
    expect((await server.inject(unannounced)).statusCode).toBe(413)
  })
  test('changes nothing for its neighbours: they take JSON alone', async () => {
    const other = aRoute({
      method: 'POST',
      url: '/v1/others',
      operationId: 'other',
      body: shape({}),
      handle: async () => ({ status: 200, body: {} }),
    })
    const server = aServer({ routes: [upload, other] })
    expect((await server.inject({ ...put(Buffer.alloc(1)), method: 'POST', url: '/v1/others' })).statusCode).toBe(415)
  })
})

describe('an answer that is a stream', () => {
  test('is sent with the headers of its route, each once, and those every answer has', async () => {
    const server = aServer({ routes: [download] })
    const answer = await server.inject({ method: 'GET', url: '/v1/files' })
    expect(answer.body).toBe('picture')
    expect(answer.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '7',
      'cache-control': 'public, max-age=60',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    const head = await server.inject({ method: 'HEAD', url: '/v1/files' })
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '7'])
  })
})
