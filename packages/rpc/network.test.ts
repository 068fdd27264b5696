import { createServer, type Server } from 'node:net'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node'
import { ImportService } from '@souk/contracts/orders'
import { ShopService } from '@souk/contracts/shops'
import { DomainError, defineErrors } from '@souk/errors'
import { carried, carrying, createMetrics, startCarrying } from '@souk/telemetry'
import { fakeMetrics, memoryLog } from '@souk/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Health, HealthCheckResponse_ServingStatus as Status } from './gen/grpc/health/v1/health_pb.js'
import { createDirectory, ServiceSilent, ServiceUnavailable } from './index.ts'
import { createRemote, type RpcServer, type RpcServerOptions, startRpcServer } from './network.ts'

const errors = defineErrors({ 'shop-closed': { status: 409, title: 'Closed', help: 'Come back tomorrow.' } })
const ending: (() => Promise<unknown> | void)[] = []

beforeAll(() => startCarrying())
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

type GetShop = (shopId: string, context: { signal: AbortSignal; requestHeader: Headers }) => unknown
type Implementation = { getShop?: GetShop; stageLines?: () => unknown; ready?: () => boolean }

async function serving(given: Implementation, options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
  const log = memoryLog()
  const server = await startRpcServer({
    host: '127.0.0.1',
    port: 0,
    identities: undefined,
    mayCall: () => true,
    log,
    metrics: createMetrics({ process: false }),
    served: [
      {
        service: 'shops',
        contracts: [ShopService, ImportService],
        ready: async () => given.ready?.() ?? true,
        handlers(router) {
          router.service(ShopService, {
            getShop: ((request: { shopId: string }, context: never) =>
              given.getShop?.(request.shopId, context)) as never,
          })
          router.service(ImportService, { stageLines: (() => given.stageLines?.()) as never })
        },
      },
    ],
    ...options,
  })
  ending.push(() => server.close())
  return server
}

function calling(addresses: readonly string[], guard: Parameters<typeof createRemote>[0]['guard'] = {}) {
  const remote = createRemote({
    peers: { shops: addresses },
    serviceOf: () => 'shops',
    identities: undefined,
    clock: () => new Date(),
    log: memoryLog(),
    metrics: fakeMetrics() as never,
    guard,
  })
  ending.push(() => remote.close())
  const directory = createDirectory(remote.wayFor)
  return { shops: directory.client(ShopService), imports: directory.client(ImportService) }
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

/** Takes connections and never says a word, or hangs up after so many bytes. */
async function mute(hangUpAfterBytes = Number.POSITIVE_INFINITY): Promise<{ address: string; calls(): number }> {
  let connections = 0
  const server: Server = createServer((socket) => {
    connections += 1
    let bytes = 0
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > hangUpAfterBytes) socket.destroy()
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ending.push(() => void server.close())
  const { port } = server.address() as { port: number }
  return { address: `127.0.0.1:${port}`, calls: () => connections }
}

describe('a contract served in another process', () => {
  test('answers as it would next door, and says no with the same code, words and figures', async () => {
    const server = await serving({
      async getShop(shopId) {
        if (shopId === 'closed') throw errors.error('shop-closed', 'It is Sunday.', { until: 'Monday' }, 60)
        return { shop: { shopId, version: 3n, name: 'Österreich & Söhne' } }
      },
    })
    const { shops } = calling([server.address])
    expect((await shops.getShop({ shopId: 'a' })).shop).toMatchObject({ version: 3n, name: 'Österreich & Söhne' })
    const refusal = await failure(shops.getShop({ shopId: 'closed' }))
    expect(refusal).toBeInstanceOf(DomainError)
    expect(refusal).toMatchObject({
      code: 'shop-closed',
      row: { status: 409, title: 'Closed' },
      message: 'It is Sunday.',
      extra: { until: 'Monday' },
      retryAfterSeconds: 60,
    })
  })

  test('keeps the code of a refusal whose figures are too many for a header', async () => {
    const server = await serving({
      async getShop() {
        throw errors.error('shop-closed', 'It is Sunday.', { lines: Array(5_000).fill('a line') })
      },
    })
    expect(await failure(calling([server.address]).shops.getShop({}))).toMatchObject({ code: 'shop-closed', extra: {} })
  })

  test('tells nothing from inside when it breaks, and is not asked again', async () => {
    let calls = 0
    const server = await serving({
      async getShop() {
        calls += 1
        throw new Error('password of the database: 1234')
      },
    })
    const error = await failure(calling([server.address]).shops.getShop({}))
    expect((error as ConnectError).code).toBe(Code.Internal)
    expect((error as ConnectError).message).not.toContain('1234')
    expect(calls).toBe(1)
  })

  test('passes on that somebody further away is missing, without being taken for missing itself', async () => {
    const server = await serving({
      async getShop() {
        throw new ServiceUnavailable('identity', 2_000, 'no connection')
      },
    })
    const { shops } = calling([server.address])
    for (let at = 0; at < 12; at += 1)
      expect(await failure(shops.getShop({}))).toMatchObject({ service: 'identity', retryAfterMs: 2_000 })
  })

  test('speaks gRPC, gRPC-Web and Connect on the same port', async () => {
    const server = await serving({ getShop: async (shopId) => ({ shop: { shopId } }) })
    const baseUrl = `http://${server.address}`
    for (const transport of [
      createGrpcWebTransport({ baseUrl, httpVersion: '2' }),
      createConnectTransport({ baseUrl, httpVersion: '2' }),
      createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: false }),
    ])
      expect((await createClient(ShopService, transport).getShop({ shopId: 'a' })).shop?.shopId).toBe('a')
  })

  test('says whether it is ready, as a whole and for each contract', async () => {
    let ready = true
    const server = await serving({ ready: () => ready })
    const health = createClient(
      Health,
      createConnectTransport({ baseUrl: `http://${server.address}`, httpVersion: '2' }),
    )
    expect((await health.check({})).status).toBe(Status.SERVING)
    ready = false
    expect((await health.check({ service: ShopService.typeName })).status).toBe(Status.NOT_SERVING)
    expect(Object.keys((await health.list({})).statuses)).toContain(ShopService.typeName)
    expect(((await failure(health.check({ service: 'souk.none' }))) as ConnectError).code).toBe(Code.NotFound)
    const seen: Status[] = []
    for await (const { status } of health.watch({}, { timeoutMs: 1_300 })) {
      seen.push(status)
      ready = true
      if (seen.length === 2) break
    }
    expect(seen).toEqual([Status.NOT_SERVING, Status.SERVING])
  })
})

describe('time', () => {
  test('is never without end: who asks a service that is silent is answered when its own time is over', async () => {
    const { shops } = calling([(await mute()).address])
    const beganMs = performance.now()
    expect(await failure(shops.getShop({}, { timeoutMs: 200 }))).toBeInstanceOf(ServiceSilent)
    expect(performance.now() - beganMs).toBeLessThan(2_000)
  })

  test('left to whoever waits for us is all that is left to whom we ask, and they are told', async () => {
    let left = 0
    let stopped = false
    const server = await serving({
      getShop: (_shopId, { signal }) => {
        left = (carried()?.deadlineAtMs ?? Number.POSITIVE_INFINITY) - Date.now()
        signal.addEventListener('abort', () => {
          stopped = true
        })
        return new Promise(() => {})
      },
    })
    const { shops } = calling([server.address])
    const call = () => shops.getShop({}, { timeoutMs: 5_000 })
    const error = await carrying({ correlationId: 'c', deadlineAtMs: Date.now() + 300 }, () => failure(call()))
    expect(error).toBeInstanceOf(ServiceSilent)
    expect(left).toBeGreaterThan(100)
    expect(left).toBeLessThanOrEqual(300)
    await expect.poll(() => stopped).toBe(true)
  })

  test('that is over before the call is made: it is not made', async () => {
    let calls = 0
    const server = await serving({ getShop: async () => void (calls += 1) })
    const { shops } = calling([server.address])
    const late = { correlationId: 'c', deadlineAtMs: Date.now() - 1 }
    expect(await carrying(late, () => failure(shops.getShop({})))).toBeInstanceOf(ServiceUnavailable)
    expect(calls).toBe(0)
  })
})

test('the name of a request and its trace go along with it', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  let seen: unknown
  const server = await serving({
    async getShop() {
      seen = carried()
      return {}
    },
  })
  const { shops } = calling([server.address])
  await carrying({ correlationId: 'order-7', traceparent: `00-${trace}-b7ad6b7169203331-01` }, () => shops.getShop({}))
  expect(seen).toMatchObject({ correlationId: 'order-7' })
  const { traceparent = '' } = seen as { traceparent?: string }
  expect(traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`))
  expect(traceparent).not.toContain('b7ad6b7169203331')
})

describe('a call that was lost on the way', () => {
  // The first request of a connection: preface, settings and headers, then the end.
  test('is repeated when the contract says that repeating is harmless, at another address', async () => {
    const broken = await mute(100)
    const server = await serving({ getShop: async (shopId) => ({ shop: { shopId } }) })
    const { shops } = calling([broken.address, server.address])
    for (let at = 0; at < 4; at += 1)
      expect((await shops.getShop({ shopId: 'a' }, { timeoutMs: 3_000 })).shop?.shopId).toBe('a')
  })

  test('and may have taken effect is not repeated: the caller is told that nobody knows', async () => {
    let calls = 0
    const server = await serving({
      async stageLines() {
        calls += 1
        await new Promise((resolve) => setTimeout(resolve, 50))
        throw new ConnectError('the connection broke', Code.Unavailable)
      },
    })
    expect(await failure(calling([server.address]).imports.stageLines({}))).toBeInstanceOf(ServiceSilent)
    expect(calls).toBe(1)
  })

  test('before it was sent is made elsewhere, whatever it is', async () => {
    let calls = 0
    const server = await serving({ stageLines: async () => void (calls += 1) })
    const gone = await serving({})
    await gone.close()
    const { imports } = calling([gone.address, server.address])
    for (let at = 0; at < 4; at += 1) await imports.stageLines({})
    expect(calls).toBe(4)
  })
})

describe('several addresses of a service', () => {
  test('are asked in turn, and one that cannot be reached is left out until it is back', async () => {
    const counts = [0, 0]
    const serve = (at: number, port = 0) =>
      serving({ getShop: async () => void (counts[at] = (counts[at] as number) + 1) }, { port })
    const [one, other] = [await serve(0), await serve(1)]
    const { shops } = calling([one.address, other.address])
    for (let at = 0; at < 10; at += 1) await shops.getShop({})
    expect(counts).toEqual([5, 5])
    await other.close()
    for (let at = 0; at < 10; at += 1) await shops.getShop({})
    expect(counts).toEqual([15, 5])
    await serve(1, other.port)
    await expect
      .poll(async () => (await shops.getShop({}), counts[1]), { timeout: 5_000, interval: 50 })
      .toBeGreaterThan(5)
  })

  test('none of which answers: the circuit opens, says so at once, and closes when one is back', async () => {
    const server = await serving({ getShop: async () => ({}) })
    const { address, port } = server
    await server.close()
    const { shops } = calling([address], { halfOpenAfterMs: 300, attempts: 1, trialCalls: 1 })
    for (let at = 0; at < 12; at += 1) expect(await failure(shops.getShop({}))).toBeInstanceOf(ServiceUnavailable)
    const beganMs = performance.now()
    const refused = (await failure(shops.getShop({}))) as ServiceUnavailable
    expect(refused.message).toContain('not called for another')
    expect(refused.retryAfterMs).toBeGreaterThan(0)
    expect(performance.now() - beganMs).toBeLessThan(20)
    await serving({ getShop: async () => ({ shop: { name: 'back' } }) }, { port })
    await expect
      .poll(() => shops.getShop({}).catch(() => ({ shop: undefined })), { timeout: 5_000, interval: 50 })
      .toMatchObject({ shop: { name: 'back' } })
  })
})

test('a server that closes finishes what it has begun, and nothing is lost on the way to the next', async () => {
  let begun = 0
  const serve = (port = 0) =>
    serving(
      {
        async stageLines() {
          begun += 1
          await new Promise((resolve) => setTimeout(resolve, 20))
          return {}
        },
      },
      { port },
    )
  const [one, other] = [await serve(), await serve()]
  const { imports } = calling([one.address, other.address])
  let stop = false
  let answered = 0
  const crowd = Array.from({ length: 20 }, async () => {
    while (!stop) {
      await imports.stageLines({})
      answered += 1
    }
  })
  await new Promise((resolve) => setTimeout(resolve, 150))
  await one.close()
  await new Promise((resolve) => setTimeout(resolve, 150))
  stop = true
  await Promise.all(crowd)
  expect(answered).toBe(begun)
  expect(answered).toBeGreaterThan(40)
})
