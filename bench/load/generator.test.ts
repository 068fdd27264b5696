import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generate } from './generator.ts'
import { readHistory, runLoad, type HistoryEntry, type LoadPlan } from './index.ts'
import {
  accepted,
  answer,
  orderId,
  refused,
  scriptedServer,
  type Reaction,
  type SeenRequest,
} from './scripted-server.ts'

let folder = ''
let server: Awaited<ReturnType<typeof scriptedServer>> | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-load-'))
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  await rm(folder, { recursive: true })
})

const plan = (port: number, changes: Partial<LoadPlan> = {}): LoadPlan => ({
  baseUrl: `http://127.0.0.1:${port}`,
  targets: [{ path: '/v1/orders', body: '{"quantity":1}' }],
  tokens: ['ann', 'bob', 'cem', 'dee'],
  mode: { kind: 'closed' },
  connections: 2,
  count: 4,
  seed: 7,
  retryBaseMs: 5,
  settleMs: 2_000,
  historyFile: join(folder, 'history'),
  ...changes,
})

async function run(react: (request: SeenRequest) => Reaction, changes: Partial<LoadPlan> = {}) {
  server = await scriptedServer(react)
  const result = await generate(plan(server.port, changes))
  const history: HistoryEntry[] = []
  for await (const entry of readHistory(join(folder, 'history'))) history.push(entry)
  return { result, history, seen: server.seen }
}

describe('a client that writes everything down', () => {
  test('every customer orders once, with a key of its own, and knows its order', async () => {
    const { result, history, seen } = await run(({ number }) => ({ bytes: accepted(number) }))
    expect(result).toMatchObject({ sent: 4, accepted: 4, refused: 0, indeterminate: 0, retries: 0 })
    expect(new Set(seen.map(({ token }) => token))).toEqual(new Set(['ann', 'bob', 'cem', 'dee']))
    expect(new Set(seen.map(({ key }) => key)).size).toBe(4)
    expect(seen.every(({ body, path }) => body === '{"quantity":1}' && path === '/v1/orders')).toBe(true)
    for (const entry of history) {
      const request = seen.find(({ key }) => key === entry.idempotencyKey)
      expect(request?.token).toBe(['ann', 'bob', 'cem', 'dee'][entry.customer])
      expect(entry.orderId).toBe(orderId(request?.number ?? -1))
      expect(entry).toMatchObject({ outcome: 'accepted', status: 201, attempts: 1, code: '' })
    }
  })

  test('a refusal is counted by the reason the server gives', async () => {
    const { result, history } = await run(({ number }) => ({
      bytes: number % 2 ? refused(409, 'out-of-stock') : answer(404, 'not json'),
    }))
    expect(result.refusedByReason).toEqual({ 'out-of-stock': 2, 'http-404': 2 })
    expect(history.map(({ outcome, status }) => [outcome, status]).toSorted()).toEqual([
      ['refused', 404],
      ['refused', 404],
      ['refused', 409],
      ['refused', 409],
    ])
  })

  test('an answer in chunks, or torn apart by the network, is the same answer', async () => {
    const body = accepted(3).split('\r\n\r\n')[1] ?? ''
    const chunked = `HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\na\r\n${body.slice(0, 10)}\r\n${(body.length - 10).toString(16)}\r\n${body.slice(10)}\r\n0\r\n\r\n`
    const torn = accepted(3)
    const { history } = await run(({ number }) => ({
      bytes:
        number % 2
          ? [chunked.slice(0, 70), chunked.slice(70)]
          : [torn.slice(0, 12), torn.slice(12, 60), torn.slice(60)],
    }))
    expect(history.map((entry) => entry.orderId)).toEqual(Array(4).fill(orderId(3)))
  })

  test('without retries, a reset and a silence stay unclear and say why', async () => {
    const { result, history } = await run(({ number }) => (number % 2 ? { close: 'reset' } : {}), { timeoutMs: 150 })
    expect(result).toMatchObject({ accepted: 0, indeterminate: 4 })
    expect(Object.keys(result.errorsByCause).toSorted()).toEqual(['reset', 'timeout'])
    expect(
      history.every(({ outcome, orderId, status }) => outcome === 'indeterminate' && !orderId && status === 0),
    ).toBe(true)
  })

  test('with retries, the same key is sent until the answer is definite', async () => {
    const triedBefore = new Set<string>()
    const first = ({ key }: SeenRequest) => !triedBefore.has(key) && triedBefore.add(key)
    const { result, history, seen } = await run(
      (request) =>
        first(request)
          ? request.number % 2
            ? { close: 'reset' }
            : { bytes: answer(500, '') }
          : { bytes: accepted(1) },
      { retry: true },
    )
    expect(result).toMatchObject({ sent: 4, accepted: 4, indeterminate: 0, retries: 4 })
    expect(history.every(({ attempts }) => attempts === 2)).toBe(true)
    expect(new Set(seen.map(({ key }) => key)).size).toBe(4)
  })

  test('a server that asks for a pause gets it', async () => {
    const askedAt: number[] = []
    const { result } = await run(
      () => {
        askedAt.push(performance.now())
        return { bytes: askedAt.length === 1 ? refused(503, 'overloaded', 'Retry-After: 1\r\n') : accepted(1) }
      },
      { retry: true, count: 1, connections: 1 },
    )
    expect(result.accepted).toBe(1)
    expect((askedAt[1] ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThanOrEqual(995)
  })

  test('turned away without a retry is neither a refusal nor an error', async () => {
    const { result } = await run(() => ({ bytes: refused(503, 'overloaded', 'retry-after: 1\r\n') }))
    expect(result).toMatchObject({ shed: 4, refused: 0, indeterminate: 0, refusedByReason: { overloaded: 4 } })
  })

  test('a server that is down for a while costs attempts, not the run', async () => {
    const early = await scriptedServer(() => ({}))
    const { port } = early
    await early.stop()
    const running = generate(plan(port, { retry: true }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    server = await scriptedServer(({ number }) => ({ bytes: accepted(number) }), port)
    const result = await running
    expect(result).toMatchObject({ sent: 4, accepted: 4, indeterminate: 0 })
    expect(result.errorsByCause['connection-refused']).toBeGreaterThan(0)
  })

  test('a server that hangs up after every answer is connected to again', async () => {
    const { result } = await run(({ number }) => ({
      bytes: accepted(number).replace('\r\n', '\r\nConnection: close\r\n'),
      close: 'end',
    }))
    expect(result).toMatchObject({ accepted: 4, indeterminate: 0 })
  })

  test('a double click sends one key twice, and counts once', async () => {
    const { result, history, seen } = await run(({ number }) => ({ bytes: accepted(number) }), { repeatShare: 1 })
    expect(seen).toHaveLength(8)
    expect(new Set(seen.map(({ key }) => key)).size).toBe(4)
    expect(result).toMatchObject({ sent: 4, accepted: 4, repeatsAnswered: 4 })
    expect(history.filter(({ repeat }) => repeat)).toHaveLength(4)
  })
})

describe('pacing', () => {
  test('in an open loop a stall is charged to every request it delayed', async () => {
    // One socket, 20 arrivals 10 ms apart, and the first answer takes 300 ms: a closed loop would report one slow answer.
    const { result } = await run(({ number }) => ({ bytes: accepted(number), afterMs: number === 0 ? 300 : 0 }), {
      mode: { kind: 'open', ratePerSecond: 100, arrivals: 'constant' },
      connections: 1,
      count: 20,
    })
    expect(result.accepted).toBe(20)
    expect(result.latency.p50Ms).toBeGreaterThan(100)
  })

  test('the pool of an open loop grows to its bound and no further', async () => {
    const { result } = await run(({ number }) => ({ bytes: accepted(number), afterMs: 60 }), {
      mode: { kind: 'open', ratePerSecond: 1_000 },
      connections: 5,
      count: 30,
    })
    expect(result).toMatchObject({ accepted: 30, peakConnections: 5 })
  })

  test('the same seed sends the same requests in the same order, another seed does not', async () => {
    const sentWith = async (seed: number) => {
      const { seen } = await run(({ number }) => ({ bytes: accepted(number) }), { seed, connections: 1 })
      await server?.stop()
      return seen.map(({ key, token }) => `${key} ${token}`)
    }
    const once = await sentWith(11)
    expect(await sentWith(11)).toEqual(once)
    expect(await sentWith(12)).not.toEqual(once)
  })

  test('asked to stop, a run ends soon and says that it was interrupted', async () => {
    server = await scriptedServer(({ number }) => ({ bytes: accepted(number), afterMs: 5 }))
    const stop = new AbortController()
    const running = generate(plan(server.port, { count: 1_000_000 }), () => {}, stop.signal)
    setTimeout(() => stop.abort(), 100)
    const result = await running
    expect(result.interrupted).toBe(true)
    expect(result.indeterminate).toBe(0)
    expect(result.accepted).toBe(result.sent)
  })

  test('told that it is enough, a run sends nothing more and still waits for its answers', async () => {
    server = await scriptedServer(({ number }) => ({ bytes: accepted(number), afterMs: 300 }))
    const enough = new AbortController()
    const running = generate(plan(server.port, { count: 1_000, settleMs: 30_000 }), () => {}, undefined, enough.signal)
    setTimeout(() => enough.abort(), 100)
    const result = await running
    expect(result).toMatchObject({ interrupted: false, sent: 2, accepted: 2, indeterminate: 0 })
  })

  test('in a process of its own it does the same, and reports while it runs', async () => {
    server = await scriptedServer(({ number }) => ({ bytes: accepted(number) }))
    const ticks: number[] = []
    const result = await runLoad(plan(server.port, { count: 50, historyFile: undefined }), (live) =>
      ticks.push(live.accepted),
    )
    expect(result.accepted).toBe(50)
    expect(ticks.at(-1)).toBe(50)
  })

  test('a plan without an end is refused', async () => {
    await expect(generate(plan(1, { count: undefined }))).rejects.toThrow('count')
  })
})
