import type { Region } from '@souk/cache'
import { listCategories } from './categories.sql.ts'
import { treeOf } from './categories.ts'
import { findProduct, type RouteDeps } from './edge.ts'
import { tagOf } from './page-tags.ts'
import { productIdBySlug } from './products.sql.ts'
import { productView } from './views.ts'

// What anybody may see, kept for whoever comes next. Orders are priced from the tables, never from here; and who works in a
// shop reads the tables too.

export type ProductPage = ReturnType<typeof productView>
export type ListPage = { items: ProductPage[]; nextCursor: string | null }

/** A minute, unless it changes: then at once. */
const pageMs = 60_000
/** What is listed has many reasons to change; those not told of here are seen after this. */
const listMs = 10_000

export type Pages = {
  /** As everybody sees it; undefined when it is not on show. */
  product(productId: string): Promise<ProductPage | undefined>
  productIdBySlug(shopSlug: string, slug: string): Promise<string | undefined>
  /** The first page of a list. @param name all that says which */
  list(name: string, shopId: string | undefined, load: () => Promise<ListPage>): Promise<ListPage>
  categories(): Promise<ReturnType<typeof treeOf>>
}

export function createPages(deps: RouteDeps): Pages {
  const { cache } = deps
  const products: Region<ProductPage> = cache.region('catalog.product', { ttlMs: pageMs })
  const slugs: Region<string> = cache.region('catalog.slug', { ttlMs: pageMs })
  const lists: Region<ListPage> = cache.region('catalog.list', { ttlMs: listMs })
  const tree: Region<ReturnType<typeof treeOf>> = cache.region('catalog.categories', { ttlMs: pageMs })
  return {
    product: (productId) =>
      products.through(productId, async () => {
        const product = await findProduct(deps, productId)
        if (product === undefined || product.status !== 'active' || !product.shopOpen) return undefined
        return { value: productView(product, false), tags: [tagOf.product(productId), tagOf.shop(product.shopId)] }
      }),
    productIdBySlug: (shopSlug, slug) =>
      slugs.through(`${shopSlug}/${slug}`, async () => {
        for (const { db } of deps.shards.all()) {
          const found = await productIdBySlug(db.autocommit, shopSlug, slug)
          if (found === undefined) continue
          return { value: found.productId, tags: [tagOf.product(found.productId), tagOf.shop(found.shopId)] }
        }
        return undefined
      }),
    async list(name, shopId, load) {
      const tags = [shopId === undefined ? tagOf.lists : tagOf.listsOf(shopId)]
      return (await lists.through(name, async () => ({ value: await load(), tags }))) as ListPage
    },
    async categories() {
      const load = async () => ({
        value: treeOf(await listCategories(deps.db.autocommit)),
        tags: [tagOf.categories],
      })
      return (await tree.through('all', load)) ?? []
    },
  }
}
