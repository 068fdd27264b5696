import { cartCheckedOut } from '@souk/contracts'
import { CatalogService } from '@souk/contracts/catalog'
import { CustomerService } from '@souk/contracts/customers'
import { AllotmentService, CheckoutService } from '@souk/contracts/orders'
import { PricingService } from '@souk/contracts/promotions'
import { ShopService } from '@souk/contracts/shops'
import { PersonalDataService } from '@souk/contracts/carts'
import { defineService, recordsOf } from '@souk/service'
import { cartAudits } from './audits.ts'
import { config } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { cartConsumers } from './consumers.ts'
import { errors } from './errors.ts'
import { cartJobs } from './jobs.ts'
import { routes } from './routes.ts'

/** What people are about to buy, and how it becomes orders. */
export const carts = defineService({
  name: 'carts',
  migrations: new URL('./migrations/', import.meta.url),
  config,
  errors,
  emits: [cartCheckedOut],
  async start({ config: settings, db, outbox, clock, log, directory }) {
    const deps = {
      db,
      outbox,
      clock,
      log,
      guestDays: settings.SOUK_GUEST_CART_DAYS,
      customerDays: settings.SOUK_CART_DAYS,
      catalog: directory.client(CatalogService),
      shops: directory.client(ShopService),
      allotments: directory.client(AllotmentService),
      orders: directory.client(CheckoutService),
      promotions: directory.client(PricingService),
      customers: directory.client(CustomerService),
    }
    return {
      routes: routes(deps),
      rpc: {
        handlers: (router) => {
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [PersonalDataService],
      },
      consumers: cartConsumers(),
      jobs: cartJobs(deps),
      audits: cartAudits,
    }
  },
})
