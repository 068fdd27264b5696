import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseMapping } from './mapping.ts'
import { planReplay, type ReplayOrder } from './replay-plan.ts'
import { sendReplay } from './replay-send.ts'
import { inspectFile } from './source-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-replay-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a file becomes a plan', () => {
  const plan = async (limit: number, ...lines: string[]) => {
    const path = join(folder, 'orders.csv')
    const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
    await writeFile(path, [header, ...lines].join('\n'))
    return planReplay(await inspectFile(path), parseMapping('invoice-lines'), limit)
  }

  test('of whole orders in the order of time, with the units they need and without services and cancellations', async () => {
    const { orders, products, skippedLines } = await plan(
      10,
      '2,cup,,3,2011-10-06 16:30:00,0.0,7,France',
      '1,CUP,A CUP,1,2011-10-06 16:20:00,2.50,,France',
      '2,POT,A POT,1,2011-10-06 16:29:00,9.00,7,France',
      '2,CUP,A CUP,2,2011-10-06 16:30:00,2.50,7,France',
      '2,POST,POSTAGE,1,2011-10-06 16:30:00,18.00,7,France',
      'C1,CUP,A CUP,-1,2011-10-06 17:20:00,2.50,7,France',
      '3,CUP,A CUP,-1,2011-10-06 17:20:00,2.50,7,France',
    )
    expect(orders.map(({ number, units }) => [number, Object.fromEntries(units)])).toEqual([
      ['1', { CUP: 1 }],
      ['2', { CUP: 5, POT: 1 }],
    ])
    expect(products.get('CUP')).toMatchObject({ title: 'A CUP', priceMinor: 250, units: 6 })
    expect(skippedLines).toBe(3)
  })

  test('of the first orders alone, if that is wanted, with what those need', async () => {
    const { orders, products } = await plan(
      1,
      '2,POT,A POT,1,2011-10-07 16:29:00,9.00,7,France',
      '1,CUP,A CUP,1,2011-10-06 16:20:00,2.50,,France',
    )
    expect(orders.map(({ number }) => number)).toEqual(['1'])
    expect([...products.keys()]).toEqual(['CUP'])
  })
})

describe('orders are placed again', () => {
  let server: Server
  afterEach(() => server.close())
  type Seen = { key: string; token: string; atMs: number; body: unknown }

  /** A shop that answers what it is told to, the n-th time a key comes. */
  async function shop(answer: (seen: Seen, time: number) => { status: number; body: object }) {
    const seen: Seen[] = []
    server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => {
        text += chunk
      })
      request.on('end', () => {
        const [key, token] = [request.headers['idempotency-key'] as string, request.headers.authorization ?? '']
        const one = { key, token, atMs: performance.now(), body: JSON.parse(text) as unknown }
        seen.push(one)
        const { status, body } = answer(one, seen.filter((each) => each.key === key).length)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  const orders = [0, 60, 90].map(
    (minute, index): ReplayOrder => ({
      number: String(index),
      atMs: minute * 60_000,
      customer: '',
      units: new Map([['CUP', index + 1]]),
    }),
  )
  const send = (baseUrl: string, more: object = {}) =>
    sendReplay({
      baseUrl,
      orders,
      variants: new Map([['CUP', 'variant-1']]),
      speed: 18_000,
      connections: 4,
      tokenOf: async (index) => `token-${index}`,
      onTick: () => {},
      signal: new AbortController().signal,
      ...more,
    })

  test('at their intervals divided by the speed, each by its customer', async () => {
    const { seen, baseUrl } = await shop(({ key }) => ({ status: 201, body: { id: `order of ${key}` } }))
    const result = await send(baseUrl)
    expect(result).toMatchObject({ sent: 3, accepted: 3, refused: 0, unknown: 0, twice: 0 })
    expect(seen.map(({ token, body }) => [token, body])).toEqual(
      [1, 2, 3].map((quantity, index) => [`Bearer token-${index}`, { lines: [{ variantId: 'variant-1', quantity }] }]),
    )
    const [first, second, third] = seen.map(({ atMs }) => atMs) as [number, number, number]
    expect(second - first).toBeGreaterThan(150)
    expect(third - second).toBeGreaterThan(60)
    expect(third - first).toBeLessThan(3_000)
  })

  test('again with the same key when the shop could not take them, and not when it said no', async () => {
    const { seen, baseUrl } = await shop(({ key }, time) => {
      if (key.endsWith('-1')) return { status: 409, body: { code: 'out-of-stock' } }
      return time < 3 ? { status: 503, body: { code: 'orders-overloaded' } } : { status: 201, body: { id: key } }
    })
    const result = await send(baseUrl)
    expect(result).toMatchObject({ accepted: 2, refused: 1, retries: 4, reasons: { 'out-of-stock': 1 } })
    expect(new Set(seen.map(({ key }) => key)).size).toBe(3)
  })

  test('and one order answered for two is noticed', async () => {
    const { baseUrl } = await shop(() => ({ status: 201, body: { id: 'the same' } }))
    expect(await send(baseUrl)).toMatchObject({ accepted: 3, twice: 2 })
  })
})
