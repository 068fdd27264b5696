import type { ShopChanged, ShopService } from '@souk/contracts/shops'
import type { Database } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { readCommissions, upsertShops } from './payments.sql.ts'

/** What the marketplace keeps of a shop's sales, in basis points. */
export type Commissions = (shopIds: readonly string[]) => Promise<ReadonlyMap<string, number>>

/** A commission changes once in a blue moon; for this long a payment may still be asked for on the old one. */
const rememberMs = 30_000
const askMs = 1_000

/** Remembered, else from our own copy, else asked of shops: a payment may come before the news. @throws when shops is away */
export function createCommissions(deps: {
  db: Database
  clock: () => Date
  shops: Client<typeof ShopService>
}): Commissions {
  const remembered = new Map<string, { commissionBp: number; untilMs: number }>()

  async function learn(shopIds: readonly string[], untilMs: number): Promise<void> {
    const rows = await readCommissions(deps.db.autocommit, shopIds)
    for (const row of rows) remembered.set(row.shop_id, { commissionBp: row.commission_bp, untilMs })
    const unknown = shopIds.filter((shopId) => !rows.some((row) => row.shop_id === shopId))
    if (unknown.length === 0) return
    const answers = await Promise.all(unknown.map((shopId) => deps.shops.getShop({ shopId }, { timeoutMs: askMs })))
    const told = answers.flatMap(({ shop }) => shop ?? [])
    if (told.length > 0) await upsertShops(deps.db.autocommit, told.map(commissionOf))
    for (const shop of told) remembered.set(shop.shopId, { commissionBp: shop.commissionBasisPoints, untilMs })
  }

  return async (shopIds) => {
    const nowMs = deps.clock().getTime()
    const distinct = new Set(shopIds)
    const unknown = [...distinct].filter((shopId) => (remembered.get(shopId)?.untilMs ?? 0) <= nowMs)
    if (remembered.size > 50_000) remembered.clear()
    if (unknown.length > 0) await learn(unknown, nowMs + rememberMs)
    // A shop that nobody knows keeps all of it.
    return new Map([...distinct].map((shopId) => [shopId, remembered.get(shopId)?.commissionBp ?? 0]))
  }
}

export const commissionOf = (shop: ShopChanged) => ({
  shopId: shop.shopId,
  commissionBp: shop.commissionBasisPoints,
  version: Number(shop.version),
})
