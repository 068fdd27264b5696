import { productChanged, saleWindowChanged } from '@souk/contracts'
import { CatalogService } from '@souk/contracts/catalog'
import { SaleService } from '@souk/contracts/orders'
import { ShopService } from '@souk/contracts/shops'
import { defineService } from '@souk/service'
import { catalogAudits } from './audits.ts'
import { catalogBuckets } from './bucket-tables.ts'
import { categoryRoutes } from './category-routes.ts'
import type { RouteDeps } from './edge.ts'
import { catalogConfig } from './config.ts'
import { catalogErrors } from './errors.ts'
import { catalogJobs } from './jobs.ts'
import { listRoutes } from './list-routes.ts'
import { pageConsumer } from './page-tags.ts'
import { createPages } from './pages.ts'
import { productRoutes } from './product-routes.ts'
import { catalogRpc } from './rpc.ts'
import { saleRoutes } from './sale-routes.ts'
import { shopConsumer } from './shop-news.ts'

export { createCategory, type NewCategory } from './categories.ts'
export type { Category } from './categories.sql.ts'
export { type NewSale, planSale, type SaleDeps, settleSale } from './plan-sale.ts'
export type { Product, Variant } from './product.ts'
export { ensureShop } from './shop-news.ts'
export {
  type By,
  importProducts,
  maxImport,
  type NewProduct,
  type NewVariant,
  type WriteDeps,
} from './write-products.ts'

export const catalog = defineService({
  name: 'catalog',
  divided: catalogBuckets,
  migrations: new URL('./migrations/', import.meta.url),
  config: catalogConfig,
  errors: catalogErrors,
  emits: [productChanged, saleWindowChanged],
  async start({ db, shards, outbox, clock, log, directory, cache }) {
    const deps: RouteDeps = {
      db,
      shards,
      outbox,
      clock,
      log,
      cache,
      sales: directory.client(SaleService),
      shops: directory.client(ShopService),
    }
    const pages = createPages(deps)
    return {
      routes: [
        ...productRoutes(deps, pages),
        ...listRoutes(deps, pages),
        ...categoryRoutes(deps, pages),
        ...saleRoutes(deps),
      ],
      rpc: { handlers: catalogRpc(deps), services: [CatalogService] },
      consumers: [shopConsumer(deps), pageConsumer(deps)],
      jobs: catalogJobs(deps),
      audits: catalogAudits,
    }
  },
})
