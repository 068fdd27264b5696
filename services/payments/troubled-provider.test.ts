import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from '@souk/service'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { eventually, fakeMetrics, memoryLog, testDatabase } from '@souk/testing'
import { afterAll, expect, test } from 'vitest'
import { providersConfig } from './config-providers.ts'
import { createDispatcher } from './dispatch.ts'
import { createProviders } from './providers/index.ts'
import { auditAll } from './test-audit.ts'
import { paymentsWorld } from './test-payments.ts'

const secret = 'a secret for tests, 32 characters long'
const secrets = testProviderSecrets(secret)
const database = await testDatabase([{ name: 'payments', migrations: new URL('./migrations/', import.meta.url) }])
const db = database.open('payments')
const folder = await mkdtemp(join(tmpdir(), 'souk-trouble-'))
const server = await startTestProvider({ folder, port: 0, secrets })
afterAll(async () => {
  await server.stop()
  await database.close()
  await rm(folder, { recursive: true })
})

async function control(mode: string): Promise<void> {
  const headers = { authorization: `Bearer ${secrets.apiKey}`, 'content-type': 'application/json' }
  await fetch(`${server.url}/control`, { method: 'PUT', headers, body: JSON.stringify({ mode }) }).then((a) => a.text())
}

test('a provider that is slow, then down, then comes and goes: nobody is refused, few are asked, and in the end all have paid once', async () => {
  const metrics = fakeMetrics()
  const log = memoryLog()
  const settings = {
    SOUK_SECRET: secret,
    SOUK_TEST_PROVIDER_URL: server.url,
    SOUK_PROVIDER_TIMEOUT_MS: '300',
    SOUK_PROVIDER_REST_MS: '500',
  }
  const providers = createProviders(parseEnv(settings, providersConfig), { metrics, clock: () => new Date(), log })
  const world = paymentsWorld(db, { fraud: undefined, atOnceMs: 100, clock: () => new Date(), providers })
  const dispatcher = createDispatcher({ ...world.deps, leaseMs: 2_000 })
  const working = setInterval(dispatcher.wake, 50)
  let most = 0
  const watching = setInterval(() => {
    most = Math.max(most, metrics.value('souk_circuit_in_flight', { name: 'test' }) ?? 0)
  }, 10)
  const state = () => metrics.value('souk_circuit_state', { name: 'test' })
  const asked: string[] = []
  const tookMs: number[] = []
  /** Customers order meanwhile, and hear at once that their orders wait. */
  const order = async (count: number) => {
    const asks = Array.from({ length: count }, () => world.ask({ method: 'card', token: 'tok_ok' }))
    const beganAt = performance.now()
    const decided = await world.authorise(...asks)
    tookMs.push(performance.now() - beganAt)
    asked.push(...asks.map(({ orderId }) => orderId))
    return new Set(decided.map(({ decision }) => decision))
  }
  try {
    await control('slow:10000')
    for (let time = 0; time < 10; time += 1) expect(await order(4)).toEqual(new Set(['pending']))
    await eventually(() => expect(state()).toBe(2), { timeoutMs: 5_000, everyMs: 10 })
    await control('down')
    for (let time = 0; time < 10; time += 1) expect(await order(4)).toEqual(new Set(['pending']))
    for (let time = 0; time < 12; time += 1) {
      await control(time % 2 === 0 ? 'ok' : 'down')
      await order(2)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await control('ok')
    await eventually(
      async () => {
        const states = await Promise.all(asked.map((id) => world.state(id)))
        expect(new Set(states)).toEqual(new Set(['captured']))
      },
      { timeoutMs: 45_000, everyMs: 250 },
    )
  } finally {
    clearInterval(working)
    clearInterval(watching)
    await dispatcher.stop()
  }
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(20)
  // Half of what the provider takes when it is slow: nobody waited for it, however busy the machine.
  expect(Math.max(...tookMs)).toBeLessThan(5_000)
  for (const id of asked) expect(server.ledger.byReference(id).map(({ captures }) => captures)).toEqual([1])
  expect(log.lines.filter(({ message }) => message === 'circuit opened').length).toBeGreaterThan(0)
  expect(log.lines.at(-1)?.message).toBe('circuit closed')
  expect((await auditAll(db)).join('\n')).toBe('')
}, 90_000)
