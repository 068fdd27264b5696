import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@souk/embedded-postgres'
import { Client } from 'pg'
import { freePort, type Provider, providerUrl, startProvider } from './provider.ts'
import { type Proxy, startProxy } from './proxy.ts'
import type { SoukProcess, StartSouk } from './types.ts'

/** A marketplace and everything under it, each in our hands: PostgreSQL, the line to it, the server process. */
export type World = {
  folder: string
  postgres: EmbeddedPostgres
  proxy: Proxy
  souk: SoukProcess
  /** The payment provider, where one was asked for. */
  provider: Provider | undefined
  /** Look into the database beside the line and beside the marketplace. */
  referee<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** Resident memory of the server process, in MB; 0 when it does not answer. */
  rssMb(): Promise<number>
  /** A sample of the server's metrics; 0 when it does not answer. */
  metric(name: string, label?: string): Promise<number>
  stop(): Promise<void>
}

/** As much of it as customers, clerks and judges need. */
export type Venue = Pick<World, 'folder' | 'referee'> & { souk: Pick<SoukProcess, 'url' | 'api' | 'operator'> }

export async function openWorld(
  startSouk: StartSouk,
  onProgress: (text: string) => void,
  { withProvider = false } = {},
): Promise<World> {
  // Where every user may go: as root, the server runs as another one.
  const folder = await mkdtemp(join(tmpdir(), 'souk-faults-'))
  const opened: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
  const stop = async () => {
    for (const close of opened.splice(0).reverse()) await close()
  }
  try {
    onProgress('starting PostgreSQL, the line to it and a marketplace')
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres') })
    opened.push(() => postgres.stop())
    const proxy = await startProxy({ port: postgres.port })
    opened.push(proxy.close)
    const url = new URL(postgres.url)
    url.port = String(proxy.port)
    const secret = randomBytes(32).toString('base64url')
    const port = await freePort()
    const souk = await startSouk(url.href, {
      ...settings,
      SOUK_SECRET: secret,
      ...(withProvider && { ...paymentSettings, SOUK_WORKER: 'own', SOUK_TEST_PROVIDER_URL: providerUrl(port) }),
    })
    opened.push(() => souk.stop())
    const provider = withProvider
      ? await startProvider({
          folder: join(folder, 'provider'),
          port,
          secret,
          webhookUrl: `${souk.url}/v1/payments/webhooks/test`,
        })
      : undefined
    if (provider !== undefined) opened.push(provider.stop)

    const metric: World['metric'] = async (name, label) => {
      const answer = await fetch(`${souk.url}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
      const text = (await answer?.text().catch(() => '')) ?? ''
      const line = text
        .split('\n')
        .find((each) => each.startsWith(name) && (label === undefined || each.includes(label)))
      return Number(line?.split(' ').at(-1) ?? 0)
    }
    return {
      folder,
      postgres,
      proxy,
      souk,
      provider,
      metric,
      stop,
      rssMb: async () => Math.round((await metric('process_resident_memory_bytes')) / 2 ** 20),
      async referee(work) {
        const client = new Client({
          connectionString: postgres.url,
          application_name: 'souk faults',
        })
        client.on('error', () => {})
        await client.connect()
        try {
          return await work(client)
        } finally {
          await client.end().catch(() => {})
        }
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Limits out of the way of one machine that plays all customers; nothing that has to do with being right. */
export const settings = {
  SOUK_ADDRESS_PER_MINUTE: '10000000',
  SOUK_ACCOUNT_PER_MINUTE: '10000000',
  SOUK_ORDERS_PER_MINUTE: '1000000',
  SOUK_FLASH_ORDERS_PER_MINUTE: '1000000',
  // A flood from one machine has some thousand sockets, not some ten thousand: the bound is put within its reach.
  SOUK_ORDERS_QUEUE: '1000',
}

/** As short as the setting goes: what is not paid by then is cancelled. */
export const paymentDeadlineMinutes = 1

/** Troubles pass in seconds here, so that a run can see them pass. */
export const paymentSettings = {
  SOUK_WORKER: 'own',
  SOUK_PROVIDER_TIMEOUT_MS: '1000',
  SOUK_PROVIDER_REST_MS: '1500',
  SOUK_ORDERS_LEASE_MS: '5000',
  SOUK_PAYMENT_DEADLINE_MINUTES: String(paymentDeadlineMinutes),
  // One card after the other that fails is what the run is about.
  SOUK_PAYMENTS_FRAUD: 'off',
}
