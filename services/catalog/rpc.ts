import { CatalogService } from '@souk/contracts/catalog'
import { isUuid, type Shards } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { findProducts, productIdsOfVariants } from './products.sql.ts'
import { toProductChanged } from './write-products.ts'

const maxIds = 1_000

export const catalogRpc =
  ({ shards }: { shards: Shards }): RpcHandlers =>
  (router) =>
    router.service(CatalogService, {
      async getProducts({ productIds, variantIds }) {
        const products = [...new Set(productIds)].filter(isUuid).slice(0, maxIds)
        const variants = [...new Set(variantIds)].filter(isUuid).slice(0, maxIds)
        const found = await Promise.all(
          shards.all().map(async ({ db }) => {
            const ofVariants = variants.length === 0 ? [] : await productIdsOfVariants(db.autocommit, variants)
            return findProducts(db.autocommit, [...new Set([...products, ...ofVariants])])
          }),
        )
        return { products: found.flat().map(toProductChanged) }
      },
    })
