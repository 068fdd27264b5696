import net from 'node:net'
import fc from 'fast-check'
import { Type } from 'typebox'
import { afterEach, describe, expect, test } from 'vitest'
import type { FindDirect } from './direct.ts'
import { aRoute, aServer, person, shape } from './server.fixture.ts'
import { readPlainRequest } from './wire-request.ts'

const open: { close(): Promise<void> | void }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

const echo = (given: Partial<Parameters<typeof aRoute>[0]> = {}) =>
  aRoute({
    method: 'POST',
    url: '/v1/echo',
    operationId: 'echo',
    access: 'signed-in',
    hot: true,
    body: shape({ text: Type.String() }),
    answers: { 200: shape({ text: Type.String(), key: Type.Optional(Type.String()) }) },
    handle: async (request) => ({
      status: 200,
      body: { text: (request.body as { text: string }).text, key: request.idempotencyKey, secret: 'never shown' },
      headers: { etag: '"1"' },
    }),
    ...given,
  })

async function started(given: Partial<Parameters<typeof aServer>[0]> = {}) {
  const server = aServer({
    people: { t: person() },
    routes: [echo(), aRoute()],
    ...given,
    limits: { perAddress: 1e9, perAccount: 1e9, ...given.limits },
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  open.push(server)
  return { server, port }
}

function connect(port: number) {
  const socket = net.connect(port, '127.0.0.1')
  const seen = { text: '', ended: false }
  socket.on('data', (data) => {
    seen.text += data.toString('utf8')
  })
  socket.on('close', () => {
    seen.ended = true
  })
  socket.on('error', () => {})
  open.push({ close: () => void socket.destroy() })
  return { socket, seen }
}

const until = async (done: () => boolean) => {
  for (let at = 0; at < 600 && !done(); at += 1) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(done()).toBe(true)
}
const answersIn = (text: string) => text.split('HTTP/1.1 ').slice(1)

const plain = (body = '{"text":"a"}', more = '') =>
  `POST /v1/echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-type: application/json\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** The answer without what differs from one to the next. */
const comparable = (answer: string) => {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const lines = head
    .split('\r\n')
    .map((line) => line.toLowerCase())
    .filter((line) => !/^(date|x-correlation-id|keep-alive|connection|ratelimit):/.test(line))
    .toSorted()
  return { lines, body: body.replace(/"correlationId":"[^"]*"/, '') }
}

describe('a plain request straight from the socket', () => {
  test.each([
    ['an answer', plain()],
    ['an answer with letters of any alphabet', plain('{"text":"Größe ✓ 大"}')],
    ['a key', plain('{"text":"a"}', 'idempotency-key: k-1\r\n')],
    ['a body that is no JSON', plain('{"text":')],
    ['a body with a field too many', plain('{"text":"a","more":1}')],
    ['a forbidden name', plain('{"text":"a","__proto__":{}}')],
    ['a bad key', plain('{"text":"a"}', `idempotency-key: ${'k'.repeat(300)}\r\n`)],
    ['a bad token', plain().replace('Bearer t', 'Bearer z')],
  ])('gives what Node’s server gives: %s', async (_what, request) => {
    const { port } = await started()
    const [short, long] = [connect(port), connect(port)]
    short.socket.write(request)
    // A header that is not on the list sends the whole connection to Node.
    long.socket.write(request.replace('host: x', 'host: x\r\nx-anything: 1'))
    await until(() => /\r\n\r\n.+/s.test(short.seen.text) && /\r\n\r\n.+/s.test(long.seen.text))
    expect(comparable(short.seen.text)).toEqual(comparable(long.seen.text))
    expect(short.seen.text).toContain('connection: keep-alive')
    expect(short.seen.text).not.toContain('never shown')
  })

  test('is followed by others on the same connection, plain ones and any other', async () => {
    const { port } = await started()
    const { socket, seen } = connect(port)
    for (let at = 1; at <= 3; at += 1) {
      socket.write(plain(`{"text":"${at}"}`))
      await until(() => answersIn(seen.text).length === at)
    }
    socket.write('GET /v1/things HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => answersIn(seen.text).length === 4)
    socket.write(plain('{"text":"5"}'))
    await until(() => answersIn(seen.text).length === 5)
    expect(answersIn(seen.text).map((answer) => answer.slice(0, 3))).toEqual(['200', '200', '200', '200', '200'])
    expect(seen.text).toContain('"text":"5"')
  })

  test('sent before the answer to the one before it is answered after it', async () => {
    let answer: (() => void) | undefined
    const slow = echo({
      handle: async ({ body }) => {
        const { text } = body as { text: string }
        if (text === 'slow') await new Promise<void>((resolve) => (answer = resolve))
        return { status: 200, body: { text } }
      },
    })
    const { port } = await started({ routes: [slow] })
    const { socket, seen } = connect(port)
    socket.write(plain('{"text":"slow"}'))
    await until(() => answer !== undefined)
    socket.write(plain('{"text":"quick"}'))
    socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.text).toBe('')
    answer?.()
    await until(() => answersIn(seen.text).length === 3)
    expect(answersIn(seen.text).map((each) => /"slow"|"quick"|"alive"/.exec(each)?.[0])).toEqual([
      '"slow"',
      '"quick"',
      '"alive"',
    ])
  })

  test('in two pieces is answered all the same', async () => {
    const { port } = await started()
    const { socket, seen } = connect(port)
    const request = plain()
    socket.write(request.slice(0, 60))
    await new Promise((resolve) => setTimeout(resolve, 30))
    socket.write(request.slice(60))
    await until(() => seen.text.includes('"text":"a"'))
  })

  test('by somebody who hangs up or turns away leaves nothing behind', async () => {
    const slow = echo({
      handle: () => new Promise((resolve) => setTimeout(() => resolve({ status: 200, body: { text: 'x' } }), 150)),
    })
    const { server, port } = await started({ routes: [slow] })
    const [gone, half] = [connect(port), connect(port)]
    gone.socket.write(plain())
    half.socket.end(plain())
    await new Promise((resolve) => setTimeout(resolve, 50))
    gone.socket.destroy()
    await until(() => half.seen.ended)
    expect(half.seen.text).toContain('200 OK')
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect((await server.inject({ url: '/metrics' })).body).toContain('souk_http_in_flight 0')
    expect(server.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('is counted, limited and shed like any other', async () => {
    let isFull = false
    const { server, port } = await started({
      limits: { perAccount: 2 },
      admission: () => (isFull ? { retryAfterSeconds: 7 } : undefined),
    })
    const { socket, seen } = connect(port)
    for (let at = 1; at <= 3; at += 1) {
      socket.write(plain())
      await until(() => answersIn(seen.text).length === at)
    }
    isFull = true
    socket.write(plain())
    await until(() => answersIn(seen.text).length === 4)
    const answers = answersIn(seen.text)
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['200', '200', '429', '503'])
    expect(answers[2]).toMatch(/retry-after: \d+/)
    expect(answers[3]).toContain('retry-after: 7')
    const metrics = (await server.inject({ url: '/metrics' })).body
    expect(metrics).toContain('souk_http_requests_total{operation="echo",status="2xx"} 2')
    expect(metrics).toContain('souk_http_shed_total 1')
  })

  test('silence is let go: before the first request and after one', async () => {
    const { port } = await started({ limits: { headersTimeoutMs: 200, keepAliveTimeoutMs: 400 } })
    const [silent, spoke] = [connect(port), connect(port)]
    spoke.socket.write(plain())
    await until(() => silent.seen.ended)
    expect(spoke.seen.ended).toBe(false)
    await until(() => spoke.seen.ended)
  })

  test('a reader who does not read is cut off', async () => {
    const large = echo({ handle: async () => ({ status: 200, body: { text: 'x'.repeat(20_000_000) } }) })
    const { server, port } = await started({ routes: [large], limits: { sendTimeoutMs: 300 } })
    const { socket, seen } = connect(port)
    socket.pause()
    socket.write(plain())
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await server.inject({ url: '/metrics' })).body).toContain('souk_http_in_flight 0')
    socket.resume()
    await until(() => seen.ended)
  })

  test('closing answers what is under way and says that it was the last', async () => {
    const slow = echo({
      handle: () => new Promise((resolve) => setTimeout(() => resolve({ status: 200, body: { text: 'x' } }), 200)),
    })
    const { server, port } = await started({ routes: [slow] })
    const [busy, idle] = [connect(port), connect(port)]
    busy.socket.write(plain())
    await new Promise((resolve) => setTimeout(resolve, 50))
    const beganMs = performance.now()
    await server.close()
    expect(performance.now() - beganMs).toBeLessThan(1_000)
    await until(() => busy.seen.ended && idle.seen.ended)
    expect(busy.seen.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close/)
  })
})

describe('what is not plain is left to Node’s parser', () => {
  const direct = { bodyBytes: 1_000 } as ReturnType<FindDirect>
  const find: FindDirect = (url) => (url === '/v1/echo' ? direct : undefined)
  const read = (text: string) => readPlainRequest(Buffer.from(text, 'latin1'), find)

  test('the plain one itself is read', () => {
    expect(read(plain())).toMatchObject({
      url: '/v1/echo',
      text: '{"text":"a"}',
      headers: { host: 'x', authorization: 'Bearer t' },
    })
  })
  const body = '{"text":"a"}'
  test.each([
    ['another method', plain().replace('POST', 'PUT')],
    ['another version', plain().replace('HTTP/1.1', 'HTTP/1.0')],
    ['a query', plain().replace('/v1/echo', '/v1/echo?a=1')],
    ['no host', plain().replace('host: x\r\n', '')],
    ['an empty host', plain().replace('host: x', 'host: ')],
    ['two hosts', plain(body, 'host: y\r\n')],
    ['two lengths', plain(body, 'content-length: 12\r\n')],
    ['a length with a sign', plain().replace('content-length: 12', 'content-length: +12')],
    ['a length that is a list', plain().replace('content-length: 12', 'content-length: 12, 12')],
    ['a body longer than it says', `${plain()}x`],
    ['a body shorter than it says', plain().slice(0, -1)],
    ['two requests at once', plain() + plain()],
    ['chunks', plain(body, 'transfer-encoding: chunked\r\n')],
    ['an expectation', plain(body, 'expect: 100-continue\r\n')],
    ['an upgrade', plain(body, 'upgrade: h2c\r\n')],
    ['a wish to close', plain(body, 'connection: close\r\n')],
    ['a compressed body', plain(body, 'content-encoding: gzip\r\n')],
    ['an API key', plain(body, 'x-api-key: souk_1\r\n')],
    ['a preference', plain(body, 'prefer: respond-async\r\n')],
    ['a space before the colon', plain().replace('host: x', 'host : x')],
    ['a folded line', plain(body, 'accept: a\r\n b\r\n')],
    ['a bare line feed', plain(body, 'accept: a\nx: y\r\n')],
    ['a bare carriage return', plain(body, 'accept: a\rb\r\n')],
    ['a control character', plain(body, 'accept: a\0b\r\n')],
    ['a letter beyond ASCII', plain(body, 'accept: ä\r\n')],
    ['a line without a name', plain(body, ': a\r\n')],
    ['another kind of content', plain().replace('application/json', 'text/plain')],
    ['a body that is too large', plain(`{"text":"${'a'.repeat(1_000)}"}`)],
    ['a head that is too large', plain(body, `accept: ${'a'.repeat(9_000)}\r\n`)],
    ['no end of the head', plain().slice(0, 80)],
    ['nonsense', '\x16\x03\x01\x02\x00'],
    ['nothing', ''],
  ])('%s', (_what, text) => expect(read(text)).toBeUndefined())

  test('whatever bytes come, reading them ends and at most gives back a body that was sent', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(plain().length), (noise, at) => {
        const whole = Buffer.from(plain(), 'latin1')
        const mixed = Buffer.concat([whole.subarray(0, at), noise, whole.subarray(at)])
        const found = readPlainRequest(mixed, find)
        if (found !== undefined) expect(mixed.toString('utf8').endsWith(found.text)).toBe(true)
      }),
      { numRuns: 2_000 },
    ))
})
