import { eventually } from '@souk/testing'
import { appendFile, mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Charge } from './charge.ts'
import { readLedgerFile } from './ledger.ts'
import { modeNames, modeOfToken, parseMode } from './modes.ts'
import { testProviderSecrets } from './secrets.ts'
import { startTestProvider } from './server.ts'
import { signWebhook, type Webhook } from './webhooks.ts'

const secrets = testProviderSecrets('a secret for tests, 32 characters long')
const headers = { authorization: `Bearer ${secrets.apiKey}`, 'content-type': 'application/json' }
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Somebody who is told: keeps what came, and answers with `status` until told otherwise. */
async function listener() {
  const told: (Webhook & { atMs: number })[] = []
  const state = { status: 200 }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const atMs = Number(/t=(\d+)/.exec(String(request.headers['souk-test-signature']))?.[1]) * 1_000
    expect(request.headers['souk-test-signature']).toBe(signWebhook(secrets.webhookSecret, body, atMs))
    told.push({ ...(JSON.parse(body) as Webhook), atMs: performance.now() })
    response.writeHead(state.status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(async () => void server.close())
  return { told, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

async function given(webhookUrl?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'souk-test-provider-'))
  const open = async () => {
    const server = await startTestProvider({
      folder,
      port: 0,
      secrets,
      ...(webhookUrl !== undefined && { webhookUrl }),
    })
    stops.push(() => server.stop().catch(() => {}))
    return server
  }
  const server = await open()
  let made = 0
  const charge = async (token: string | undefined, at = server.url, changed: object = {}) => {
    const body = JSON.stringify({
      reference: `order-${(made += 1)}`,
      idempotencyKey: `key-${made}`,
      method: 'card',
      amountMinor: 1_999,
      currency: 'EUR',
      token,
      capture: true,
      returnUrl: 'http://shop.example/back',
      ...changed,
    })
    const answer = await fetch(`${at}/charges`, { method: 'POST', headers, body })
    return { status: answer.status, ...((await answer.json()) as Charge & { payUrl: string }) }
  }
  return { folder, server, open, charge }
}

describe('the book of the test provider', () => {
  test('outlives its process, even one that was killed while it wrote', async () => {
    const { folder, server, open, charge } = await given()
    const first = await charge('tok_ok')
    const same = { reference: first.reference, idempotencyKey: 'key-1' }
    await server.stop()
    await appendFile(join(folder, 'ledger.jsonl'), '{"charge":{"id":"ch_2","refer')
    const again = await open()
    expect(await charge('tok_ok', again.url, same)).toMatchObject({ id: first.id, captures: 1 })
    expect(await charge('tok_ok', again.url)).toMatchObject({ id: 'ch_2' })
    expect(readLedgerFile(folder).map(({ id, state }) => [id, state])).toEqual([
      ['ch_1', 'captured'],
      ['ch_2', 'captured'],
    ])
  })

  test('has one entry for a key, and refuses the key for anything else', async () => {
    const { charge } = await given()
    const same = { reference: 'order-x', idempotencyKey: 'key-x' }
    const [one, two] = await Promise.all([charge('tok_ok', undefined, same), charge('tok_ok', undefined, same)])
    expect(one.id).toBe(two.id)
    expect((await charge('tok_ok', undefined, { ...same, amountMinor: 5 })).status).toBe(422)
  })

  test('decides what waited for its bank also after a restart', async () => {
    const { server, open, charge } = await given()
    const pending = await charge('tok_async_300')
    expect(pending.state).toBe('pending')
    await server.stop()
    const again = await open()
    await eventually(() => expect(again.ledger.get(pending.id)?.state).toBe('captured'))
  })

  test('is closed to whoever has no key, and to pages of others', async () => {
    const { server, charge } = await given()
    expect((await fetch(`${server.url}/charges?reference=x`)).status).toBe(401)
    const { id, payUrl } = await charge(undefined)
    expect((await fetch(`${server.url}/pay/${id}?k=guessed`)).status).toBe(404)
    const body = new URLSearchParams({ decision: 'pay' })
    const elsewhere = await fetch(payUrl, { method: 'POST', body, headers: { 'sec-fetch-site': 'cross-site' } })
    expect(elsewhere.status).toBe(403)
    expect(server.ledger.get(id)?.state).toBe('pending')
  })
})

describe('the payment page', () => {
  test('takes the decision of a shopper once, and sends them back to the shop', async () => {
    const { server, charge } = await given()
    const { id, payUrl } = await charge(undefined)
    const press = (decision: string) =>
      fetch(payUrl, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' })
    const answer = await press('pay')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'http://shop.example/back'])
    await press('decline')
    expect(server.ledger.get(id)).toMatchObject({ state: 'captured', captures: 1 })
    expect(await (await fetch(payUrl)).text()).toContain('Paid. Thank you.')
  })
})

describe('webhooks', () => {
  test('tell of a payment once when all is well, and twice, late or in the wrong order when asked to', async () => {
    const { told, url } = await listener()
    const { charge } = await given(url)
    const toldOf = (reference: string) => told.filter((webhook) => webhook.reference === reference)
    const one = await charge('tok_ok')
    await eventually(() => expect(toldOf(one.reference)).toMatchObject([{ kind: 'payment.captured' }]))
    const twice = await charge('tok_webhook_twice')
    await eventually(() => expect(toldOf(twice.reference)).toHaveLength(2))
    expect(new Set(toldOf(twice.reference).map(({ id }) => id)).size).toBe(1)
    const disordered = await charge('tok_webhook_out_of_order')
    await eventually(() =>
      expect(toldOf(disordered.reference).map(({ kind }) => kind)).toEqual(['payment.captured', 'payment.pending']),
    )
    const before = await charge('tok_webhook_before_answer')
    expect(toldOf(before.reference)).toHaveLength(1)
    const never = await charge('tok_webhook_never')
    expect(never.state).toBe('captured')
    expect(toldOf(never.reference)).toEqual([])
    expect(toldOf(one.reference)).toHaveLength(1)
  })

  test('are sent again until they are taken', async () => {
    const { told, state, url } = await listener()
    state.status = 503
    const { charge } = await given(url)
    const { reference } = await charge('tok_ok')
    await eventually(() => expect(told).toHaveLength(1))
    state.status = 200
    await eventually(() => expect(told).toHaveLength(2))
    expect(told.map((webhook) => webhook.reference)).toEqual([reference, reference])
    expect(told[0]?.id).toBe(told[1]?.id)
  })
})

describe('modes', () => {
  test.each(modeNames.map((name) => [name]))('%s can be asked for with a token', (name) => {
    expect(modeOfToken(`tok_${name.replaceAll('-', '_')}`)?.name).toBe(name)
  })
  test('with a time, in both ways of writing', () => {
    expect(parseMode('slow:2000')).toEqual({ name: 'slow', ms: 2_000 })
    expect(modeOfToken('tok_async_180000')).toEqual({ name: 'async', ms: 180_000 })
    expect(modeOfToken('tok_slow')).toEqual({ name: 'slow', ms: 1_000 })
    expect(parseMode('slow:soon')).toBeUndefined()
    expect(modeOfToken('pm_card_visa')).toBeUndefined()
  })
})
