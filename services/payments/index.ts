import {
  paymentCaptured,
  paymentFailed,
  paymentInitiated,
  paymentRefunded,
  paymentsAuthorised,
  paymentsAuthorisedAtOnce,
} from '@souk/contracts'
import { PaymentService, PersonalDataService } from '@souk/contracts/payments'
import { ShopService } from '@souk/contracts/shops'
import { defineService, recordsOf } from '@souk/service'
import { paymentAudits } from './audits.ts'
import type { AuthoriseDeps } from './authorise-orders.ts'
import { createCommissions } from './commissions.ts'
import { paymentsConfig } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { paymentConsumers } from './consumers.ts'
import { createDispatcher, type DispatchDeps } from './dispatch.ts'
import { paymentErrors } from './errors.ts'
import { paymentMetrics } from './metrics.ts'
import { countWork } from './operations.sql.ts'
import { createProviders } from './providers/index.ts'
import { createPump } from './pump.ts'
import { paymentRoutes } from './routes.ts'
import { paymentRpc } from './rpc.ts'
import { applyWebhooks, type WebhookDeps } from './webhooks.ts'
import { purgeWebhooks } from './webhooks.sql.ts'

export { type Difference, type Reconciliation, reconcile } from './reconcile.ts'

/** The money of orders: asked for, collected, given back, and written down twice. */
export const payments = defineService({
  name: 'payments',
  migrations: new URL('./migrations/', import.meta.url),
  config: paymentsConfig,
  errors: paymentErrors,
  emits: [
    paymentsAuthorisedAtOnce,
    paymentsAuthorised,
    paymentInitiated,
    paymentFailed,
    paymentCaptured,
    paymentRefunded,
  ],
  async start({ config, db, outbox, clock, log, metrics, directory }) {
    const providers = createProviders(config, { metrics, clock, log })
    const meters = paymentMetrics(metrics)
    const returnUrl = config.SOUK_PAYMENTS_RETURN_URL.replace(/\/$/, '')
    const common: Omit<DispatchDeps, 'wake'> = {
      db,
      outbox,
      clock,
      log,
      providers,
      capture: config.SOUK_PAYMENTS_CAPTURE,
      deadlineMs: config.SOUK_PAYMENT_DEADLINE_MINUTES * 60_000,
      leaseMs: 4 * config.SOUK_PROVIDER_TIMEOUT_MS,
      returnUrl: ({ paymentId }) => `${returnUrl}/${paymentId}`,
      onAttempt: meters.onAttempt,
      onAlarm(paymentId, what) {
        meters.onAlarm()
        log.error({ paymentId, what }, 'a payment has to be looked at')
      },
    }
    const dispatcher = createDispatcher(common)
    const deps: AuthoriseDeps = {
      ...common,
      wake: dispatcher.wake,
      commissions: createCommissions({ db, clock, shops: directory.client(ShopService) }),
      taxBp: config.SOUK_COMMISSION_TAX_BP,
      fraud: config.SOUK_PAYMENTS_FRAUD ? { largeAmount: config.SOUK_PAYMENTS_LARGE } : undefined,
      atOnceMs: config.SOUK_PAYMENTS_AT_ONCE_MS,
      onDecided: meters.onDecided,
    }
    const webhooks: WebhookDeps = { db, clock, log, wake: dispatcher.wake, onWebhook: meters.onWebhook }
    const applying = createPump(log, async () => (await applyWebhooks(webhooks)) > 0)
    return {
      routes: paymentRoutes({ ...deps, webhooks, wakeWebhooks: applying.wake }),
      rpc: {
        handlers: (router) => {
          paymentRpc(deps)(router)
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [PaymentService, PersonalDataService],
      },
      consumers: paymentConsumers(deps),
      jobs: [
        {
          name: 'payments.keep-going',
          everyMs: 1_000,
          async run() {
            dispatcher.wake()
            applying.wake()
          },
        },
        {
          name: 'payments.housekeeping',
          everyMs: 30_000,
          async run() {
            meters.keep(await countWork(db.autocommit, clock()))
            await purgeWebhooks(db.autocommit, clock())
          },
        },
      ],
      audits: paymentAudits({ clock }),
      async stop() {
        await applying.stop()
        await dispatcher.stop()
      },
    }
  },
})
