import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mayCall } from '@souk/contracts/callers'
import { ShopService } from '@souk/contracts/shops'
import { defineErrors } from '@souk/errors'
import { createDirectory, ServiceUnavailable } from '@souk/rpc'
import { certificateFile, createRemote, keyFile, openIdentities, serverNameOf, startRpcServer } from '@souk/rpc/network'
import { ConfigurationError } from '@souk/service'
import { createMetrics } from '@souk/telemetry'
import { memoryLog } from '@souk/testing'
import { engines } from '@souk/engines'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { issueCertificates } from './certificates.ts'
import { planNetwork } from './network.ts'

const folder = mkdtempSync(join(tmpdir(), 'souk-network-'))
const ending: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
const clock = () => new Date()
const issue = (names: readonly string[], more: object = {}) =>
  issueCertificates({ folder, names, now: new Date(), hours: 1, ...more })

beforeAll(async () => void (await issue(['shops', 'orders', 'catalog', 'operator'])))
afterEach(async () => {
  for (const end of ending.splice(1).toReversed()) await end()
})

const errors = defineErrors({ 'shop-closed': { status: 409, title: 'Closed', help: 'Come back tomorrow.' } })

function identitiesOf(service: string, from = folder) {
  const log = memoryLog()
  const identities = openIdentities({ folder: from, services: [service], log, clock, lookEveryMs: 50 })
  ending.push(() => identities.close())
  return { identities, log }
}

async function shopsServer(as = 'shops') {
  const server = await startRpcServer({
    host: '127.0.0.1',
    port: 0,
    identities: identitiesOf(as).identities,
    mayCall,
    log: memoryLog(),
    metrics: createMetrics({ process: false }),
    served: [
      {
        service: as,
        contracts: [ShopService],
        ready: async () => true,
        handlers: (router) =>
          router.service(ShopService, {
            async getShop({ shopId }) {
              if (shopId === 'closed') throw errors.error('shop-closed', 'It is Sunday.', { until: 'Monday' })
              return { shop: { shopId, name: 'A shop' } }
            },
          }),
      },
    ],
  })
  ending.push(() => server.close())
  return server
}

function shopsFor(caller: string, address: string) {
  const remote = createRemote({
    peers: { shops: [address] },
    serviceOf: () => 'shops',
    identities: identitiesOf(caller).identities,
    clock,
    log: memoryLog(),
    metrics: createMetrics({ process: false }),
  })
  ending.push(() => remote.close())
  return createDirectory(remote.wayFor).as(caller).client(ShopService)
}

describe('certificates', () => {
  test('are made once, kept while they are good, and made anew when a third of their time is left or when asked', async () => {
    const made = async (more: object = {}) => (await issue(['orders'], more)).map((one) => one.made)
    expect(await made()).toEqual([false])
    expect(await made({ now: new Date(Date.now() + 30 * 60_000) })).toEqual([false])
    expect(await made({ now: new Date(Date.now() + 45 * 60_000) })).toEqual([true])
    expect(await made({ rotate: true })).toEqual([true])
  })

  test('of an authority that was replaced are still believed, until it is replaced once more', async () => {
    const server = await shopsServer()
    const before = shopsFor('orders', server.address)
    await issue(['shops'], { newAuthority: true, rotate: true })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await before.getShop({ shopId: 'a' })).shop?.name).toBe('A shop')
    expect((await shopsFor('orders', server.address).getShop({ shopId: 'a' })).shop?.name).toBe('A shop')
    await issue(['shops', 'orders', 'catalog', 'operator'], { rotate: true })
  })

  test('that are missing are all named, with what to do', () => {
    expect(() => openIdentities({ folder, services: ['orders', 'media', 'carts'], log: memoryLog(), clock })).toThrow(
      /souk certificates[\s\S]*media:[\s\S]*carts:/,
    )
  })

  test('half written, or expired, do not replace the ones in use', async () => {
    const { identities, log } = identitiesOf('orders')
    const before = identities.of('orders').certificate
    await issue(['orders'], { rotate: true, now: new Date(Date.now() - 7_200_000) })
    await expect.poll(() => log.lines.some(({ message }) => message.includes('will not do'))).toBe(true)
    expect(identities.of('orders').certificate).toBe(before)
    await issue(['orders'], { rotate: true })
    await expect.poll(() => identities.of('orders').certificate).not.toBe(before)
    expect(identities.secondsLeft()).toBeGreaterThan(3_000)
  })

  test('of another service are not taken for the one that was called, whatever its address', async () => {
    const impostor = await shopsServer('catalog')
    const error = await shopsFor('orders', impostor.address)
      .getShop({}, { timeoutMs: 2_000 })
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ServiceUnavailable)
    expect((error as Error).message).toContain('the certificate shown is that of catalog')
  })
})

describe('where services are', () => {
  const settings = {
    SOUK_RPC_LISTEN: undefined,
    SOUK_RPC_PEERS: undefined,
    SOUK_CERTIFICATES: folder,
    SOUK_RPC_INSECURE: false,
  }
  const faults = (more: object, env = {}, services = ['payments', 'shops']) => {
    try {
      planNetwork({ ...settings, ...more }, env, services)
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults.join('\n')
      throw error
    }
    return ''
  }

  test('is asked for before anything starts: all that is missing, with who calls it', () => {
    const said = faults({ SOUK_RPC_LISTEN: 'nowhere' })
    expect(said).toContain('SOUK_RPC_IDENTITY is missing. identity does not run in this process and shops calls it')
    expect(said).toContain('SOUK_RPC_ORDERS is missing.')
    expect(said).toContain('SOUK_RPC_LISTEN=nowhere must be host:port')
  })

  test('is read from one map, and over it from a setting for each', () => {
    const peers = JSON.stringify({ identity: '10.0.0.1:7800', orders: ['10.0.0.2:7800', '[::1]:7800'] })
    const plan = planNetwork({ ...settings, SOUK_RPC_PEERS: peers }, { SOUK_RPC_IDENTITY: '10.0.0.9:1, 10.0.0.8:1' }, [
      'payments',
      'shops',
    ])
    expect(plan.peers).toMatchObject({
      identity: ['10.0.0.9:1', '10.0.0.8:1'],
      orders: ['10.0.0.2:7800', '[::1]:7800'],
    })
    expect(faults({ SOUK_RPC_PEERS: '{"bakery": "a:1", "orders": "here"}' })).toMatch(
      /there is no service bakery[\s\S]*here must be host:port/,
    )
  })

  test('is nobody’s business in plain text, unless it is this machine and somebody said so', () => {
    const near = { SOUK_RPC_IDENTITY: '127.0.0.1:1', SOUK_RPC_ORDERS: 'localhost:2' }
    const plain = { SOUK_CERTIFICATES: undefined }
    expect(faults(plain, near)).toContain('SOUK_CERTIFICATES is missing')
    expect(faults({ ...plain, SOUK_RPC_INSECURE: true }, near)).toBe('')
    expect(faults({ ...plain, SOUK_RPC_INSECURE: true }, { ...near, SOUK_RPC_ORDERS: '10.0.0.7:2' })).toContain(
      '10.0.0.7:2 leaves it',
    )
    expect(faults({ ...plain, SOUK_RPC_INSECURE: true, SOUK_RPC_LISTEN: '0.0.0.0:7800' }, near)).toContain('0.0.0.0')
  })
})

const grpcurl = engines.grpcurl.locate()?.path
const run = promisify(execFile)
const getShop = 'souk.shops.ShopService/GetShop'

describe.runIf(grpcurl !== undefined)('grpcurl, with the certificate of an operator', () => {
  const ask = async (address: string, words: readonly string[], flags: readonly string[] = []) => {
    const credentials = ['-cacert', certificateFile(folder, 'authority'), '-cert', certificateFile(folder, 'operator')]
    const known = [...credentials, '-key', keyFile(folder, 'operator'), '-servername', serverNameOf('shops')]
    return (await run(grpcurl as string, [...known, ...flags, address, ...words])).stdout
  }

  test('lists what is served, describes it, and calls what changes nothing', async () => {
    const { address } = await shopsServer()
    expect(await ask(address, ['list'])).toContain('souk.shops.ShopService')
    expect(await ask(address, ['describe', 'souk.shops.ShopService'])).toContain('rpc GetShop')
    expect(await ask(address, ['describe', 'souk.shops.ShopChanged'])).toContain('string shop_id = 1')
    expect(await ask(address, [getShop], ['-d', '{"shopId":"a"}'])).toContain('"name": "A shop"')
    expect(await ask(address, ['grpc.health.v1.Health/Check'])).toContain('SERVING')
  })

  test('is shown a refusal with its code and figures', async () => {
    const { address } = await shopsServer()
    const call = ask(address, [getShop], ['-d', '{"shopId":"closed"}'])
    await expect(call).rejects.toThrow(/FailedPrecondition[\s\S]*It is Sunday[\s\S]*shop-closed/)
  })
})
