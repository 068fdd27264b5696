import { choosePort } from './choose-port.ts'
import { startTestProviderProcess, wantsTestProvider } from './test-provider-process.ts'
import { eventually, memoryLog } from '@souk/testing'
import { testProviderSecrets } from '@souk/stand-ins'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const secret = 'a secret for tests, 32 characters long'
const headers = { authorization: `Bearer ${testProviderSecrets(secret).apiKey}`, 'content-type': 'application/json' }

test('a laptop gets a test provider, a marketplace in earnest only when it is told to', () => {
  const wants = (SOUK_TEST_PROVIDER: boolean | undefined, env: Record<string, string> = {}) =>
    wantsTestProvider({ SOUK_TEST_PROVIDER, DATABASE_URL: env.DATABASE_URL }, env)
  expect(wants(undefined)).toBe(true)
  expect(wants(false)).toBe(false)
  const earnest = [
    { DATABASE_URL: 'postgres://x' },
    { NODE_ENV: 'production' },
    { SOUK_STRIPE_KEY: 'sk_x' },
    { SOUK_PAYPAL_CLIENT_ID: 'x' },
  ] as Record<string, string>[]
  for (const env of earnest)
    expect([wants(undefined, env), wants(true, env)], JSON.stringify(env)).toEqual([false, true])
  expect(wants(true, { SOUK_TEST_PROVIDER_URL: 'http://elsewhere' })).toBe(false)
})

test('the test provider is started again when it dies, and still knows what it charged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'souk-test-provider-'))
  const port = await choosePort('127.0.0.1', 21_000 + Math.floor(Math.random() * 20_000), false)
  const log = memoryLog()
  const provider = startTestProviderProcess({ port, folder, secret, webhookUrl: 'http://127.0.0.1:9/', log })
  await provider.ready
  const body = JSON.stringify({
    reference: 'order-1',
    idempotencyKey: 'key-1',
    method: 'card',
    amountMinor: 1_999,
    currency: 'EUR',
    token: 'tok_ok',
    capture: true,
    returnUrl: '',
  })
  const charge = () => fetch(`${provider.url}/charges`, { method: 'POST', headers, body })
  expect(await (await charge()).json()).toMatchObject({ id: 'ch_1', state: 'captured' })

  const first = provider.pid() as number
  process.kill(first, 'SIGKILL')
  await eventually(() => expect(provider.pid()).not.toBe(first))
  await eventually(async () => expect(await (await charge()).json()).toMatchObject({ id: 'ch_1', captures: 1 }), {
    timeoutMs: 10_000,
  })
  expect(log.lines.map(({ message }) => message)).toEqual(['the test provider ended; it is started again'])

  await provider.stop()
  await expect(charge()).rejects.toThrow()
  expect(log.lines).toHaveLength(1)
  await rm(folder, { recursive: true })
})
