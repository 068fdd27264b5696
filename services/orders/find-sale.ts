import type { Shards } from '@souk/postgres'
import { findSaleVariant } from './terms.sql.ts'

/**
 * The variant a product's sale is about. Remembered for a second, so that a crowd asking for one product costs one
 * question a second; which terms hold is decided when the order is priced, never here.
 */
export function createSaleFinder(
  shards: Shards,
  clock: () => Date,
): (productId: string) => Promise<string | undefined> {
  const known = new Map<string, { untilMs: number; variantId: Promise<string | undefined> }>()
  return (productId) => {
    const nowMs = clock().getTime()
    const remembered = known.get(productId)
    if (remembered !== undefined && nowMs < remembered.untilMs) return remembered.variantId
    if (known.size > 10_000) known.clear()
    const { db } = shards.ofId(productId)
    const variantId = findSaleVariant(db.autocommit, productId, nowMs).then((row) => row?.variant_id)
    known.set(productId, { untilMs: nowMs + 1_000, variantId })
    variantId.catch(() => known.delete(productId))
    return variantId
  }
}
