import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SoukUnderTest } from '@souk/bench'
import { createApi } from './api.ts'
import { ensureDatabase } from './ensure-database.sql.ts'
import { signInBuyers } from './flash-sale/buyers.ts'
import { openHouse } from './house.ts'
import { bucketsOf, sampleOf, sumOf } from './metrics-reader.ts'
import { startOwnMarketplace } from './own-marketplace.ts'
import { stockForLoad } from './seed/many.ts'
import { allServices } from './services.ts'

export type UnderTestOptions = {
  /** Different things that are ordered; each has more units than a run can sell. */
  skus: number
  /** Products that exist besides. */
  products: number
  customers: number
  onProgress: (text: string) => void
}

/** Address, account and order limits out of the way of one machine that plays thousands of customers. */
export const raisedLimits = {
  SOUK_ADDRESS_PER_MINUTE: '10000000',
  SOUK_ACCOUNT_PER_MINUTE: '10000000',
  SOUK_ORDERS_PER_MINUTE: '1000000',
  SOUK_FLASH_ORDERS_PER_MINUTE: '1000000',
}

const unitsEach = 200_000_000

/** Souk as the comparison wants it: on a database of its own on the given server, stocked, with signed-in customers. */
export function createSoukUnderTest(options: UnderTestOptions): (databaseUrl: string) => Promise<SoukUnderTest> {
  // Role passwords follow from it: everybody who works on this server's databases must use the same.
  const secret = randomBytes(32).toString('base64url')
  return async (serverUrl) => {
    const url = new URL(serverUrl)
    url.pathname = '/souk'
    await ensureDatabase(serverUrl, 'souk')
    options.onProgress('stocking Souk')
    const house = await openHouse({
      services: allServices,
      env: { DATABASE_URL: url.href, SOUK_SECRET: secret },
      onProgress: () => {},
      onFatal: () => {},
    })
    let variantIds: string[]
    try {
      variantIds = await stockForLoad(house, {
        products: Math.max(options.products, options.skus),
        stock: unitsEach,
        firstVariants: options.skus,
        onProgress: (ready, total) => options.onProgress(`stocking Souk: ${ready} of ${total} products`),
      })
    } finally {
      await house.stop()
    }
    const own = await startOwnMarketplace({
      databaseUrl: url.href,
      settings: { ...raisedLimits, SOUK_SECRET: secret },
    })
    const api = createApi(own.url)
    await api.signIn(own.operator)
    const { tokens } = await signInBuyers(api, options.customers, (ready) =>
      options.onProgress(`${ready} customers signed in`),
    )
    const metrics = async () => (await fetch(`${own.url}/metrics`)).text()
    await untilIndexed(metrics, options.onProgress)
    return {
      baseUrl: own.url,
      tokens,
      targets: variantIds.map((variantId) => ({ variantId })),
      // Confirmed says: paid, and its goods set apart. Completed is who was told so as well.
      async completedCount() {
        const page = await metrics()
        return Math.min(
          sumOf(page, 'souk_orders_confirm_delay_seconds_count'),
          sumOf(page, 'souk_messages_recorded_total', 'kind="order-confirmed"'),
        )
      },
      confirmDelays: async () => bucketsOf(await metrics(), 'souk_orders_confirm_delay_seconds'),
      rssMb: async () => Math.round(sampleOf(await metrics(), 'process_resident_memory_bytes') / 2 ** 20),
      stop: () => own.stop(),
    }
  }
}

/** A million new products are written into the search index for minutes: no time to measure orders in. */
async function untilIndexed(metrics: () => Promise<string>, onProgress: (text: string) => void): Promise<void> {
  for (let before = -1, quietMs = 0; quietMs < 3_000; ) {
    const written = sumOf(await metrics(), 'souk_search_documents_written_total')
    quietMs = written === before ? quietMs + 500 : 0
    before = written
    onProgress(`${written} products written into the search index`)
    await sleep(500)
  }
}
