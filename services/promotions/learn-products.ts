import { productChanged } from '@souk/contracts'
import type { CatalogService, ProductChanged } from '@souk/contracts/catalog'
import type { Consumer } from '@souk/events'
import type { Database, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { findVariants, type KnownVariant, upsertVariants } from './products.sql.ts'

async function storeProducts(tx: Tx, products: readonly ProductChanged[]): Promise<void> {
  const latest = new Map<string, ProductChanged>()
  for (const product of products) {
    const known = latest.get(product.productId)
    if (known === undefined || known.version < product.version) latest.set(product.productId, product)
  }
  const variants = [...latest.values()].flatMap((product) =>
    product.variants.map(
      (variant): KnownVariant => ({
        variantId: variant.variantId,
        productId: product.productId,
        categoryIds: product.categoryIds,
        weightGrams: variant.weightGrams,
        taxClass: product.taxClass || 'standard',
        productVersion: Number(product.version),
      }),
    ),
  )
  if (variants.length > 0) await upsertVariants(tx, variants)
}

export const productsConsumer: Consumer = {
  name: 'promotions.products',
  events: [productChanged],
  handle: (tx, events) =>
    storeProducts(
      tx,
      events.map((event) => event.payload as unknown as ProductChanged),
    ),
}

export type LearnDeps = {
  db: Database
  clock: () => Date
  catalog: Pick<Client<typeof CatalogService>, 'getProducts' | 'listCategories'>
}

const answerWithinMs = 1_000
/** The tree of categories changes seldom, and a rule of a category may follow a moment later. */
const categoriesForMs = 60_000

/** What is known of these variants; catalog is asked about those that are not, and about the tree of categories. */
export function createLibrary({ db, clock, catalog }: LearnDeps) {
  let tree: { atMs: number; ancestors: Promise<ReadonlyMap<string, readonly string[]>> } | undefined
  const ancestors = () => {
    const nowMs = clock().getTime()
    if (tree !== undefined && nowMs - tree.atMs < categoriesForMs) return tree.ancestors
    const asked = catalog
      .listCategories({}, { timeoutMs: answerWithinMs })
      .then(({ categories }) => new Map(categories.map((one) => [one.categoryId, one.ancestorIds])))
    tree = { atMs: nowMs, ancestors: asked }
    asked.catch(() => {
      if (tree?.ancestors === asked) tree = undefined
    })
    return asked
  }
  return {
    /** Those nobody has heard of are left out; `unanswered`: because catalog was to be asked about some and did not answer. */
    async variants(
      variantIds: readonly string[],
    ): Promise<{ variants: ReadonlyMap<string, KnownVariant>; unanswered: boolean }> {
      const variants = new Map((await findVariants(db.autocommit, variantIds)).map((one) => [one.variantId, one]))
      const missing = variantIds.filter((variantId) => !variants.has(variantId))
      if (missing.length === 0) return { variants, unanswered: false }
      const answer = await catalog
        .getProducts({ variantIds: missing }, { timeoutMs: answerWithinMs })
        .catch(() => undefined)
      if (answer === undefined) return { variants, unanswered: true }
      await db.transaction((tx) => storeProducts(tx, answer.products))
      for (const one of await findVariants(db.autocommit, missing)) variants.set(one.variantId, one)
      return { variants, unanswered: false }
    },
    /** Adds to categories all that stand above them. */
    async ancestors(): Promise<(categoryIds: readonly string[]) => readonly string[]> {
      const known = await ancestors()
      return (categoryIds) => [
        ...new Set(categoryIds.flatMap((categoryId) => [...(known.get(categoryId) ?? []), categoryId])),
      ]
    },
  }
}

export type Library = ReturnType<typeof createLibrary>
