import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { PaymentService } from '@souk/contracts/payments'
import type { OpenApi } from '@souk/http'
import { createDirectory } from '@souk/rpc'
import { certificateFile, createRemote, keyFile, serverNameOf } from '@souk/rpc/network'
import { createMetrics } from '@souk/telemetry'
import { eventually, memoryLog, testSecret } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, createApi } from './api.ts'
import { isSound, runAudit } from './audit/run.ts'
import { issueCertificates } from './certificates.ts'
import { merged } from './gateway/upstreams.ts'
import { openHouse } from './house.ts'
import { sampleOf } from './metrics-reader.ts'
import { allServices } from './services.ts'
import { startDivision } from './test-division.ts'

// Orders alone; what their saga asks in a second process; everything else in a third. A gateway before them.
const back = ['payments', 'inventory', 'notifications']
const front = allServices.map(({ name }) => name).filter((name) => name !== 'orders' && !back.includes(name))
const patience = { timeout: 20_000, interval: 50 }
let division: Awaited<ReturnType<typeof startDivision>>
let keeper: Api
let customer: Api
let shopId = ''
let productId = ''
let variantId = ''

type Order = { id: string; status: string }

beforeAll(async () => {
  division = await startDivision([
    { name: 'front', services: front },
    { name: 'orders', services: ['orders'] },
    { name: 'back', services: back },
  ])
  keeper = createApi(division.gateway.url)
  await keeper.signIn(division.operator)
  const wanted = { name: 'Divided', slug: 'divided', country: 'DE', currency: 'EUR' }
  shopId = (await keeper.post<{ id: string }>('/v1/shops', wanted)).id
  await keeper.post(`/v1/shops/${shopId}/verification`, { decision: 'verify', reason: 'For this test' })
  await keeper.refresh()
  const product = await keeper.post<{ id: string; variants: { id: string }[] }>('/v1/products', {
    shopId,
    title: 'A thing in three processes',
    status: 'active',
    variants: [{ sku: 'THREE', priceMinor: 1_999 }],
  })
  productId = product.id
  variantId = product.variants[0]?.id ?? ''
  const shelf = { variants: [{ variantId, onHand: 100_000 }], note: 'All there is' }
  await eventually(() => keeper.put(`/v1/products/${productId}/inventory`, shelf))
  customer = createApi(division.gateway.url)
  await customer.post('/v1/auth/register', { ...customerSignIn, name: 'A customer' })
  await customer.signIn(customerSignIn)
  await eventually(() => place())
}, 60_000)
afterAll(() => division?.stop(), 30_000)

const customerSignIn = { email: 'customer@division.example', password: 'buys the whole bazaar 77' }
const place = (payment: object = { paymentMethod: 'cash-on-delivery' }) =>
  customer.post<Order>('/v1/orders', { lines: [{ variantId, quantity: 1 }], ...payment })
const statusOf = async (id: string) => (await customer.get<Order>(`/v1/orders/${id}`)).status
const processOf = (name: string) =>
  division.processes.get(name) as NonNullable<ReturnType<typeof division.processes.get>>
const metricsOf = async (name: string) => (await fetch(`${processOf(name).url}/metrics`)).text()

/** What somebody shows, from a folder of certificates, and the authority of this marketplace. */
async function credentialsOf(name: string, folder = division.certificates) {
  const files = [
    certificateFile(folder, name),
    keyFile(folder, name),
    certificateFile(division.certificates, 'authority'),
  ]
  const [certificate = '', key = '', authorities = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return { certificate, key, authorities, expiresAtMs: 0 }
}

type Credentials = Awaited<ReturnType<typeof credentialsOf>>

/** Call payments as somebody: what they are told. */
async function toldByPayments(credentials: Credentials | undefined): Promise<string> {
  const remote = createRemote({
    peers: { payments: [division.rpcAddressOf('back')] },
    serviceOf: () => 'payments',
    identities: credentials && { of: () => credentials, onChange: () => {}, secondsLeft: () => 0, close: () => {} },
    clock: () => new Date(),
    log: memoryLog(),
    metrics: createMetrics({ process: false }),
  })
  const client = createDirectory(remote.wayFor).client(PaymentService)
  try {
    await client.authorise({ requests: [] }, { timeoutMs: 3_000 })
    return 'well'
  } catch (error) {
    const { name, message } = error as Error
    return name === 'ConnectError' ? message : name
  } finally {
    remote.close()
  }
}

describe('an order whose services run in three processes', () => {
  test('is paid by card, confirmed, shipped and delivered, through the gateway', async () => {
    const { id } = await place({ paymentMethod: 'card', paymentToken: 'tok_ok' })
    await expect.poll(() => statusOf(id), patience).toBe('confirmed')
    const shipment = await keeper.post<{ state: string }>(`/v1/shops/${shopId}/orders/${id}/shipments`, {})
    expect(shipment.state).toBe('issued')
    await keeper.post(`/v1/shops/${shopId}/orders/${id}/delivery`, {})
    expect(await statusOf(id)).toBe('delivered')
    const paid = async () =>
      (await customer.get<{ items: { status: string }[] }>(`/v1/orders/${id}/payments`)).items[0]?.status
    await expect.poll(paid, patience).toBe('captured')
  })

  test('is accepted while payments and the shelves are away, waits, and is confirmed when they are back', async () => {
    await processOf('back').kill()
    const orders = await Promise.all(Array.from({ length: 20 }, () => place()))
    expect(orders.map(({ status }) => status)).toEqual(orders.map(() => 'placed'))
    // What only they could answer is refused at once, with the time to come back.
    const began = performance.now()
    const refused = await fetch(`${division.gateway.url}/v1/products/${productId}/inventory`)
    expect([401, 503]).toContain(refused.status)
    await expect
      .poll(async () => {
        const answer = await fetch(`${division.gateway.url}/v1/payments/webhooks/test`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
        return [answer.status, Number(answer.headers.get('retry-after')) > 0]
      })
      .toEqual([503, true])
    expect(performance.now() - began).toBeLessThan(3_000)
    // The orders process has noticed, too: every call fails before it is sent, or its circuit is open.
    await expect
      .poll(
        async () =>
          sampleOf(await metricsOf('orders'), 'souk_circuit_calls_total', 'name="rpc payments",outcome="may-pass"') > 0,
      )
      .toBe(true)
    expect(await Promise.all(orders.map(({ id }) => statusOf(id)))).toEqual(orders.map(() => 'placed'))
    await division.restart('back')
    await expect
      .poll(async () => new Set(await Promise.all(orders.map(({ id }) => statusOf(id)))), patience)
      .toEqual(new Set(['confirmed']))
  }, 60_000)
})

describe('calls between processes', () => {
  test('are refused to a service whose business it is not', async () => {
    expect(await toldByPayments(await credentialsOf('catalog'))).toBe(
      '[permission_denied] catalog may not call souk.payments.PaymentService/Authorise',
    )
    expect(await toldByPayments(await credentialsOf('orders'))).toBe('well')
  })

  test('are refused without a certificate, with one of another authority, with one that has expired, in plain text', async () => {
    const cut = /^Service(Unavailable|Silent)$/
    const known = await credentialsOf('orders')
    expect(await toldByPayments({ ...known, certificate: undefined, key: undefined } as never)).toMatch(cut)
    const folder = mkdtempSync(join(tmpdir(), 'souk-strangers-'))
    try {
      await issueCertificates({ folder, names: ['orders'], now: new Date(), hours: 1 })
      expect(await toldByPayments(await credentialsOf('orders', folder))).toMatch(cut)
    } finally {
      rmSync(folder, { recursive: true })
    }
    const past = { names: ['customers'], now: new Date(Date.now() - 7_200_000), hours: 1 }
    await issueCertificates({ folder: division.certificates, ...past, rotate: true })
    expect(await toldByPayments(await credentialsOf('customers'))).toMatch(cut)
    await issueCertificates({ folder: division.certificates, ...past, now: new Date(), rotate: true })
    expect(await toldByPayments(undefined)).toMatch(cut)
  })

  test('go on without losing one while every certificate is replaced', async () => {
    const serial = () =>
      new Promise<string>((resolve, reject) => {
        const [host = '', port = ''] = division.rpcAddressOf('back').split(':')
        const socket = connect({
          host,
          port: Number(port),
          servername: serverNameOf('payments'),
          rejectUnauthorized: false,
        })
        socket.once('secureConnect', () => {
          resolve(socket.getPeerCertificate().serialNumber)
          socket.destroy()
        })
        socket.once('error', reject)
      })
    const before = await serial()
    // Bare requests: a patient client would hide what is lost. The timeline asks payments, inventory and notifications.
    const { accessToken } = await keeper.post<{ accessToken: string }>('/v1/auth/login', customerSignIn)
    const authorization = `Bearer ${accessToken}`
    const { id: known } = await place()
    let stop = false
    const outcomes: string[] = []
    const ask = async (path: string, init: RequestInit = {}) => {
      const began = performance.now()
      const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() }
      const answer = await fetch(division.gateway.url + path, { headers, ...init })
      const text = await answer.text()
      const tookMs = performance.now() - began
      outcomes.push(answer.ok && tookMs < 2_000 ? 'well' : `${path} ${answer.status} after ${tookMs} ms: ${text}`)
    }
    const order = JSON.stringify({ lines: [{ variantId, quantity: 1 }], paymentMethod: 'cash-on-delivery' })
    const crowd = Array.from({ length: 4 }, async () => {
      while (!stop) {
        await ask('/v1/orders', { method: 'POST', body: order })
        await ask(`/v1/orders/${known}/timeline`)
      }
    })
    const { certificates: folder, names } = division
    await issueCertificates({ folder, names, now: new Date(), hours: 2, rotate: true })
    await expect.poll(serial, patience).not.toBe(before)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    stop = true
    await Promise.all(crowd)
    expect(outcomes.filter((outcome) => outcome !== 'well').slice(0, 3)).toEqual([])
    expect(outcomes.length).toBeGreaterThan(20)
    for (const name of ['orders', 'front'])
      expect(await metricsOf(name)).not.toMatch(/souk_circuit_calls_total\{name="rpc [a-z]+",outcome="failed"\}/)
    const { id } = await place()
    await expect.poll(() => statusOf(id), patience).toBe('confirmed')
  }, 30_000)
})

describe('the gateway', () => {
  const send = (path: string, init: RequestInit = {}) => fetch(division.gateway.url + path, init)

  test('describes the whole API: what its upstreams describe, together', async () => {
    const documents = await Promise.all(
      [...division.processes.values()].map(
        async ({ url }) => (await fetch(`${url}/openapi.json`)).json() as Promise<OpenApi>,
      ),
    )
    const whole = (await (await send('/openapi.json')).json()) as OpenApi
    expect(whole).toEqual(merged(documents))
    const operations = (document: OpenApi) => Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations(whole).length).toBe(documents.flatMap(operations).length)
    expect((await send('/docs')).status).toBe(200)
  })

  test('answers for addresses and methods nobody has, and for callers nobody knows', async () => {
    const problem = async (path: string, init?: RequestInit) => {
      const answer = await send(path, init)
      return [answer.status, ((await answer.json()) as { code: string }).code, answer.headers.get('allow')]
    }
    expect(await problem('/v1/nothing')).toEqual([404, 'not-found', null])
    expect(await problem('/v1/auth/login')).toEqual([405, 'method-not-allowed', 'POST'])
    expect(await problem('/v1/shops/mine')).toEqual([401, 'unauthenticated', null])
    const headers = { authorization: 'Bearer souk_somebody-elses-key' }
    expect(await problem('/v1/shops/mine', { headers })).toEqual([401, 'unauthenticated', null])
  })

  test('shows how its upstreams are, and its own figures', async () => {
    expect(await (await send('/health/upstreams')).json()).toMatchObject([
      { ready: true },
      { ready: true },
      { ready: true },
    ])
    expect((await send('/health/ready')).status).toBe(200)
    expect(await (await send('/metrics')).text()).toMatch(
      /souk_gateway_requests_total\{operation="placeOrder",status="2xx"\}/,
    )
  })
})

test('what was sold is counted by another process than the one that sells', async () => {
  const countedUntil = async () =>
    Date.parse((await keeper.get<{ countedUntil: string | null }>('/v1/analytics')).countedUntil ?? '1970-01-01')
  await expect.poll(countedUntil, patience).toBeGreaterThan(Date.now() - 3_600_000)
})

test('the books balance over all processes', async () => {
  const house = await openHouse({
    services: allServices,
    env: {
      DATABASE_URL: division.database.url,
      SOUK_SECRET: testSecret,
      SOUK_TEST_PROVIDER_URL: division.provider.url,
    },
    onProgress: () => {},
    onFatal: () => {},
    working: false,
  })
  try {
    await expect
      .poll(async () => (await runAudit(house, { full: true })).checks.filter((check) => !isSound(check)), patience)
      .toEqual([])
  } finally {
    await house.stop()
  }
}, 30_000)
