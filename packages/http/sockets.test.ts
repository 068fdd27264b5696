import net from 'node:net'
import { Type } from 'typebox'
import { afterEach, describe, expect, test } from 'vitest'
import { aRoute, aServer, person, shape } from './server.fixture.ts'

type Server = ReturnType<typeof aServer>
const open: { close(): Promise<void> | void }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

async function started(given: Parameters<typeof aServer>[0]): Promise<Server & { port: number }> {
  const server = aServer({
    people: { t: person() },
    ...given,
    limits: { perAddress: 1e9, perAccount: 1e9, ...given.limits },
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  open.push(server)
  return Object.assign(server, { port })
}

type Connection = net.Socket & { received: string; ended: Promise<number> }
/** A connection that keeps what it receives; `ended` resolves to the milliseconds it lived. */
function connect(port: number, options: { paused?: boolean } = {}): Connection {
  const startedAtMs = performance.now()
  const socket = net.connect(port, '127.0.0.1') as Connection
  socket.received = ''
  socket.ended = new Promise((resolve) => socket.on('close', () => resolve(performance.now() - startedAtMs)))
  socket.on('error', () => {})
  if (!options.paused)
    socket.on('data', (data) => {
      socket.received += data.toString('latin1')
    })
  open.push({ close: () => void socket.destroy() })
  return socket
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const request = (path = '/v1/things', more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`
const post = (length: number | string) =>
  `POST /v1/big HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`
const big = aRoute({
  method: 'POST',
  url: '/v1/big',
  operationId: 'big',
  body: shape({ text: Type.String() }),
})
const count = (text: string, part: string) => text.split(part).length - 1

describe('a client that', () => {
  const limits = { headersTimeoutMs: 400, requestTimeoutMs: 800 }
  test('never finishes its headers is cut off', async () => {
    const { port } = await started({ limits })
    const socket = connect(port)
    socket.write('GET /v1/things HTTP/1.1\r\nhost: x\r\n')
    const drip = setInterval(() => socket.write('x-a: b\r\n'), 50)
    expect(await socket.ended).toBeLessThan(2_500)
    clearInterval(drip)
    expect(socket.received).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/)
  })
  test('sends its body a byte at a time is cut off', async () => {
    const { port } = await started({ limits, routes: [big] })
    const socket = connect(port)
    socket.write(`${post('content-length: 1000')}{"text":"`)
    const drip = setInterval(() => socket.write('x'), 50)
    expect(await socket.ended).toBeLessThan(3_000)
    clearInterval(drip)
  })
  test('does not read its answer is cut off, and its answer does not stay in memory', async () => {
    const text = 'x'.repeat(1_000_000)
    const large = aRoute({
      answers: { 200: shape({ text: Type.String() }) },
      handle: async () => ({ status: 200, body: { text } }),
    })
    const server = await started({ routes: [large], limits: { sendTimeoutMs: 500 } })
    const socket = connect(server.port, { paused: true })
    socket.pause()
    for (let at = 0; at < 20; at += 1) socket.write(request())
    await wait(2_000)
    const metrics = (await server.inject({ url: '/metrics' })).body
    expect(metrics).toContain('souk_http_in_flight 0')
    socket.resume()
    await socket.ended
  })
  test('sends headers without end is told they are too large', async () => {
    const { port } = await started({})
    const socket = connect(port)
    socket.write(request('/v1/things', `x-big: ${'x'.repeat(20_000)}\r\n`))
    await socket.ended
    expect(socket.received).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers-too-large"/)
  })
  test.each(['content-length: 10000000', 'transfer-encoding: chunked'])(
    'sends a body without end (%s) is refused, and the rest is not read',
    async (length) => {
      const { port } = await started({ routes: [big] })
      const socket = connect(port)
      socket.write(post(length))
      const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`
      const drip = setInterval(() => socket.write(chunk), 2)
      await socket.ended
      clearInterval(drip)
      expect(socket.received).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*"code":"body-too-large"/i)
    },
  )
  test('speaks something else is told so and let go', async () => {
    const { port } = await started({})
    for (const nonsense of [
      '\x16\x03\x01\x02\x00',
      'GET / HTTP/1.1\r\n\r\n',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    ]) {
      const socket = connect(port)
      socket.write(nonsense, 'latin1')
      await socket.ended
      expect(socket.received).toMatch(/^HTTP\/1\.1 400 /)
    }
  })
  test('names two hosts is told so and let go', async () => {
    const { port } = await started({})
    for (const second of ['host: y', 'HOST: x', 'Host:']) {
      const socket = connect(port)
      socket.write(request('/v1/things', `${second}\r\n`))
      await socket.ended
      expect(socket.received).toMatch(/^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*"code":"bad-request"/i)
    }
  })
  test('sends nonsense behind a request gets the answer to that first', async () => {
    const slow = aRoute({
      handle: async () => {
        await wait(100)
        return { status: 200, body: { done: true } }
      },
    })
    const { port } = await started({ routes: [slow] })
    const socket = connect(port)
    socket.write(`${request()}nonsense\r\n\r\n`)
    await socket.ended
    expect(socket.received).toMatch(/^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 400 /)
    expect(count(socket.received, 'HTTP/1.1 ')).toBe(2)
  })
  test('hangs up while its body is read leaves nothing behind, and no line that looks like our fault', async () => {
    const server = await started({ routes: [big] })
    const socket = connect(server.port)
    socket.write(`${post('content-length: 1000')}{"text":"`)
    await wait(100)
    socket.destroy()
    await wait(100)
    expect((await server.inject({ url: '/metrics' })).body).toContain('souk_http_in_flight 0')
    expect(server.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
  })
  test('keeps a connection open and silent is let go after its time; a thousand of them slow nobody down', async () => {
    const { port } = await started({ limits: { keepAliveTimeoutMs: 1_000 } })
    const idle = Array.from({ length: 1_000 }, () => connect(port))
    for (const socket of idle) socket.write(request())
    while (idle.some(({ received }) => received === '')) await wait(10)
    const busy = connect(port)
    const times: number[] = []
    for (let at = 1; at <= 50; at += 1) {
      const startedAtMs = performance.now()
      busy.write(request())
      while (count(busy.received, 'HTTP/1.1 200') < at) await new Promise((resolve) => setImmediate(resolve))
      times.push(performance.now() - startedAtMs)
    }
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(20)
    const lived = await Promise.all(idle.map(({ ended }) => ended))
    expect(Math.max(...lived)).toBeLessThan(6_000)
  }, 15_000)
  test('is one too many is not let in', async () => {
    const { port } = await started({ limits: { maxConnections: 3 } })
    const sockets = Array.from({ length: 5 }, () => connect(port))
    await wait(200)
    expect(sockets.filter(({ destroyed }) => destroyed).length).toBe(2)
  })
})

describe('shedding', () => {
  test('refuses before anything is read, keeps the connection, and lets in again as soon as it may', async () => {
    let isFull = true
    const asked: string[] = []
    const server = await started({
      admission: (method, url) => {
        asked.push(`${method} ${url}`)
        return isFull ? { retryAfterSeconds: 3 } : undefined
      },
      routes: [big],
    })
    const socket = connect(server.port)
    const body = '{"text":"x"}'
    socket.write(`${post(`content-length: ${body.length}`)}${body}`)
    while (!socket.received.includes('overloaded')) await wait(5)
    expect(socket.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 3/)
    const [, problem = ''] = socket.received.split('\r\n\r\n')
    expect(JSON.parse(problem)).toMatchObject({ code: 'overloaded', status: 503, type: '/problems/overloaded' })
    isFull = false
    socket.write(`${post(`content-length: ${body.length}`)}${body}`)
    while (!socket.received.includes('HTTP/1.1 200')) await wait(5)
    expect(asked).toEqual(['POST /v1/big', 'POST /v1/big'])
    expect((await server.inject({ url: '/metrics' })).body).toContain('souk_http_shed_total 1')
  })
  test('closes the connection when what follows is long or of unknown length', async () => {
    const { port } = await started({ admission: () => ({ retryAfterSeconds: 1 }) })
    for (const length of ['content-length: 9999999', 'transfer-encoding: chunked']) {
      const socket = connect(port)
      socket.write(post(length))
      await socket.ended
      expect(socket.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*connection: close/i)
    }
  })
})

describe('closing', () => {
  test('answers what is under way, lets idle connections go, and takes nothing new', async () => {
    const slow = aRoute({
      handle: () => new Promise((resolve) => setTimeout(() => resolve({ status: 200, body: { done: true } }), 400)),
    })
    const server = await started({ routes: [slow] })
    const idle = connect(server.port)
    const busy = connect(server.port)
    busy.write(request())
    await wait(100)
    const startedAtMs = performance.now()
    await server.close()
    expect(performance.now() - startedAtMs).toBeLessThan(1_000)
    await Promise.all([idle.ended, busy.ended])
    expect(busy.received).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*"done":true/i)
    const late = connect(server.port)
    await late.ended
    expect(late.received).toBe('')
  })
  test('does not wait for ever', async () => {
    const stuck = aRoute({ handle: () => new Promise(() => {}) })
    const server = await started({ routes: [stuck], limits: { closeTimeoutMs: 300 } })
    const socket = connect(server.port)
    socket.write(request())
    await wait(100)
    const startedAtMs = performance.now()
    await server.close()
    expect(performance.now() - startedAtMs).toBeLessThan(1_500)
  })
})
