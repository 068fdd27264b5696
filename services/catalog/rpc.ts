import { CatalogService } from '@souk/contracts/catalog'
import { type Database, isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { describeCategories, describeProducts, listProductIds } from './describe-products.ts'
import { type EnsureDeps, ensureProducts } from './ensure-products.ts'
import { findProducts, productIdsOfVariants } from './products.sql.ts'
import { toProductChanged } from './write-products.ts'

const maxIds = 1_000

export const catalogRpc =
  (deps: EnsureDeps & { db: Database }): RpcHandlers =>
  (router) =>
    router.service(CatalogService, {
      async getProducts({ productIds, variantIds }) {
        const products = [...new Set(productIds)].filter(isUuid).slice(0, maxIds)
        const variants = [...new Set(variantIds)].filter(isUuid).slice(0, maxIds)
        const found = await Promise.all(
          deps.shards.all().map(async ({ db }) => {
            const ofVariants = variants.length === 0 ? [] : await productIdsOfVariants(db.autocommit, variants)
            return findProducts(db.autocommit, [...new Set([...products, ...ofVariants])])
          }),
        )
        return { products: found.flat().map(toProductChanged) }
      },
      describeProducts: ({ productIds }) => describeProducts(deps.shards, productIds),
      listProductIds: (request) => listProductIds(deps.shards, request),
      listCategories: () => describeCategories(deps.db),
      ensureProducts: async (request) => ({ products: await ensureProducts(deps, request) }),
    })
