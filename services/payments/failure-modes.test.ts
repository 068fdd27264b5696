import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { eventually, testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { dispatchDue } from './dispatch.ts'
import { createTestProvider } from './providers/test.ts'
import { reconcile } from './reconcile.ts'
import { auditAll } from './test-audit.ts'
import { paymentsWorld } from './test-payments.ts'
import { applyWebhooks, keepWebhook, type WebhookDeps } from './webhooks.ts'

const secret = 'a secret for tests, 32 characters long'
const database = await testDatabase([{ name: 'payments', migrations: new URL('./migrations/', import.meta.url) }])
const db = database.open('payments')
const folder = await mkdtemp(join(tmpdir(), 'souk-modes-'))
const provider = { current: undefined as ReturnType<typeof createTestProvider> | undefined }

// Everything through the wire: the provider is another server with a book of its own, and sends its webhooks here.
const world = paymentsWorld(db, { fraud: undefined, atOnceMs: 150 })
const hooks: WebhookDeps = { ...world.deps, clock: () => new Date(), onWebhook: () => {} }
const door = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const sent = { headers: request.headers, raw: Buffer.concat(parts), address: '127.0.0.1' }
    keepWebhook(hooks, provider.current as never, sent).then(
      () => response.writeHead(200).end(),
      () => response.writeHead(401).end(),
    )
  })
})
await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
const webhookUrl = `http://127.0.0.1:${(door.address() as AddressInfo).port}/`
const secrets = testProviderSecrets(secret)
const server = await startTestProvider({ folder, port: 0, secrets, webhookUrl })
const test1 = createTestProvider({ url: server.url, secret, timeoutMs: 250, clock: () => new Date() })
provider.current = test1
world.deps.providers = { named: () => test1, forMethod: () => test1, all: [test1] }

afterAll(async () => {
  await server.stop()
  await new Promise((resolve) => door.close(resolve))
  await rm(folder, { recursive: true })
  await database.close()
})

async function control(mode: string, operations: string[], times: number): Promise<void> {
  const headers = { authorization: `Bearer ${secrets.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ mode, operations, times })
  const answer = await fetch(`${server.url}/control`, { method: 'PUT', headers, body })
  expect(answer.status).toBe(200)
}

/** Until nothing is left to do, with the clock moved on so that pauses are over. */
async function settle(): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await applyWebhooks({ ...hooks, clock: () => world.clock.now })
    await dispatchDue(world.deps, 'test')
    world.clock.now = new Date(world.clock.now.getTime() + 40_000)
  }
}

const takenFor = (id: string) =>
  server.ledger
    .byReference(id)
    .reduce((sum, { capturedMinor, refundedMinor }) => sum + capturedMinor - refundedMinor, 0)
const chargesFor = (id: string) => server.ledger.byReference(id).filter(({ capturedMinor }) => capturedMinor > 0).length

const modes = [
  'ok',
  'decline',
  'slow:400',
  'charge-then-timeout',
  'charge-then-reset',
  '500-before',
  '500-after',
  'webhook-twice',
  'webhook-out-of-order',
  'webhook-before-answer',
  'webhook-never',
  'wrong-amount',
  'nonsense',
  'async:200',
  '429',
  'down',
]

describe('whatever the provider does', () => {
  test.each(modes)('when asked for money (%s), what is kept is what was ordered, and nothing else', async (mode) => {
    await control(mode, ['authorise'], 2)
    const kept = world.ask({ method: 'card', token: 'tok_ok' })
    const given = world.ask({ method: 'card', token: 'tok_ok' })
    await world.authorise(kept)
    await world.authorise(given)
    await dispatchDue(world.deps, 'test')
    await world.giveBack(given.orderId)
    await new Promise((resolve) => setTimeout(resolve, mode.startsWith('async') ? 400 : 0))
    await settle()
    await control('ok', [], 0)
    const failing = ['decline', 'wrong-amount'].includes(mode)
    expect([await world.state(kept.orderId), takenFor(kept.orderId)]).toEqual(
      failing ? ['failed', 0] : ['captured', 1_999],
    )
    expect(takenFor(given.orderId)).toBe(0)
    expect(['failed', 'refunded', 'voided']).toContain(await world.state(given.orderId))
    expect(chargesFor(kept.orderId)).toBeLessThanOrEqual(1)
  })

  test.each(modes.filter((mode) => !['decline', 'wrong-amount', 'async:200'].includes(mode)))(
    'when asked to send money back (%s), it is sent once',
    async (mode) => {
      const id = await world.asked({ method: 'card', token: 'tok_ok' })
      await settle()
      await control(mode, ['refund'], 2)
      await world.refund(id, 500)
      await settle()
      await control('ok', [], 0)
      expect(takenFor(id)).toBe(1_499)
      expect((await world.read(id)).refunds).toMatchObject([{ state: 'settled', amountMinor: 500 }])
    },
  )

  test('the books agree on every payment in the end, and balance', async () => {
    const report = await reconcile(db, test1, new Date(0), new Date(Date.now() + 86_400_000))
    expect(report.compared).toBeGreaterThan(40)
    expect(report.differences).toEqual([])
    // Webhooks are sent until they were answered, so one may come after everything was settled.
    await eventually(
      async () => {
        await settle()
        expect((await auditAll(db, undefined, () => world.clock.now)).join('\n')).toBe('')
      },
      { timeoutMs: 20_000, everyMs: 200 },
    )
  })
})
