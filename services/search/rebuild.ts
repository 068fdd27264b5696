import {
  askRebuild,
  readRebuild,
  rebuildFinished,
  rebuildStarted,
  rebuildWent,
  remarkFrom,
  shopToRemark,
  markDue,
} from './due.sql.ts'
import { atOnce, type IndexDeps, readCategories, writeProducts } from './write-due.ts'

const listedAtOnce = 5_000

/** Have the index made anew from the catalogue, beside the one that is searched. Whoever runs the jobs does it. */
export const wantRebuild = (deps: Pick<IndexDeps, 'db' | 'clock'>): Promise<number> =>
  askRebuild(deps.db.autocommit, deps.clock())

/**
 * Begin a rebuild that is wanted, or go on with one that is under way, by one portion: a process that ends leaves it to the
 * next. What changes meanwhile is written into both indexes. Resolves to whether there was something to do.
 */
export async function goOnRebuilding(deps: IndexDeps): Promise<boolean> {
  const { autocommit } = deps.db
  let state = await readRebuild(autocommit)
  if (state.askedAt !== null) {
    await deps.engine.beginRebuild()
    await rebuildStarted(autocommit, deps.clock())
    await readCategories(deps)
    state = await readRebuild(autocommit)
  }
  if (state.startedAt === null) return false
  const { productIds } = await deps.catalog.listProductIds(
    { afterProductId: state.filledAfter ?? '', limit: atOnce, shopId: '' },
    { timeoutMs: 10_000 },
  )
  const last = productIds.at(-1)
  if (last === undefined) {
    await deps.engine.finishRebuild()
    await rebuildFinished(autocommit, deps.clock())
    return true
  }
  // Mark 0: whatever an event has had written into the new index before is newer.
  await writeProducts(
    deps,
    productIds.map((productId) => ({ productId, mark: 0 })),
  )
  await rebuildWent(autocommit, last, productIds.length)
  return true
}

/** Mark what shops that opened or stopped have on show, 5,000 products at a time. Resolves to whether there was one. */
export async function remarkShops(deps: IndexDeps): Promise<boolean> {
  const shop = await shopToRemark(deps.db.autocommit)
  if (shop === undefined) return false
  const { productIds } = await deps.catalog.listProductIds(
    { shopId: shop.shopId, afterProductId: shop.after, limit: listedAtOnce },
    { timeoutMs: 10_000 },
  )
  const last = productIds.at(-1)
  await deps.db.transaction(async (tx) => {
    if (last !== undefined) await markDue(tx, productIds)
    await remarkFrom(tx, shop.shopId, shop.version, productIds.length < listedAtOnce ? null : (last ?? null))
  })
  return true
}
