import {
  accountClosed,
  accountRegistered,
  orderCancelled,
  orderConfirmed,
  orderDelivered,
  orderReturned,
  orderShipped,
  paymentFailed,
  paymentInitiated,
  paymentRefunded,
  shopChanged,
  stockRanLow,
} from '@souk/contracts'
import { CatalogService } from '@souk/contracts/catalog'
import type { AccountClosed, AccountRegistered } from '@souk/contracts/identity'
import type { StockRanLow } from '@souk/contracts/inventory'
import { ShopService, type ShopChanged } from '@souk/contracts/shops'
import { type Consumer, type Event, isEvent } from '@souk/events'
import { isUuid, type Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { type RecordDeps, recordTellings, type Telling } from './record-messages.ts'
import { forgetRecipients, knowAccounts, knowShops, type KnownShop } from './recipients.sql.ts'
import { causeFor, tellingOfOrder, tellingOfPayment } from './tellings.ts'

export type ConsumerDeps = RecordDeps & {
  shops: Client<typeof ShopService>
  catalog: Client<typeof CatalogService>
}

export const messageConsumers = (deps: ConsumerDeps): Consumer[] => [
  {
    // 2,048: as many as orders confirms at once; one transaction of some 15 ms.
    name: 'notifications.orders',
    events: [orderConfirmed, orderShipped, orderDelivered, orderReturned, orderCancelled],
    batchSize: 2_048,
    handle: (tx, events) => tell(tx, deps, events, tellingOfOrder),
  },
  {
    name: 'notifications.payments',
    events: [paymentFailed, paymentInitiated, paymentRefunded],
    batchSize: 1_000,
    handle: (tx, events) => tell(tx, deps, events, tellingOfPayment),
  },
  {
    name: 'notifications.stock',
    events: [stockRanLow],
    batchSize: 200,
    prepare: (events) => stockFacts(deps, events as never),
    async handle(tx, events, prepared) {
      const facts = prepared as StockFacts
      await knowShops(tx, [...facts.shops.values()])
      await recordTellings(
        tx,
        deps,
        events.flatMap((event) => tellingsOfStock(event, facts)),
      )
    },
  },
  {
    name: 'notifications.accounts',
    events: [accountRegistered, accountClosed],
    batchSize: 1_000,
    async handle(tx, events) {
      const of = <Payload>(type: Parameters<typeof isEvent>[1]) =>
        events.filter((event) => isEvent(event, type)).map((event) => event.payload as unknown as Payload)
      await knowAccounts(tx, of<AccountRegistered>(accountRegistered), deps.clock())
      // Nothing comes after the closing of an account.
      const closed = of<AccountClosed>(accountClosed).map(({ accountId }) => accountId)
      if (closed.length > 0) await forgetRecipients(tx, closed, deps.clock())
    },
  },
  {
    name: 'notifications.shops',
    events: [shopChanged],
    async handle(tx, events) {
      await knowShops(
        tx,
        events.map((event) => knownShop(event.payload as unknown as ShopChanged)),
      )
    },
  },
]

async function tell(
  tx: Tx,
  deps: RecordDeps,
  events: readonly Event[],
  tellingOf: (event: Event) => Telling | undefined,
): Promise<void> {
  const tellings: Telling[] = []
  for (const event of events) {
    const telling = tellingOf(event)
    if (telling !== undefined) tellings.push(telling)
  }
  await recordTellings(tx, deps, tellings)
}

const knownShop = (shop: ShopChanged): KnownShop => ({
  shopId: shop.shopId,
  name: shop.name,
  ownerAccountId: shop.ownerAccountId,
  version: Number(shop.version),
})

type StockFacts = { shops: Map<string, KnownShop>; staff: Map<string, readonly string[]>; titles: Map<string, string> }

/** Whose the shop is, who looks after its stock, and what the goods are called: asked of those who know, once a batch. */
async function stockFacts(deps: ConsumerDeps, events: readonly Event[]): Promise<StockFacts> {
  const alerts = events.map((event) => event.payload as unknown as StockRanLow)
  const shopIds = [...new Set(alerts.map((alert) => alert.shopId))]
  const [products, shops, staff] = await Promise.all([
    deps.catalog.getProducts({ productIds: [...new Set(alerts.map((alert) => alert.productId))] }),
    Promise.all(shopIds.map((shopId) => deps.shops.getShop({ shopId }))),
    Promise.all(shopIds.map((shopId) => deps.shops.listStaff({ shopId, duty: 'inventory' }))),
  ])
  return {
    staff: new Map(shopIds.map((shopId, index) => [shopId, staff[index]?.accountIds ?? []])),
    shops: new Map(shops.flatMap(({ shop }) => (shop === undefined ? [] : [[shop.shopId, knownShop(shop)]]))),
    titles: new Map(products.products.map((product) => [product.productId, product.title])),
  }
}

/** To whoever owns the shop, and to its staff that looks after the stock. Nobody, when there is no such shop any more. */
function tellingsOfStock(event: Event, { shops, staff, titles }: StockFacts): Telling[] {
  const alert = event.payload as unknown as StockRanLow
  const owner = shops.get(alert.shopId)?.ownerAccountId ?? ''
  if (!isUuid(owner)) return []
  const others = (staff.get(alert.shopId) ?? []).filter((accountId) => isUuid(accountId) && accountId !== owner)
  return [owner, ...others].map((customerId) => ({
    kind: 'stock-low',
    customerId,
    // The event's own id: the same variant runs low more than once. A message that leaves the house is known by its id
    // alone, so for others than the owner it is one of their own.
    causeId: customerId === owner ? event.id : causeFor(event.id, customerId),
    occurredAtMs: Number(alert.noticedAtMs),
    aboutId: null,
    shopId: alert.shopId,
    parameters: {
      product: titles.get(alert.productId) ?? alert.variantId,
      left: Number(alert.onHand),
      level: Number(alert.alertLevel),
    },
  }))
}
