import { createMetrics } from '@souk/telemetry'
import { DatabaseUnavailable, OutcomeUnknown } from '@souk/postgres'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { defineErrors } from '@souk/errors'
import { shared } from './route.ts'
import { aRoute, aServer, person, shape } from './server.fixture.ts'

const id = '0192e4a0-0000-7000-8000-000000000000'
const place = aRoute({
  method: 'POST',
  url: '/v1/shops/:shopId/orders',
  operationId: 'placeOrder',
  access: 'signed-in',
  params: shape({ shopId: Type.String({ format: 'uuid' }) }),
  body: shape({
    quantity: Type.Integer({ minimum: 1, maximum: 1_000 }),
    note: Type.Optional(Type.String({ maxLength: 5 })),
  }),
  answers: { 201: shape({ quantity: Type.Integer() }) },
  handle: async (request) => ({ status: 201, body: { ...(request.body as object), secret: 'never sent' } }),
})
const people = { t: person() }
const post = (payload: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST' as const,
  url: `/v1/shops/${id}/orders`,
  headers: { authorization: 'Bearer t', 'content-type': 'application/json', ...headers },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
})

describe('starting', () => {
  const refused =
    (...routes: Parameters<typeof aRoute>[0][]) =>
    () =>
      aServer({ routes: routes.map((each) => aRoute(each)) })

  test('a route that does not say who may call it keeps the server from starting, and is named', () => {
    expect(refused({ access: undefined as never })).toThrow(/GET \/v1\/things \(listThings\) does not declare who/)
    expect(refused({ access: 'everybody' as never })).toThrow(/does not exist: "everybody"/)
    expect(refused({ access: { permission: '' } })).toThrow(/does not exist/)
    expect(refused({ access: { role: 'admin' } as never })).toThrow(/does not exist/)
  })
  test('two routes may share neither a name nor an address', () => {
    expect(refused({}, { url: '/v1/others' })).toThrow(/operationId that another route has/)
    const params = (name: string) => shape({ [name]: Type.String() })
    expect(
      refused({ url: '/v1/a/:x', params: params('x') }, { url: '/v1/a/:y', params: params('y'), operationId: 'other' }),
    ).toThrow(/address of another route/)
  })
  test('an object that takes unknown fields keeps the server from starting, however deep it is', () => {
    const open = shape({ lines: Type.Array(Type.Object({ sku: Type.String() })) })
    expect(refused({ method: 'POST', body: open })).toThrow(/the object at \/lines\/\* takes unknown fields/)
  })
  test('a format that nobody checks, and a parameter that is not declared, keep it from starting too', () => {
    expect(refused({ query: shape({ at: Type.String({ format: 'moon-phase' }) }) })).toThrow(/moon-phase/)
    expect(refused({ url: '/v1/a/:x' })).toThrow(/has the parameters x but declares none/)
  })
  test('an error code that is in no catalogue keeps it from starting', () => {
    const catalogue = defineErrors({ known: { status: 404, title: 'Known', help: '' } })
    expect(() => aServer({ routes: [aRoute({ errors: ['known', 'other'] })], errors: [catalogue] })).toThrow(
      /error other/,
    )
  })
  test('whatever is served beside the contract must say that it is for anybody', async () => {
    const server = aServer({ extra: (app) => void app.get('/hidden', async () => 'x') })
    await expect(server.inject({ url: '/hidden' })).rejects.toThrow(/GET \/hidden does not declare who/)
  })
})

describe('a request', () => {
  test('is answered with the declared fields and no others', async () => {
    const answer = await aServer({ routes: [place], people }).inject(post({ quantity: 3 }))
    expect([answer.statusCode, answer.json()]).toEqual([201, { quantity: 3 }])
  })
  test('may be answered with nulls, alternatives and texts alone', async () => {
    const Line = Type.Union([
      shape({ kind: Type.Literal('a'), n: Type.Integer() }),
      shape({ kind: Type.Literal('b'), s: Type.String() }),
    ])
    const body = {
      lines: [
        { kind: 'b', s: 'x' },
        { kind: 'a', n: 1 },
      ],
      next: null,
      at: null,
    }
    const answers = {
      200: shape({
        lines: Type.Array(Line),
        next: Type.Union([Type.String(), Type.Null()]),
        at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
        left: Type.Optional(Type.Integer()),
      }),
    }
    const server = aServer({ routes: [aRoute({ answers, handle: async () => ({ status: 200, body }) })] })
    expect((await server.inject({ url: '/v1/things' })).json()).toEqual(body)
    const text = aRoute({ answers: { 200: Type.String() }, handle: async () => ({ status: 200, body: 'x' }) })
    expect((await aServer({ routes: [text] }).inject({ url: '/v1/things' })).body).toBe('"x"')
    const file = { status: 200, body: 'a,b', headers: { 'content-type': 'text/csv' } }
    const csv = await aServer({ routes: [aRoute({ handle: async () => file })] }).inject({ url: '/v1/things' })
    expect([csv.body, csv.headers['content-type']]).toEqual(['a,b', 'text/csv'])
    const nothing = await aServer({
      routes: [aRoute({ answers: { 204: Type.Null() }, handle: async () => ({ status: 204 }) })],
    }).inject({ url: '/v1/things' })
    expect([nothing.statusCode, nothing.body, nothing.headers['content-type']]).toEqual([204, '', undefined])
  })
  test('is checked without guessing: text is no number, unknown fields are refused, every fault is named', async () => {
    const server = aServer({ routes: [place], people })
    const answer = await server.inject(post({ quantity: '3', shopId: 'mine', note: 'too long' }))
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.json()).toMatchObject({
      type: '/problems/validation-failed',
      status: 400,
      code: 'validation-failed',
      correlationId: answer.headers['x-correlation-id'],
    })
    expect(answer.json().faults).toEqual(
      expect.arrayContaining([
        { in: 'body', path: '/quantity', message: 'must be integer' },
        { in: 'body', path: '/shopId', message: 'is not a known field' },
        expect.objectContaining({ path: '/note' }),
      ]),
    )
    expect((await server.inject(post({}))).json().faults).toEqual([
      { in: 'body', path: '/quantity', message: 'is required' },
    ])
  })
  test.each([
    '-1',
    '0',
    '0.5',
    '1e9',
    '2147483648',
    '9007199254740993',
    '"1e3"',
    'NaN',
    'null',
    '1e400',
    '[1]',
    'true',
  ])('cannot ask for %s of something', async (quantity) => {
    const answer = await aServer({ routes: [place], people }).inject(post(`{"quantity":${quantity}}`))
    expect(answer.statusCode).toBe(400)
  })
  test.each(['role', 'price', 'status', 'paid', 'totalMinor', 'constructor', 'prototype', '__proto__', '__PROTO__'])(
    'cannot slip in the field %s',
    async (name) => {
      const answer = await aServer({ routes: [place], people }).inject(post(`{"quantity":1,"${name}":{"x":1}}`))
      expect(answer.statusCode).toBe(400)
      expect(answer.json().code).toMatch(/validation-failed|malformed-json/)
    },
  )
  test.each([
    ['{"quantity":', 'malformed-json', 400],
    [`${'['.repeat(40_000)}`, 'malformed-json', 400],
    [`{"quantity":1,"note":"${'x'.repeat(100_000)}"}`, 'body-too-large', 413],
  ])('with the body %.20s… is refused', async (payload, code, status) => {
    const answer = await aServer({ routes: [place], people }).inject(post(payload))
    expect([answer.json().code, answer.statusCode]).toEqual([code, status])
  })
  test('must be JSON, on a known address, with a known method', async () => {
    const server = aServer({ routes: [place], people })
    const codeOf = async (request: Parameters<typeof server.inject>[0]) => {
      const answer = await server.inject(request)
      return [answer.json().code, answer.statusCode, answer.headers.allow]
    }
    expect(await codeOf(post('<x/>', { 'content-type': 'application/xml' }))).toEqual([
      'unsupported-media-type',
      415,
      undefined,
    ])
    expect(await codeOf({ url: '/v1/nothing' })).toEqual(['not-found', 404, undefined])
    expect(await codeOf({ url: `/v1/shops/${id}/orders` })).toEqual(['method-not-allowed', 405, 'POST'])
    expect(await codeOf({ url: '/v1/%zz' })).toEqual(['bad-request', 400, undefined])
    expect(await codeOf({ ...post({ quantity: 1 }), url: '/v1/shops/1%27or%201=1/orders' })).toEqual([
      'validation-failed',
      400,
      undefined,
    ])
  })
  test('reads numbers and lists from the query, and refuses names it does not know', async () => {
    const list = aRoute({
      query: shape({
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
        tag: Type.Optional(Type.Array(Type.String(), { maxItems: 3 })),
        open: Type.Optional(Type.Boolean()),
      }),
      answers: { 200: Type.Object({}, { additionalProperties: true }) },
      handle: async (request) => ({ status: 200, body: request.query }),
    })
    const server = aServer({ routes: [list] })
    const answer = async (query: string) => (await server.inject({ url: `/v1/things?${query}` })).json()
    expect(await answer('')).toEqual({ limit: 20 })
    expect(await answer('limit=5&tag=a&open=true')).toEqual({ limit: 5, tag: ['a'], open: true })
    expect((await answer('limit=5x')).faults).toEqual([{ in: 'query', path: '/limit', message: 'must be integer' }])
    expect((await answer('limit=')).code).toBe('validation-failed')
    expect((await answer('limit=1e1')).code).toBe('validation-failed')
    expect((await answer('limit=1&limit=2')).code).toBe('validation-failed')
    expect((await answer('sort=id')).faults).toEqual([{ in: 'query', path: '/sort', message: 'is not a known field' }])
  })
  test('to a route that takes no body must not bring one; an empty one is none', async () => {
    const server = aServer({ routes: [aRoute({ method: 'POST', body: undefined })] })
    const send = async (payload: string) =>
      (
        await server.inject({
          method: 'POST',
          url: '/v1/things',
          headers: { 'content-type': 'application/json' },
          payload,
        })
      ).statusCode
    expect([await send(''), await send('{}'), await send('{"a":1}')]).toEqual([200, 200, 400])
  })
  test('keeps the trace id of its caller; a wrong one is replaced', async () => {
    const server = aServer({})
    const idFor = async (traceparent: string) =>
      (await server.inject({ url: '/v1/things', headers: { traceparent } })).headers['x-correlation-id']
    const trace = '0af7651916cd43dd8448eb211c80319c'
    expect(await idFor(`00-${trace}-b7ad6b7169203331-01`)).toBe(trace)
    expect(await idFor(`ff-${trace}-b7ad6b7169203331-01`)).not.toBe(trace)
    expect(await idFor('"><script>')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('an answer that many share', () => {
  test('is written out once, by the schema of its route, and is the same for everybody', async () => {
    let read = 0
    const body = {
      get name() {
        read += 1
        return 'Süßes'
      },
      secret: 'never sent',
    }
    const answers = { 200: shape({ name: Type.String() }) }
    const server = aServer({ routes: [aRoute({ answers, handle: async () => shared(body, { etag: '"1"' }) })] })
    for (let at = 0; at < 3; at += 1) {
      const { payload, headers } = await server.inject({ url: '/v1/things' })
      expect([payload, headers['content-length'], headers.etag]).toEqual(['{"name":"Süßes"}', '18', '"1"'])
    }
    expect(read).toBe(1)
  })
})

describe('failures', () => {
  const failing = (error: unknown) => aRoute({ handle: async () => Promise.reject(error) })
  test('nobody foresaw tell nothing from inside, and are in the log under the same id', async () => {
    const server = aServer({ routes: [failing(new Error('password=hunter2 at /srv/app.js'))] })
    const answer = await server.inject({ url: '/v1/things' })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toMatch(/hunter2|app\.js|stack/)
    const line = server.lines.find(({ message }) => message === 'a request failed')
    expect(line).toMatchObject({ correlationId: answer.json().correlationId, error: { type: 'Error' } })
  })
  test.each([
    [new DatabaseUnavailable(undefined), 'database-unavailable'],
    [new OutcomeUnknown(undefined), 'outcome-unknown'],
    [Object.assign(new Error('canceling statement'), { code: '57014', severity: 'ERROR' }), 'overloaded'],
  ])('of the database say whether to try again: %s', async (error, code) => {
    const answer = await aServer({ routes: [failing(error)] }).inject({ url: '/v1/things' })
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, code, '2'])
  })
  test('a handler that throws at once, and one that answers what it never declared, still give an answer', async () => {
    const thrown = aRoute({
      handle: () => {
        throw new Error('x')
      },
    })
    expect((await aServer({ routes: [thrown] }).inject({ url: '/v1/things' })).statusCode).toBe(500)
    const server = aServer({ routes: [aRoute({ handle: async () => ({ status: 202, body: {} }) })] })
    expect((await server.inject({ url: '/v1/things' })).statusCode).toBe(202)
    expect(server.lines.some(({ message }) => message === 'a route answered what it does not declare')).toBe(true)
  })
  test('a handler that takes too long is answered for, and what it says later is dropped', async () => {
    const slow = aRoute({
      timeoutMs: 100,
      handle: () => new Promise((resolve) => setTimeout(() => resolve({ status: 200, body: { done: true } }), 1_500)),
    })
    const answer = await aServer({ routes: [slow] }).inject({ url: '/v1/things' })
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'handler-timeout'])
    await new Promise((resolve) => setTimeout(resolve, 1_500))
  })
  test('the members of the standard cannot be overwritten by those of an error', async () => {
    const catalogue = defineErrors({ odd: { status: 409, title: 'Odd', help: '' } })
    const route = failing(catalogue.error('odd', 'because', { status: 200, code: 'fine', left: 3 }))
    expect((await aServer({ routes: [route] }).inject({ url: '/v1/things' })).json()).toMatchObject({
      status: 409,
      code: 'odd',
      left: 3,
    })
  })
})

describe('around the contract', () => {
  test('every answer carries the security headers, pages of strangers get none of ours', async () => {
    const { headers } = await aServer({}).inject({ url: '/v1/things', headers: { origin: 'https://evil.example' } })
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
  test('an origin on the list may call, with a day between its questions; others still may not', async () => {
    const server = aServer({ corsOrigins: ['https://shop.example'] })
    const ask = async (origin: string) =>
      (
        await server.inject({
          method: 'OPTIONS',
          url: '/v1/things',
          headers: { origin, 'access-control-request-method': 'POST' },
        })
      ).headers
    expect(await ask('https://shop.example')).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '86400',
    })
    const got = await server.inject({ url: '/v1/things', headers: { origin: 'https://shop.example' } })
    expect(got.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.example', vary: 'Origin' })
    expect((await ask('https://shop.example.evil.example'))['access-control-allow-origin']).toBeUndefined()
  })
  test('health tells machines what is up, and no reasons to strangers', async () => {
    const health = { database: async () => {}, events: async () => Promise.reject(new Error('10.0.0.7 refused')) }
    const answer = await aServer({ health }).inject({ url: '/health/ready' })
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({
      status: 'not-ready',
      checks: { database: { status: 'up' }, events: { status: 'down' } },
    })
    expect(answer.body).not.toContain('10.0.0.7')
    for (const url of ['/health', '/health/live'])
      expect((await aServer({ health }).inject({ url })).statusCode).toBe(200)
    expect((await aServer({}).inject({ url: '/ready' })).statusCode).toBe(200)
  })
  test('requests are counted by operation and answer', async () => {
    const metrics = createMetrics({ process: false })
    const server = aServer({ metrics })
    await server.inject({ url: '/v1/things' })
    await server.inject({ url: '/v1/things?x=1' })
    const text = (await server.inject({ url: '/metrics' })).body
    expect(text).toContain('souk_http_requests_total{operation="listThings",status="2xx"} 1')
    expect(text).toContain('souk_http_requests_total{operation="listThings",status="4xx"} 1')
    expect(text).toContain('souk_http_request_seconds_count{operation="listThings"} 2')
    expect(text).toContain('souk_http_in_flight 0')
  })
  test('each code has a page for people and one for programs', async () => {
    const server = aServer({})
    const page = await server.inject({ url: '/problems/rate-limited', headers: { accept: 'text/html' } })
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    expect(page.body).toContain('Too many requests')
    expect((await server.inject({ url: '/problems/rate-limited' })).json()).toMatchObject({ status: 429 })
    expect((await server.inject({ url: '/problems/__proto__' })).statusCode).toBe(404)
  })
  test('log lines name the route and never what stood in the query', async () => {
    const server = aServer({ routes: [aRoute({ query: shape({ code: Type.String() }) })] })
    await server.inject({ url: '/v1/things?code=canary-4711' })
    expect(server.lines.at(-1)).toMatchObject({ level: 'debug', message: 'request', url: '/v1/things', status: 200 })
    expect(JSON.stringify(server.lines)).not.toContain('canary-4711')
  })
})
