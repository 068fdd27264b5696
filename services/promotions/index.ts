import { CatalogService } from '@souk/contracts/catalog'
import { CheckoutService, OrderService, PromotionTermsService } from '@souk/contracts/orders'
import { PersonalDataService, PricingService } from '@souk/contracts/promotions'
import { defineService, recordsOf } from '@souk/service'
import { promotionAudits } from './audits.ts'
import { promotionsConfig } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { discountRoutes } from './discount-routes.ts'
import { pointsConsumer } from './earn-points.ts'
import type { RouteDeps } from './edge.ts'
import { promotionErrors } from './errors.ts'
import { promotionJobs } from './jobs.ts'
import { createLibrary, productsConsumer } from './learn-products.ts'
import { loyaltyRoutes } from './loyalty-routes.ts'
import { quoteRoutes } from './quote-routes.ts'
import { pricingRpc } from './rpc.ts'
import { shippingRoutes } from './shipping-routes.ts'
import { taxRoutes } from './tax-routes.ts'
import { voucherRoutes } from './voucher-routes.ts'

export const promotions = defineService({
  name: 'promotions',
  migrations: new URL('./migrations/', import.meta.url),
  config: promotionsConfig,
  errors: promotionErrors,
  emits: [],
  async start({ config, db, shards, clock, log, directory }) {
    const deps: RouteDeps = {
      db,
      shards,
      clock,
      log,
      library: createLibrary({ db, clock, catalog: directory.client(CatalogService) }),
      terms: directory.client(PromotionTermsService),
      checkout: directory.client(CheckoutService),
      quotesPerMinute: config.SOUK_QUOTES_PER_MINUTE,
    }
    return {
      routes: [
        ...voucherRoutes(deps),
        ...discountRoutes(deps),
        ...shippingRoutes(deps),
        ...taxRoutes(deps),
        ...quoteRoutes(deps),
        ...loyaltyRoutes(deps),
      ],
      rpc: {
        handlers: (router) => {
          pricingRpc(deps)(router)
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [PricingService, PersonalDataService],
      },
      consumers: [productsConsumer, pointsConsumer({ db, orders: directory.client(OrderService), clock })],
      jobs: promotionJobs(deps),
      audits: promotionAudits,
    }
  },
})
