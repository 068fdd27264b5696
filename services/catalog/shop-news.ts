import type { Cache } from '@souk/cache'
import { shopChanged } from '@souk/contracts'
import type { ShopChanged, ShopService } from '@souk/contracts/shops'
import { type Consumer, isEvent } from '@souk/events'
import type { Database, Shards } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { shopsChange, tagOf } from './page-tags.ts'
import { findCatalogShop, type ShopRow, upsertShops } from './products.sql.ts'
import { markRelisted, relistNext, shopsToRelist } from './shop-news.sql.ts'

const rowOf = (shop: ShopChanged): ShopRow => ({
  shopId: shop.shopId,
  version: Number(shop.version),
  name: shop.name,
  slug: shop.slug,
  status: shop.status,
  currency: shop.currencyCode,
})

/** Our own copy of what shops announce: the newest of each, older news than we have changes nothing. */
export const shopConsumer = (deps: { cache: Cache }): Consumer => ({
  name: 'catalog.shops',
  events: [shopChanged],
  async handle(tx, events) {
    const latest = new Map<string, ShopRow>()
    for (const event of events) {
      if (!isEvent(event, shopChanged)) continue
      const row = rowOf(event.payload as ShopChanged)
      if ((latest.get(row.shopId)?.version ?? -1) < row.version) latest.set(row.shopId, row)
    }
    if (latest.size === 0) return
    await upsertShops(tx, [...latest.values()])
    shopsChange(deps, tx, [...latest.keys()])
  },
})

/** A shop we have not heard of yet is asked for: its first product may come before the news. */
export async function ensureShop(
  deps: { shards: Shards; shops: Pick<Client<typeof ShopService>, 'getShop'> },
  shopId: string,
): Promise<ShopRow | undefined> {
  const { db } = deps.shards.ofOwner(shopId)
  const known = await findCatalogShop(db.autocommit, shopId)
  if (known !== undefined) return known
  const { shop } = await deps.shops.getShop({ shopId }, { timeoutMs: 3_000 })
  if (shop === undefined) return undefined
  await db.transaction((tx) => upsertShops(tx, [rowOf(shop)]))
  return findCatalogShop(db.autocommit, shopId)
}

const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Bring the lists in line with shops that opened or stopped: 500 products a transaction, so that a shop of 100,000 holds no
 * lock for long. Until it is through, lists leave out products of shops that are not open row by row.
 */
export async function relistShops(db: Database, cache: Cache): Promise<void> {
  for (const { shopId, open, version } of await shopsToRelist(db.autocommit, 50)) {
    for (let afterId: string | undefined = firstId; afterId !== undefined; ) {
      const from: string = afterId
      afterId = (await db.transaction((tx) => relistNext(tx, shopId, open, from, 500)))?.lastId
    }
    await markRelisted(db.autocommit, shopId, version)
    await cache.invalidate(tagOf.lists, tagOf.listsOf(shopId))
  }
}
