import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { testDatabase, testSecret } from '@souk/testing'
import { openMarketplace } from '../../apps/souk/marketplace.ts'
import { ensureOperator } from '../../apps/souk/seed/operator.ts'
import { allServices } from '../../apps/souk/services.ts'
import { createClient } from './client.ts'
import { readDocument } from './document.ts'

export const operatorSignIn = { email: 'operator@sweep.example', password: 'runs the whole bazaar 77' }

/** Limits out of the way, so that what is tried here is refused for its own reasons. */
export const environment = (databaseUrl: string, testProviderUrl: string) => ({
  DATABASE_URL: databaseUrl,
  SOUK_SECRET: testSecret,
  SOUK_TEST_PROVIDER_URL: testProviderUrl,
  // Nothing is sent; only what tells of messages is listened to.
  TWILIO_AUTH_TOKEN: testSecret,
  MESSAGES_PUBLIC_URL: 'https://sweep.example',
  WHATSAPP_APP_SECRET: testSecret,
  WHATSAPP_VERIFY_TOKEN: testSecret,
  SOUK_DEMO: 'off',
  SOUK_ADDRESS_PER_MINUTE: '10000000',
  SOUK_ACCOUNT_PER_MINUTE: '10000000',
  SOUK_API_KEY_PER_MINUTE: '10000000',
  SOUK_AUTH_PER_MINUTE: '1000000',
  SOUK_ORDERS_PER_MINUTE: '1000000',
  SOUK_FLASH_ORDERS_PER_MINUTE: '1000000',
  SOUK_QUOTES_PER_MINUTE: '1000000',
  SOUK_EXPORTS_PER_MINUTE: '1000000',
  SOUK_SHOPS_PER_ACCOUNT: '10000',
  SOUK_OPERATOR_EMAIL: operatorSignIn.email,
  SOUK_OPERATOR_PASSWORD: operatorSignIn.password,
})

/** Who moves the money here: listening, with a book that is gone afterwards. */
export async function openTestProvider() {
  const folder = mkdtempSync(join(tmpdir(), 'souk-sweep-provider-'))
  const provider = await startTestProvider({ folder, port: 0, secrets: testProviderSecrets(testSecret) })
  return {
    url: provider.url,
    async stop() {
      await provider.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type Stage = Awaited<ReturnType<typeof openStage>>

/** The whole marketplace in this process, on a database of its own, asked over real connections. */
export async function openStage() {
  const database = await testDatabase(allServices)
  const provider = await openTestProvider()
  const env = environment(database.url, provider.url)
  const marketplace = await openMarketplace({
    services: allServices,
    env,
    port: 0,
    onProgress: () => {},
    onFatal: () => {},
    beforeOpening: async (house) => void (await ensureOperator(house, house.settings)),
  })
  const client = createClient(marketplace.url)
  const document = readDocument((await client.send({ method: 'GET', path: '/openapi.json' })).json)
  return {
    url: marketplace.url,
    client,
    document,
    /** Any statement, as the superuser. */
    query: database.query,
    async close() {
      client.close()
      await marketplace.stop()
      await provider.stop()
      await database.close()
    },
  }
}
