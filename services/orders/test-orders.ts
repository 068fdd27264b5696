import { randomUUID } from 'node:crypto'
import { bucketOf, type Database, uuidv7 } from '@souk/postgres'
import { collectingOutbox, testDatabase } from '@souk/testing'
import { orderAudits } from './audits.ts'
import type { PlaceDeps, PlaceOutcome } from './place-orders.ts'
import { setAside } from './plan-sale.ts'
import { hashBody, mergeLines, type OrderRequest, type RequestedLine } from './price-order.ts'
import { createTermsMemory } from './terms.ts'
import { upsertOffers, upsertShops } from './terms.sql.ts'
import { transferUnits } from './transfer-units.ts'

/** A small world to order from: a database of its own, a shop, and things for sale in it. */
export async function ordersWorld() {
  const database = await testDatabase([{ name: 'orders', migrations: new URL('./migrations/', import.meta.url) }])
  const db = database.open('orders')
  const clock = { now: new Date() }
  const paths: string[] = []
  const shopId = randomUUID()
  await db.transaction((tx) => upsertShops(tx, [{ shopId, selling: true, version: 1, name: 'A shop' }]))

  const deps = (more: Partial<PlaceDeps> = {}): PlaceDeps => ({
    db,
    memory: createTermsMemory(),
    clock: () => clock.now,
    wake: () => {},
    learnVariants: async () => {},
    onPath: (path) => paths.push(path),
    ...more,
  })

  async function variant(
    given: { units?: number; priceMinor?: number; shopId?: string; productVersion?: number } = {},
  ) {
    const owner = given.shopId ?? shopId
    const variantId = uuidv7(Date.now(), bucketOf(owner))
    const productId = uuidv7(Date.now(), bucketOf(owner))
    await db.transaction(async (tx) => {
      await upsertOffers(tx, [
        {
          variantId,
          productId,
          shopId: owner,
          sku: `SKU-${variantId.slice(-6)}`,
          title: 'A thing',
          priceMinor: given.priceMinor ?? 1_999,
          currency: 'EUR',
          priceVersion: 1,
          selling: true,
          productVersion: given.productVersion ?? 1,
        },
      ])
      if ((given.units ?? 100) > 0)
        await transferUnits(tx, [{ transferId: randomUUID(), shopId: owner, variantId, quantity: given.units ?? 100 }])
    })
    return { variantId, productId }
  }

  async function sale(
    of: { variantId: string; productId: string },
    given: { units: number; cap?: number; fromMs?: number; toMs?: number; priceMinor?: number },
  ) {
    const saleWindowId = randomUUID()
    const nowMs = clock.now.getTime()
    await db.transaction((tx) =>
      setAside(tx, {
        saleWindowId,
        shopId,
        ...of,
        priceMinor: given.priceMinor ?? 999,
        currency: 'EUR',
        startsAtMs: nowMs + (given.fromMs ?? -60_000),
        endsAtMs: nowMs + (given.toMs ?? 60_000),
        capPerCustomer: given.cap ?? 0,
        units: given.units,
      }),
    )
    return saleWindowId
  }

  return {
    database,
    db,
    clock,
    paths,
    shopId,
    deps,
    variant,
    sale,
    outbox: collectingOutbox(),
    /** Every invariant of orders that does not hold. Empty when the books balance. */
    async audit(since?: string): Promise<string[]> {
      const found: string[] = []
      for (const check of orderAudits) {
        const { findings } = await db.transaction(
          (tx) => check.run(tx, { since, sinceMs: undefined, maxFindings: 10 }),
          { isolation: 'repeatable read', readOnly: true },
        )
        found.push(...findings.map((finding) => `${check.invariant} ${finding.subject}: ${finding.message}`))
      }
      return found
    },
    async remaining(allotmentId: string): Promise<number> {
      const [row] = await database.query<{ remaining: string }>(
        'select remaining from orders.allotments where allotment_id = $1',
        [allotmentId],
      )
      return Number(row?.remaining)
    },
    async count(table: string): Promise<number> {
      const [row] = await database.query<{ n: string }>(`select count(*) as n from orders.${table}`)
      return Number(row?.n)
    },
  }
}

export function ask(lines: readonly RequestedLine[] | string, more: Partial<OrderRequest> = {}): OrderRequest {
  const merged = mergeLines(typeof lines === 'string' ? [{ variantId: lines, quantity: 1 }] : lines)
  return {
    customerId: randomUUID(),
    key: randomUUID(),
    bodyHash: hashBody(merged, 'cash-on-delivery', more.saleOnly ?? false),
    lines: merged,
    paymentMethod: 'cash-on-delivery',
    correlationId: 'test',
    ...more,
  }
}

export const answers = (outcomes: readonly PlaceOutcome[]): string[] =>
  outcomes.map((outcome) =>
    outcome.kind === 'placed' ? (outcome.repeated ? 'repeated' : 'placed') : outcome.error.code,
  )

export const terminateBackends = (db: Database, query: (text: string) => Promise<unknown>): Promise<unknown> =>
  query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'souk ${db.schema}' and datname = current_database()`,
  )
