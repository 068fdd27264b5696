import { signWebhook } from '@souk/stand-ins/test-provider/webhooks'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { providerConformance } from '../provider.conformance.ts'
import { createTestProvider } from './test.ts'

const secret = 'a secret for tests, 32 characters long'

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'souk-test-provider-'))
  const secrets = testProviderSecrets(secret)
  const server = await startTestProvider({ folder, port: 0, secrets })
  const provider = createTestProvider({ url: server.url, secret, timeoutMs: 400, clock: () => new Date() })
  const headers = { authorization: `Bearer ${secrets.apiKey}`, 'content-type': 'application/json' }
  return {
    provider,
    server,
    folder,
    async control(body: object) {
      const answer = await fetch(`${server.url}/control`, { method: 'PUT', headers, body: JSON.stringify(body) })
      expect(answer.status).toBe(200)
    },
    async visit(id: string, decision: 'pay' | 'decline') {
      const { payUrl } = (await (await fetch(`${server.url}/charges/${id}`, { headers })).json()) as { payUrl: string }
      const page = await (await fetch(payUrl)).text()
      expect(page).toContain('name="decision"')
      await fetch(payUrl, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' })
    },
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true })
    },
  }
}

providerConformance('test', async () => {
  const it = await open()
  return {
    provider: it.provider,
    tokens: { pays: 'tok_ok', declines: 'tok_decline' },
    currency: 'EUR',
    findsByOurs: true,
    timed: true,
    visit: it.visit,
    failNext: (mode, operation) => it.control({ mode, operations: [operation], times: 1 }),
    book(reference) {
      const charges = it.server.ledger.byReference(reference)
      const sum = (of: (charge: (typeof charges)[number]) => number) => charges.reduce((all, one) => all + of(one), 0)
      return {
        payments: charges.length,
        capturedMinor: sum((charge) => charge.capturedMinor),
        refundedMinor: sum((charge) => charge.refundedMinor),
        refunds: sum((charge) => charge.refunds.length),
      }
    },
    async webhook(reference, atMs) {
      const webhook = { id: `evt_${reference}`, kind: 'payment.captured', reference, occurredAtMs: atMs, charge: {} }
      const body = JSON.stringify(webhook)
      return {
        headers: { 'souk-test-signature': signWebhook(testProviderSecrets(secret).webhookSecret, body, atMs) },
        body,
      }
    },
    stop: it.stop,
  }
})

describe('many at once', () => {
  test('are answered one by one in their order, whatever becomes of each', async () => {
    const it = await open()
    const tokens = ['tok_ok', 'tok_decline', 'tok_500_after', 'tok_429', 'tok_unheard_of']
    const asks = Array.from({ length: 1_200 }, (_, at) => ({
      ourReference: `order-${at}`,
      idempotencyKey: `key-${at}`,
      method: 'card' as const,
      amountMinor: 1_000 + at,
      currency: 'EUR',
      token: at < 1_195 ? 'tok_ok' : tokens[at - 1_195],
      capture: true,
      returnUrl: '',
    }))
    const answers = (await it.provider.authoriseMany?.(asks)) ?? []
    expect(answers).toHaveLength(1_200)
    expect(answers[777]).toMatchObject({ kind: 'succeeded', amountMinor: 1_777, captured: true })
    const kinds = answers.slice(1_195).map((one) => (one instanceof Error ? one.name : one.kind))
    expect(kinds).toEqual(['succeeded', 'declined', 'ProviderOutcomeUnknown', 'ProviderUnavailable', 'ProviderRefused'])
    expect(it.server.ledger.byReference('order-1197')).toMatchObject([{ state: 'captured' }])
    expect(it.server.ledger.byReference('order-1198')).toEqual([])
    await it.stop()
  })
})
