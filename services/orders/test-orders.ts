import { randomUUID } from 'node:crypto'
import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderPlacedSchema,
  OrderReturnedSchema,
  OrderShippedSchema,
} from '@souk/contracts/orders'
import { codecOf, createOutbox, createPostgresLog, decodeBatch } from '@souk/events'
import { bucketOf, createShards, sql, uuidv7 } from '@souk/postgres'
import { testDatabase } from '@souk/testing'
import { orderAudits } from './audits.ts'
import { cancelOrder } from './cancel-order.ts'
import { confirmOrders } from './confirm-orders.ts'
import { createSaleFinder } from './find-sale.ts'
import type { Order, PlacedOrder } from './order.ts'
import { readOrders } from './orders.sql.ts'
import { type PlaceDeps, placeOrders, type PlaceOutcome } from './place-orders.ts'
import { createAcceptor } from './place-later.ts'
import { createWroteLately } from './wrote-lately.ts'
import { createPlacer, type Placer } from './placer.ts'
import { orderRoutes, type RouteDeps } from './routes.ts'
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
  const log = createPostgresLog([{ name: 'only', db: database.open('souk_log') }])
  const outbox = createOutbox({ wake: () => log.wake('orders') })
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

  /** Place one order and expect it to be. */
  async function placed(
    lines: readonly RequestedLine[] | string,
    more: Partial<OrderRequest> = {},
  ): Promise<PlacedOrder> {
    const [outcome] = await placeOrders(deps(), [ask(lines, more)])
    if (outcome?.kind !== 'placed') throw outcome?.error ?? new Error('no outcome')
    return outcome.order
  }

  /** What the outbox tells of these orders (of all, when none is named), in its order. */
  async function told(...orderIds: readonly string[]): Promise<Told[]> {
    const rows = await db.autocommit.many<{ batch: Buffer }>(sql`select batch from outbox order by xid, seq`)
    return rows
      .flatMap((row) => [...decodeBatch(row.batch)])
      .map(({ type, payload, correlationId }) => ({
        type: type.replace('orders.order_', ''),
        correlationId,
        ...(codecs[type]?.decode(payload) as { orderId: string; version: number; reason?: string }),
      }))
      .filter(({ orderId }) => orderIds.length === 0 || orderIds.includes(orderId))
  }

  const placer = (): Placer =>
    createPlacer(
      database.shards('orders'),
      () => deps(),
      { maxItems: 64, maxInFlight: 2, maxQueued: 1_000, maxWaitMs: 10_000 },
      () => {},
    )

  /** As at the end of the saga, for these orders in one batch. */
  const confirm = (...orders: readonly PlacedOrder[]): Promise<number> =>
    db.transaction((tx) =>
      confirmOrders(
        tx,
        { outbox, clock: () => clock.now },
        orders.map((order) => ({ order, correlationId: 'test' })),
      ),
    )

  const acceptor = createAcceptor(createShards([{ name: 'only', db }]), 'only', () => {})
  return {
    database,
    db,
    clock,
    paths,
    shopId,
    deps,
    variant,
    sale,
    log,
    outbox,
    placed,
    confirm,
    placer,
    /** As the service serves them; orders for later are accepted, and placed when a test says so. */
    routes: (more: Partial<RouteDeps> = {}) =>
      orderRoutes({
        wroteLately: createWroteLately(() => clock.now),
        placer: placer(),
        accept: (_shard, request) => acceptor.submit(request),
        shards: database.shards('orders'),
        outbox,
        clock: () => clock.now,
        saleVariantOf: createSaleFinder(database.shards('orders'), () => clock.now),
        limits: { ordersPerMinute: 100, flashOrdersPerMinute: 10 },
        ...more,
      }),
    cancel: (orderId: string, more: Partial<Parameters<typeof cancelOrder>[2]> = {}): Promise<Order> =>
      db.transaction((tx) =>
        cancelOrder(
          tx,
          { outbox, clock: () => clock.now },
          { orderId, mayCancel: () => true, byOf: () => 'customer', correlationId: 'test', ...more },
        ),
      ),
    async order(orderId: string): Promise<Order | undefined> {
      return (await readOrders(db.autocommit, [orderId]))[0]
    },
    told,
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

type Told = { type: string; orderId: string; version: number; correlationId: string; reason?: string }

const codecs: Record<string, ReturnType<typeof codecOf>> = {
  'orders.order_placed': codecOf(OrderPlacedSchema),
  'orders.order_confirmed': codecOf(OrderConfirmedSchema),
  'orders.order_cancelled': codecOf(OrderCancelledSchema),
  'orders.order_shipped': codecOf(OrderShippedSchema),
  'orders.order_delivered': codecOf(OrderDeliveredSchema),
  'orders.order_returned': codecOf(OrderReturnedSchema),
}

export const answers = (outcomes: readonly PlaceOutcome[]): string[] =>
  outcomes.map((outcome) =>
    outcome.kind === 'placed' ? (outcome.repeated ? 'repeated' : 'placed') : outcome.error.code,
  )
