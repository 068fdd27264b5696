import { CatalogService } from '@souk/contracts/catalog'
import { isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { type EnsureDeps, ensureProducts } from './ensure-products.ts'
import { findProducts, productIdsOfVariants } from './products.sql.ts'
import { toProductChanged } from './write-products.ts'

const maxIds = 1_000

export const catalogRpc =
  (deps: EnsureDeps): RpcHandlers =>
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
      ensureProducts: async (request) => ({ products: await ensureProducts(deps, request) }),
    })
