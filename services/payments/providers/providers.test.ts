import { parseEnv } from '@souk/service'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { providersConfig } from '../config-providers.ts'
import { ProviderOutcomeUnknown, ProviderUnavailable } from '../provider.ts'
import { createProviders } from './index.ts'

const SOUK_SECRET = 'a secret for tests, 32 characters long'
const stripe = { SOUK_STRIPE_KEY: 'sk_test_x', SOUK_STRIPE_WEBHOOK_SECRET: 'whsec_a, whsec_b' }

function given(env: Record<string, string>) {
  const metrics = fakeMetrics()
  const config = parseEnv({ SOUK_SECRET, ...env }, providersConfig)
  return { metrics, providers: createProviders(config, { metrics, clock: () => new Date(), log: memoryLog() }) }
}
let made = 0
const asking = () => ({
  ourReference: `order-${(made += 1)}`,
  idempotencyKey: `key-${made}`,
  method: 'card' as const,
  amountMinor: 1_000,
  currency: 'EUR',
  token: 'tok_ok',
  capture: true,
  returnUrl: '',
})

/** A server that takes requests and never answers. */
async function silence() {
  let [open, most] = [0, 0]
  const server = createServer((_, response) => {
    most = Math.max(most, (open += 1))
    response.on('close', () => {
      open -= 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    most: () => most,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('the providers of a marketplace', () => {
  test('are those that are configured; half a configuration is none', () => {
    const names = (env: Record<string, string>) => given(env).providers.all.map(({ name }) => name)
    expect(names({})).toEqual([])
    expect(names({ ...stripe, SOUK_RAZORPAY_KEY_ID: 'rzp_x', SOUK_TEST_PROVIDER_URL: 'http://127.0.0.1:1' })).toEqual([
      'stripe',
      'test',
    ])
    expect(given({}).providers.forMethod('card')).toBeUndefined()
    expect(given(stripe).providers.forMethod('bank-transfer')).toBeUndefined()
  })

  test('are asked in the order that was set; the test provider takes nothing beside a real one unless it was named', () => {
    const env = { ...stripe, SOUK_TEST_PROVIDER_URL: 'http://127.0.0.1:1' }
    expect(given(env).providers.forMethod('card')?.name).toBe('stripe')
    expect(given({ ...env, SOUK_CARD_PROVIDER: 'test' }).providers.forMethod('card')?.name).toBe('test')
    const paypal = { SOUK_PAYPAL_CLIENT_ID: 'x', SOUK_PAYPAL_CLIENT_SECRET: 'y', SOUK_CARD_PROVIDER: 'paypal' }
    expect(given({ ...env, ...paypal }).providers.forMethod('card')?.name).toBe('paypal')
    expect(given({ SOUK_TEST_PROVIDER_URL: 'http://127.0.0.1:1' }).providers.forMethod('card')?.name).toBe('test')
    expect(given(env).providers.forMethod('bank-transfer')).toBeUndefined()
    expect(given(env).providers.named('test')?.name).toBe('test')
  })

  test('step in for one that is away; a token stays with the one that gave it', async () => {
    const env = { SOUK_STRIPE_URL: 'http://127.0.0.1:1', SOUK_TEST_PROVIDER_URL: 'http://127.0.0.1:1', ...stripe }
    const paypal = { SOUK_PAYPAL_CLIENT_ID: 'x', SOUK_PAYPAL_CLIENT_SECRET: 'y' }
    const { providers, metrics } = given({ ...env, ...paypal })
    const away = providers.named('stripe')
    for (let at = 0; at < 10; at += 1) await expect(away?.find('x')).rejects.toThrow(ProviderUnavailable)
    expect(metrics.value('souk_circuit_state', { name: 'stripe' })).toBe(2)
    expect(providers.forMethod('card')?.name).toBe('paypal')
    expect(providers.forMethod('card', true)?.name).toBe('stripe')
    const alone = given(env).providers
    for (let at = 0; at < 10; at += 1)
      await alone
        .named('stripe')
        ?.find('x')
        .catch(() => {})
    expect(alone.forMethod('card')?.name, 'never the test provider').toBe('stripe')
    // Nobody is asked any more, and the caller is told for how long.
    const refused = await away?.authorise(asking()).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProviderUnavailable)
    expect((refused as ProviderUnavailable).retryAfterMs).toBeGreaterThan(55_000)
  })

  test('have at most twenty calls under way each, and what was sent and never answered is not known', async () => {
    const server = await silence()
    const { providers } = given({ SOUK_TEST_PROVIDER_URL: server.url, SOUK_PROVIDER_TIMEOUT_MS: '1000' })
    const provider = providers.named('test')
    const asked = Array.from({ length: 45 }, () => provider?.authorise(asking()).catch((error: unknown) => error))
    // Before the first gives up: a server may hear of the next call before it hears that one was given up.
    await eventually(() => expect(server.most()).toBeGreaterThanOrEqual(20), { timeoutMs: 900 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const most = server.most()
    const answers = await Promise.all(asked)
    const count = (kind: typeof ProviderUnavailable | typeof ProviderOutcomeUnknown) =>
      answers.filter((answer) => answer instanceof kind).length
    expect(most).toBe(20)
    // Of the twenty that waited some followed the first that gave up, until ten had and the circuit was open.
    expect(count(ProviderOutcomeUnknown)).toBeGreaterThanOrEqual(20)
    expect(count(ProviderOutcomeUnknown)).toBeLessThan(30)
    expect(count(ProviderUnavailable)).toBe(45 - count(ProviderOutcomeUnknown))
    server.stop()
  })

  test('whose refusals are many are still well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'souk-test-provider-'))
    const server = await startTestProvider({ folder, port: 0, secrets: testProviderSecrets(SOUK_SECRET) })
    const { providers, metrics } = given({ SOUK_TEST_PROVIDER_URL: server.url })
    const provider = providers.named('test')
    for (let at = 0; at < 30; at += 1)
      await expect(provider?.authorise({ ...asking(), token: 'nonsense' })).rejects.toThrow('token_unknown')
    expect(metrics.value('souk_circuit_state', { name: 'test' })).toBe(0)
    expect(await provider?.authorise(asking())).toMatchObject({ kind: 'succeeded' })
    await server.stop()
  })
})
