import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  DescribeProductsResponseSchema,
  ListCategoriesResponseSchema,
  ListProductIdsResponseSchema,
} from '@souk/contracts/catalog'
import { type Database, isUuid, type Shards } from '@souk/postgres'
import { listCategories } from './categories.sql.ts'
import { activeProductIdsAfter, findProducts, productIdsAfter } from './products.sql.ts'
import { toProductChanged } from './write-products.ts'

// What those who keep products to be found ask for.

const maxDescribed = 500
const maxListed = 10_000
const firstId = '00000000-0000-0000-0000-000000000000'

/** Products as they are told of to those who look for them; unknown ones are left out. */
export async function describeProducts(
  shards: Shards,
  ids: readonly string[],
): Promise<MessageInitShape<typeof DescribeProductsResponseSchema>> {
  const wanted = [...new Set(ids)].filter(isUuid).slice(0, maxDescribed)
  const found = await Promise.all(shards.all().map(({ db }) => findProducts(db.autocommit, wanted)))
  return {
    products: found.flat().map((product) => ({
      product: toProductChanged(product),
      description: product.description,
      tags: [...product.tags],
      categoryIds: [...product.categoryIds],
      pictureUrl: product.pictures[0]?.url ?? '',
      pictureAlt: product.pictures[0]?.alt ?? '',
      currencyCode: product.currency,
      createdAtMs: BigInt(product.createdAt.getTime()),
    })),
  }
}

export async function listProductIds(
  shards: Shards,
  given: { afterProductId: string; limit: number; shopId: string },
): Promise<MessageInitShape<typeof ListProductIdsResponseSchema>> {
  const after = isUuid(given.afterProductId) ? given.afterProductId : firstId
  const limit = Math.min(given.limit || maxListed, maxListed)
  if (isUuid(given.shopId)) {
    const { db } = shards.ofOwner(given.shopId)
    return { productIds: await activeProductIdsAfter(db.autocommit, given.shopId, after, limit) }
  }
  const pages = await Promise.all(shards.all().map(({ db }) => productIdsAfter(db.autocommit, after, limit)))
  return { productIds: pages.flat().sort().slice(0, limit) }
}

export const describeCategories = async (
  db: Database,
): Promise<MessageInitShape<typeof ListCategoriesResponseSchema>> => ({
  categories: (await listCategories(db.autocommit)).map((category) => ({
    categoryId: category.categoryId,
    parentId: category.parentId ?? '',
    slug: category.slug,
    title: category.title,
    ancestorIds: category.ancestorIds,
    path: category.path,
  })),
})
