import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ProviderOutcomeUnknown, ProviderRefused, ProviderUnavailable } from '../provider.ts'
import { decimalsOf, fromDecimal, rescale, toDecimal } from './amounts.ts'
import { callHttp, refusal, retryAfterMsOf } from './http.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
async function listening(handle: Parameters<typeof createServer>[1]): Promise<string> {
  server = createServer(handle as never)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const calling = (url: string, reading: boolean, maxBytes = 1_000) =>
  callHttp({ provider: 'x', method: 'POST', url, body: {}, timeoutMs: 300, reading, maxBytes }).catch(
    (error: unknown) => error,
  )

describe('a call to a provider', () => {
  test('that was cut after it was sent may have been a charge; a look may be repeated', async () => {
    const url = await listening((request) => request.socket.resetAndDestroy())
    expect(await calling(url, false)).toBeInstanceOf(ProviderOutcomeUnknown)
    expect(await calling(url, true)).toBeInstanceOf(ProviderUnavailable)
  })
  test('that found nobody there was never sent', async () => {
    expect(await calling('http://127.0.0.1:59321', false)).toBeInstanceOf(ProviderUnavailable)
    expect(await calling('http://nobody.invalid', false)).toBeInstanceOf(ProviderUnavailable)
  })
  test('whose answer is endless, slow or leads elsewhere is given up', async () => {
    const endless = await listening((_, response) => void response.end('x'.repeat(2_000)))
    expect(await calling(endless, false)).toBeInstanceOf(ProviderOutcomeUnknown)
    server?.close()
    const slow = await listening((_, response) => void response.write('{'))
    expect(await calling(slow, false)).toBeInstanceOf(ProviderOutcomeUnknown)
    server?.closeAllConnections()
    let asked = 0
    const elsewhere = await listening((_, response) => {
      asked += 1
      response.writeHead(302, { location: '/again' }).end()
    })
    expect(await calling(elsewhere, false)).toBeInstanceOf(ProviderOutcomeUnknown)
    expect(asked).toBe(1)
  })
  test.each([
    [400, ProviderRefused, ProviderRefused],
    [401, ProviderRefused, ProviderRefused],
    [404, ProviderRefused, ProviderRefused],
    [408, ProviderOutcomeUnknown, ProviderUnavailable],
    [429, ProviderUnavailable, ProviderUnavailable],
    [500, ProviderOutcomeUnknown, ProviderUnavailable],
    [503, ProviderOutcomeUnknown, ProviderUnavailable],
  ])('answered %i is the right kind of no, for what changes something and for a look', (status, changing, looking) => {
    expect(refusal('x', status, 'why', false)).toBeInstanceOf(changing)
    expect(refusal('x', status, 'why', true)).toBeInstanceOf(looking)
  })
  test('told to wait waits as long as it was told, an hour at most', () => {
    const nowMs = Date.parse('2026-01-15T10:00:00Z')
    expect(retryAfterMsOf('2', nowMs)).toBe(2_000)
    expect(retryAfterMsOf('Thu, 15 Jan 2026 10:00:30 GMT', nowMs)).toBe(30_000)
    expect(retryAfterMsOf('999999', nowMs)).toBe(3_600_000)
    expect(retryAfterMsOf('soon', nowMs)).toBeUndefined()
    expect(retryAfterMsOf(null, nowMs)).toBeUndefined()
  })
})

describe('amounts', () => {
  test.each([
    ['EUR', 1_999, '19.99'],
    ['EUR', 5, '0.05'],
    ['JPY', 500, '500'],
    ['KWD', 1_234, '1.234'],
    ['HUF', 12_300, '123.00'],
  ])('of %s: %i is written %s and read back', (currency, minor, text) => {
    expect(toDecimal(minor, decimalsOf(currency))).toBe(text)
    expect(fromDecimal(text, decimalsOf(currency))).toBe(minor)
  })
  test('that are none, or have a part that the currency does not have, are not read', () => {
    for (const text of ['', '-1', '1e3', '1,00', '1.005', ' 1', '1.', 'NaN'])
      expect(fromDecimal(text, 2), text).toBeUndefined()
    expect(fromDecimal('1.500', 2)).toBe(150)
  })
  test('lose nothing when counted otherwise: rather none at all', () => {
    expect(rescale(500, 0, 2)).toBe(50_000)
    expect(rescale(50_000, 2, 0)).toBe(500)
    expect(() => rescale(50_001, 2, 0)).toThrow(ProviderRefused)
  })
})
