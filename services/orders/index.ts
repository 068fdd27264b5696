import {
  orderCancelled,
  orderConfirmed,
  orderDelivered,
  orderPlaced,
  orderReturned,
  orderShipped,
  ordersImported,
} from '@souk/contracts'
import { CatalogService } from '@souk/contracts/catalog'
import { IdentityService } from '@souk/contracts/identity'
import { AssignmentService } from '@souk/contracts/inventory'
import {
  AllotmentService,
  CheckoutService,
  ImportService,
  OrderService,
  PersonalDataService,
  PromotionTermsService,
  SaleService,
  SoldService,
} from '@souk/contracts/orders'
import { PricingService } from '@souk/contracts/promotions'
import { MessageService } from '@souk/contracts/notifications'
import { PaymentService } from '@souk/contracts/payments'
import { SettingsService } from '@souk/contracts/settings'
import { ShopService } from '@souk/contracts/shops'
import { defineService, recordsOf } from '@souk/service'
import { createPricer } from './ask-promotions.ts'
import { orderAudits } from './audits.ts'
import { orderBuckets } from './bucket-tables.sql.ts'
import { checkoutRpc } from './rpc-checkout.ts'
import { personalSections } from './personal.sql.ts'
import { ordersConfig } from './config.ts'
import { orderConsumers } from './consumers.ts'
import { orderErrors } from './errors.ts'
import { dayBefore, orderJobs } from './jobs.ts'
import { fulfilmentJobs } from './jobs-fulfilment.ts'
import { sagaContinuer, sagaJobs } from './jobs-saga.ts'
import { importRpc } from './import-rpc.ts'
import { createLearner } from './learn-terms.ts'
import { placingMetrics, sagaMetrics } from './metrics.ts'
import { tendPartitions } from './orders.sql.ts'
import { createAcceptor } from './place-later.ts'
import { createPlacer } from './placer.ts'
import { startPlacingAccepted } from './place-accepted.ts'
import { fulfilmentMetrics } from './metrics-fulfilment.ts'
import { askReturnDays } from './return-days.ts'
import { orderRoutes } from './routes.ts'
import { fulfilmentRoutes } from './routes-fulfilment.ts'
import { returnRoutes } from './routes-returns.ts'
import { sagaRoutes } from './routes-saga.ts'
import { saleRoutes } from './routes-sales.ts'
import { orderRpc } from './rpc.ts'
import { goodsStep } from './steps/goods.ts'
import { paymentStep } from './steps/payment.ts'
import { guardService } from './steps/through.ts'
import { soldRpc } from './sum-sold.ts'
import { createSaleFinder } from './find-sale.ts'
import { createTermsMemory } from './terms.ts'
import { createWroteLately } from './wrote-lately.ts'

export const orders = defineService({
  name: 'orders',
  divided: orderBuckets,
  migrations: new URL('./migrations/', import.meta.url),
  config: ordersConfig,
  errors: orderErrors,
  emits: [orderPlaced, orderConfirmed, orderCancelled, orderShipped, orderDelivered, orderReturned, ordersImported],
  async start({ config, shards, outbox, clock, log, metrics, directory }) {
    const memory = createTermsMemory()
    for (const shard of shards.all())
      await shard.db.transaction((tx) => tendPartitions(tx, clock(), dayBefore(clock())))
    const learnVariants = createLearner({
      shards,
      clock,
      catalog: directory.client(CatalogService),
      shops: directory.client(ShopService),
    })
    const series = placingMetrics(metrics)
    const wroteLately = createWroteLately(clock)
    const placer = createPlacer(
      shards,
      (shard) => ({ db: shard.db, memory, clock, wake: outbox.wake, learnVariants, onPath: series.path }),
      {
        maxItems: config.SOUK_ORDERS_BATCH,
        maxInFlight: config.SOUK_ORDERS_IN_FLIGHT,
        maxQueued: config.SOUK_ORDERS_QUEUE,
        maxWaitMs: config.SOUK_ORDERS_WAIT_MS,
      },
      series.batch,
      series.outcomes,
      createPricer(
        { shards, clock, pricing: directory.client(PricingService) },
        { maxQueued: config.SOUK_ORDERS_QUEUE, maxWaitMs: config.SOUK_ORDERS_WAIT_MS },
      ),
    )
    series.queue(placer.stats)
    // Only where lists may be behind is it remembered who looks for what he has just ordered.
    const remembering: typeof placer = !shards.all().some(({ lists }) => lists)
      ? placer
      : {
          ...placer,
          place(request) {
            wroteLately.add(request.customerId)
            return placer.place(request)
          },
        }
    const accepting = new Map(
      shards.all().map(({ name }) => {
        const placing = startPlacingAccepted({ db: () => shards.toPlaceOn(name).db, placer, clock, log })
        return [name, { placing, acceptor: createAcceptor(shards, name, placing.wake) }] as const
      }),
    )
    const imports = importRpc({
      shards,
      outbox,
      clock,
      catalog: directory.client(CatalogService),
      identity: directory.client(IdentityService),
    })
    const payments = directory.client(PaymentService)
    const goods = directory.client(AssignmentService)
    const messages = directory.client(MessageService)
    const guarded = { metrics, clock, log }
    const sagaDeps = {
      saga: {
        steps: [
          paymentStep(payments, guardService('payments', guarded)),
          goodsStep(goods, guardService('inventory', guarded)),
        ],
        deadlineMs: config.SOUK_PAYMENT_DEADLINE_MINUTES * 60_000,
        leaseMs: config.SOUK_ORDERS_LEASE_MS,
      },
      shards,
      outbox,
      clock,
      log,
      meters: sagaMetrics(metrics),
    }
    const continuer = sagaContinuer(sagaDeps)
    const fulfilment = {
      shards,
      outbox,
      clock,
      log,
      goods,
      money: payments,
      returnDays: askReturnDays(directory.client(SettingsService), log, config.SOUK_RETURN_DAYS),
      count: fulfilmentMetrics(metrics),
    }
    return {
      routes: [
        ...orderRoutes({
          placer: remembering,
          wroteLately,
          accept: async (shard, request) => accepting.get(shard)?.acceptor.submit(request),
          shards,
          outbox,
          clock,
          saleVariantOf: createSaleFinder(shards, clock),
          limits: {
            ordersPerMinute: config.SOUK_ORDERS_PER_MINUTE,
            flashOrdersPerMinute: config.SOUK_FLASH_ORDERS_PER_MINUTE,
          },
        }),
        ...saleRoutes({ shards }),
        ...fulfilmentRoutes(fulfilment),
        ...returnRoutes(fulfilment),
        ...sagaRoutes({ ...sagaDeps, payments, goods, messages }),
      ],
      rpc: {
        handlers(router) {
          orderRpc({ shards, memory, clock })(router)
          checkoutRpc({ shards, clock, outbox, placer: remembering, learnVariants })(router)
          imports(router)
          soldRpc({ shards })(router)
          const databases = () => shards.all().map(({ db }) => db.autocommit)
          router.service(PersonalDataService, { listRecords: recordsOf(databases, personalSections) })
        },
        services: [
          AllotmentService,
          SaleService,
          OrderService,
          ImportService,
          CheckoutService,
          PromotionTermsService,
          SoldService,
          PersonalDataService,
        ],
      },
      consumers: orderConsumers({ memory, saga: { ...sagaDeps, wake: continuer.wake } }),
      jobs: [...orderJobs({ shards, memory, clock }), ...fulfilmentJobs(fulfilment), ...sagaJobs(sagaDeps, continuer)],
      audits: orderAudits,
      sheds: [{ method: 'POST', prefix: '/v1/orders', refusing: placer.refusing }],
      async stop() {
        await continuer.stop()
        for (const { acceptor, placing } of accepting.values()) {
          await acceptor.drain()
          await placing.stop()
        }
        await placer.drain()
      },
    }
  },
})
