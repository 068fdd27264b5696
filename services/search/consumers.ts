import {
  orderCancelled,
  orderPlaced,
  productChanged,
  ratingChanged,
  saleWindowChanged,
  shopChanged,
  stockChanged,
} from '@souk/contracts'
import type { ProductChanged, SaleWindowChanged } from '@souk/contracts/catalog'
import type { StockChanged } from '@souk/contracts/inventory'
import type { OrderPlaced } from '@souk/contracts/orders'
import type { RatingChanged } from '@souk/contracts/reviews'
import type { ShopChanged } from '@souk/contracts/shops'
import { type Consumer, type Event, isEvent } from '@souk/events'
import { type Check, markDue, markToCheck } from './due.sql.ts'
import { upsertRatings, upsertSales, upsertShops } from './facts.sql.ts'

// Events are only noted here: which documents are to be written again, which variants to be asked about. Writing follows,
// of the newest there is, so that repeated, late and disordered events do no harm.

export const searchConsumers = (deps: { clock: () => Date; wake(): void }): Consumer[] => {
  const waking = (consumer: Consumer): Consumer => ({
    ...consumer,
    async handle(tx, events) {
      await consumer.handle(tx, events)
      tx.afterCommit(deps.wake)
    },
  })
  const consumers: Consumer[] = [
    {
      name: 'search.products',
      events: [productChanged, saleWindowChanged],
      batchSize: 1_000,
      async handle(tx, events) {
        const sales = latest(
          events
            .filter((event) => isEvent(event, saleWindowChanged))
            .map(({ payload }) => payload as SaleWindowChanged),
          (sale) => sale.saleWindowId,
          (sale) => sale.changedAtMs,
        )
        if (sales.length > 0) await upsertSales(tx, sales.map(saleOf), deps.clock())
        const products = events.map(({ payload }) => (payload as ProductChanged | SaleWindowChanged).productId)
        await markDue(tx, products)
      },
    },
    {
      name: 'search.shops',
      events: [shopChanged],
      async handle(tx, events) {
        const shops = latest(
          payloads<ShopChanged>(events),
          (shop) => shop.shopId,
          (shop) => shop.version,
        )
        await upsertShops(
          tx,
          shops.map((shop) => ({
            shopId: shop.shopId,
            version: Number(shop.version),
            name: shop.name,
            slug: shop.slug,
            status: shop.status,
            country: shop.countryCode,
          })),
        )
      },
    },
    {
      name: 'search.ratings',
      events: [ratingChanged],
      async handle(tx, events) {
        const ratings = latest(
          payloads<RatingChanged>(events),
          (rating) => rating.productId,
          (rating) => rating.version,
        )
        await upsertRatings(
          tx,
          ratings.map((rating) => ({
            productId: rating.productId,
            version: Number(rating.version),
            ratingTenths: rating.ratingTenths,
            ratingCount: rating.count,
          })),
        )
        await markDue(
          tx,
          ratings.map((rating) => rating.productId),
        )
      },
    },
    {
      name: 'search.stock',
      events: [stockChanged],
      batchSize: 1_000,
      handle: async (tx, events) => void (await markToCheck(tx, payloads<StockChanged>(events).map(checkOf))),
    },
    {
      // 2,048: as many orders as are placed at once. Of a sale all name the same few variants: one row each.
      name: 'search.orders',
      events: [orderPlaced, orderCancelled],
      batchSize: 2_048,
      async handle(tx, events) {
        const checks = new Map<string, Check>()
        for (const { shopId, lines } of payloads<Pick<OrderPlaced, 'shopId' | 'lines'>>(events))
          for (const { variantId, productId } of lines) checks.set(variantId, { variantId, productId, shopId })
        await markToCheck(tx, [...checks.values()])
      },
    },
  ]
  return consumers.map(waking)
}

const payloads = <Payload>(events: readonly Event[]): Payload[] =>
  events.map(({ payload }) => payload as unknown as Payload)

const checkOf = ({ variantId, productId, shopId }: StockChanged): Check => ({ variantId, productId, shopId })

const saleOf = (sale: SaleWindowChanged) => ({
  saleWindowId: sale.saleWindowId,
  productId: sale.productId,
  variantId: sale.variantId,
  priceMinor: Number(sale.priceMinor),
  startsAt: new Date(Number(sale.startsAtMs)),
  endsAt: new Date(Number(sale.endsAtMs)),
  changedAtMs: Number(sale.changedAtMs),
  planned: sale.status === 'planned',
})

/** The newest of each: no statement may write a row twice. */
function latest<Fact>(
  facts: readonly Fact[],
  keyOf: (fact: Fact) => string,
  versionOf: (fact: Fact) => bigint,
): Fact[] {
  const newest = new Map<string, Fact>()
  for (const fact of facts) {
    const known = newest.get(keyOf(fact))
    if (known === undefined || versionOf(known) <= versionOf(fact)) newest.set(keyOf(fact), fact)
  }
  return [...newest.values()]
}
