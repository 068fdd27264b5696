import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { RouteEntry } from '@souk/http'
import { createMetrics } from '@souk/telemetry'
import { memoryLog } from '@souk/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { type GatewayOptions, openGateway } from './index.ts'
import { createRouteMap } from './route-map.ts'

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }
const echo: RouteEntry[] = [
  { method: 'POST', url: '/v1/hooks/:name', operationId: 'hook', access: 'public', bodyLimitBytes: 200_000 },
  { method: 'GET', url: '/v1/things/:id', operationId: 'getThing', access: 'public' },
  { method: 'GET', url: '/v1/secrets', operationId: 'getSecrets', access: 'signed-in' },
  { method: 'GET', url: '/media/*', access: 'public' },
]

const large = Buffer.alloc(5_000_000, 'souk ')

/** A process that serves these routes and keeps what it is sent. */
async function upstream(table = echo, port = 0, slowMs = 0) {
  const seen: Seen[] = []
  let isReady = true
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url = '', method = '', headers } = request
      if (url === '/health/ready') return response.writeHead(isReady ? 200 : 503).end('{}')
      if (url === '/routes.json') return response.end(JSON.stringify(table))
      if (url === '/openapi.json') return response.end(JSON.stringify({ openapi: '3.1.0', paths: {} }))
      seen.push({ method, url, headers, body: Buffer.concat(chunks) })
      if (url === '/v1/things/broken') {
        response.writeHead(200, { 'content-length': '1000' })
        response.write('half of it', () => setTimeout(() => response.destroy(), 20))
        return
      }
      if (url === '/v1/things/large') return response.end(large)
      setTimeout(() => {
        response.writeHead(201, {
          'x-own': 'kept',
          connection: 'keep-alive, x-internal',
          'x-internal': 'cut',
          etag: '"7"',
        })
        response.end('{"done":true}')
      }, slowMs)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  ending.push(stop)
  const { port: taken } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    seen,
    stop,
    become: (ready: boolean) => {
      isReady = ready
    },
  }
}

async function gateway(urls: readonly string[], more: Partial<GatewayOptions> = {}) {
  const opened = await openGateway({
    host: '127.0.0.1',
    port: 0,
    upstreams: urls,
    network: { listen: undefined, peers: { identity: ['127.0.0.1:9'] }, certificates: undefined },
    forwarderSecret: 'known to both sides and to nobody else',
    trustProxy: 0,
    log: memoryLog(),
    metrics: createMetrics({ process: false }),
    clock: () => new Date(),
    halfOpenAfterMs: 300,
    ...more,
  })
  ending.push(() => opened.stop())
  return opened
}

const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]

describe('a request on its way through the gateway', () => {
  test('arrives byte for byte, with its query, and what comes back is handed back', async () => {
    const { url, seen } = await upstream()
    const { url: entry } = await gateway([url])
    const body = Buffer.from('{ "ä":\t1,  "signed" : "as it is\\u00e4" }\n')
    const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': 't=1,v1=ab' }
    const answer = await fetch(`${entry}/v1/hooks/a%20b?x=1&x=%26`, { method: 'POST', body, headers })
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([201, '{"done":true}', '"7"'])
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/hooks/a%20b?x=1&x=%26', headers })
    expect(seen[0]?.body.equals(body)).toBe(true)
  })

  test('says who asks by the gateway’s word alone, and nothing that is about a connection', async () => {
    const { url, seen } = await upstream()
    const { url: entry } = await gateway([url])
    const { hostname, port } = new URL(entry)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        connection: 'close, x-private',
        'x-private': 'of this connection',
        'x-forwarded-for': '203.0.113.7',
        forwarded: 'for=203.0.113.7',
        'x-souk-forwarder': 'guessed',
        'x-souk-client-address': '203.0.113.7',
        te: 'trailers',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      }
      httpRequest({ hostname, port, path: '/v1/things/1', headers }, resolve).on('error', reject).end()
    })
    response.resume()
    const { headers } = seen[0] as Seen
    expect(headers).toMatchObject({
      'x-souk-client-address': '127.0.0.1',
      'x-souk-forwarder': 'known to both sides and to nobody else',
      via: '1.1 souk',
      host: new URL(url).host,
    })
    expect(headers.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/)
    for (const name of ['x-private', 'x-forwarded-for', 'forwarded', 'te'])
      expect(headers, name).not.toHaveProperty(name)
    expect(response.headers).toMatchObject({ 'x-own': 'kept' })
    expect(response.headers).not.toHaveProperty('x-internal')
  })

  test('of a proxy in front that is known is said to come from whom that proxy names', async () => {
    const { url, seen } = await upstream()
    const { url: entry } = await gateway([url], { trustProxy: ['127.0.0.1'] })
    await fetch(`${entry}/v1/things/1`, { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' } })
    expect(seen[0]?.headers['x-souk-client-address']).toBe('203.0.113.7')
  })

  test('gets a large answer whole, and no more than half of one that broke off', async () => {
    const { url } = await upstream()
    const { url: entry } = await gateway([url])
    const answer = await fetch(`${entry}/v1/things/large`)
    // Nobody reads for a while: what is on its way has to wait.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(Buffer.from(await answer.arrayBuffer()).equals(large)).toBe(true)
    const broken = await fetch(`${entry}/v1/things/broken`)
    expect(broken.status).toBe(200)
    await expect(broken.text()).rejects.toThrow()
  })

  test('whose body is larger than its route takes is refused, said or not', async () => {
    const { url, seen } = await upstream()
    const { url: entry } = await gateway([url])
    const post = (init: object) =>
      fetch(`${entry}/v1/hooks/a`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        ...init,
      } as RequestInit)
    expect(await codeOf(await post({ body: Buffer.alloc(200_001) }))).toEqual([413, 'body-too-large'])
    const chunks = new ReadableStream({
      start(controller) {
        for (let at = 0; at < 10; at += 1) controller.enqueue(new Uint8Array(50_000))
        controller.close()
      },
    })
    expect((await post({ body: chunks, duplex: 'half' })).status).toBe(413)
    expect(seen).toEqual([])
    expect((await post({ body: Buffer.alloc(200_000) })).status).toBe(201)
    expect(seen[0]?.body.length).toBe(200_000)
  })

  test.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    [
      'a length and chunks',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/secrets HTTP/1.1\r\n\r\n',
    ],
    ['an encoding nobody knows', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['two hosts', 'Host: other.example\r\nContent-Length: 0\r\n\r\n'],
  ])('that can be read in two ways (%s) is refused, and the connection with it', async (_what, rest) => {
    const { url, seen } = await upstream()
    const { url: entry } = await gateway([url])
    const { hostname, port } = new URL(entry)
    const text = await new Promise<string>((resolve) => {
      let heard = ''
      const socket = connect(Number(port), hostname, () =>
        socket.write(`POST /v1/hooks/a HTTP/1.1\r\nHost: souk.example\r\n${rest}`),
      )
      socket.on('data', (data) => {
        heard += data.toString()
      })
      socket.on('close', () => resolve(heard))
    })
    expect(text).toMatch(/^HTTP\/1.1 400 /)
    expect(text.match(/^HTTP\/1.1/gm)).toHaveLength(1)
    expect(seen).toEqual([])
  })
})

describe('a gateway that is told to stop', () => {
  test('hands back what is under way before it goes', async () => {
    const { url } = await upstream(echo, 0, 400)
    const { url: entry, stop } = await gateway([url])
    const asked = Array.from({ length: 20 }, (_, at) =>
      fetch(`${entry}/v1/hooks/${at}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
    )
    await new Promise((resolve) => setTimeout(resolve, 150))
    const stopped = stop()
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 201))
    await stopped
  })
})

describe('upstreams of the gateway', () => {
  test('are asked in turn; one that goes away is left out, and what asks only is asked of another', async () => {
    const [one, other] = [await upstream(), await upstream()]
    const { url: entry, upstreams } = await gateway([one.url, other.url])
    const ask = async () => (await fetch(`${entry}/v1/things/1`)).status
    for (let at = 0; at < 4; at += 1) expect(await ask()).toBe(201)
    expect([one.seen.length, other.seen.length]).toEqual([2, 2])
    await other.stop()
    for (let at = 0; at < 4; at += 1) expect(await ask()).toBe(201)
    expect(one.seen.length).toBe(6)
    one.become(false)
    await expect.poll(() => upstreams.all.map(({ isReady }) => isReady), { timeout: 3_000 }).toEqual([false, false])
    // It says that it is not ready, but nobody else is there.
    expect(await ask()).toBe(201)
  })

  test('that are all away: 503 at once with the time to come back, and again the answer when one is back', async () => {
    const { url, stop, port } = await upstream()
    const { url: entry } = await gateway([url])
    await stop()
    const outcomes: unknown[] = []
    for (let at = 0; at < 15; at += 1) {
      const answer = await fetch(`${entry}/v1/hooks/a`, {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'a/b' },
      })
      outcomes.push([...(await codeOf(answer)), answer.headers.get('retry-after') !== null])
    }
    expect(outcomes).toEqual(outcomes.map(() => [503, 'service-unavailable', true]))
    const health = (await (await fetch(`${entry}/health/upstreams`)).json()) as { circuit: string }[]
    expect(health[0]?.circuit).not.toBe('closed')
    await upstream(echo, port)
    await expect
      .poll(async () => (await fetch(`${entry}/v1/things/1`)).status, { timeout: 5_000, interval: 50 })
      .toBe(201)
  })

  test('that were never seen may have what is asked for: 503 until they are, then what they serve', async () => {
    const { url, stop, port } = await upstream()
    await stop()
    const { url: entry } = await gateway([url])
    expect(await codeOf(await fetch(`${entry}/v1/things/1`))).toEqual([503, 'service-unavailable'])
    await upstream(echo, port)
    await expect
      .poll(async () => (await fetch(`${entry}/v1/things/1`)).status, { timeout: 5_000, interval: 50 })
      .toBe(201)
    expect(await codeOf(await fetch(`${entry}/v1/nothing`))).toEqual([404, 'not-found'])
  })

  test('are not asked by callers who are nobody, nor by those who ask too much', async () => {
    const { url, seen } = await upstream()
    const { url: entry } = await gateway([url], { quotas: { perAddress: 3 } })
    expect(await codeOf(await fetch(`${entry}/v1/secrets`))).toEqual([401, 'unauthenticated'])
    for (let at = 0; at < 2; at += 1) expect((await fetch(`${entry}/v1/things/1`)).status).toBe(201)
    const refused = await fetch(`${entry}/v1/things/1`)
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect(await codeOf(refused)).toEqual([429, 'rate-limited'])
    expect(seen.length).toBe(2)
  })
})

describe('addresses', () => {
  const map = createRouteMap([
    {
      upstream: 'a',
      table: [
        { method: 'GET', url: '/v1/things/:id', access: 'public' },
        { method: 'GET', url: '/v1/things/mine', access: 'signed-in' },
        { method: 'PUT', url: '/v1/things/:thingId', access: 'signed-in' },
        { method: 'GET', url: '/media/*', access: 'public' },
      ],
    },
    { upstream: 'b', table: [{ method: 'GET', url: '/v1/things/:other', access: 'public' }] },
  ])
  const found = (method: string, path: string) => {
    const result = map.find(method, path)
    return result === undefined ? undefined : 'route' in result ? result.route.url : result.allow
  }

  test('lead to the route that fits most closely, at everybody who offers it', () => {
    expect(found('GET', '/v1/things/7')).toBe('/v1/things/:id')
    expect(found('HEAD', '/v1/things/7')).toBe('/v1/things/:id')
    expect(found('GET', '/v1/things/mine')).toBe('/v1/things/mine')
    expect(found('DELETE', '/v1/things/7')).toEqual(['GET', 'PUT'])
    expect(found('GET', '/media/a/b.webp')).toBe('/media/*')
    expect(map.find('GET', '/v1/things/7')).toMatchObject({ route: { upstreams: ['a', 'b'] } })
  })

  test.each([
    '/v1/things',
    '/v1/things/',
    '//v1/things/7',
    '/v1//things/7',
    '/v1/things/..',
    '/media/../v1/things/mine',
    '/media/%2e%2E/v1/things/mine',
    '/media/.%2e/x',
    '/media/..%2fv1',
    '/media/..\\v1',
    '/media/a%5c..',
    '/media/a%00',
    '/media/a\u00e9',
    'http://other.example/v1/things/7',
    '*',
    '',
  ])('such as %s lead nowhere', (path) => {
    expect(found('GET', path)).toBeUndefined()
  })
})
