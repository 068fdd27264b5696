import { consentChanged, customerChanged } from '@souk/contracts'
import { CustomerService } from '@souk/contracts/customers'
import { MediaService } from '@souk/contracts/media'
import { defineService } from '@souk/service'
import { customerAudits } from './audits.ts'
import { forgetPictures, forgetPicturesQueue } from './choose-avatar.ts'
import { config } from './config.ts'
import { customerConsumers } from './consumers.ts'
import { errors } from './errors.ts'
import { keepersOf } from './personal-data.ts'
import { customerRoutes } from './routes.ts'
import { customerRpc } from './rpc.ts'

/** Who buys: profile, address book, preferences, consents. */
export const customers = defineService({
  name: 'customers',
  migrations: new URL('./migrations/', import.meta.url),
  config,
  errors,
  emits: [customerChanged, consentChanged],
  async start({ config: settings, db, outbox, clock, work, directory }) {
    const deps = {
      db,
      outbox,
      clock,
      work,
      media: directory.client(MediaService),
      addressesPerCustomer: settings.SOUK_ADDRESSES_PER_CUSTOMER,
    }
    return {
      routes: customerRoutes({
        ...deps,
        keepers: keepersOf(db, directory),
        exportsPerMinute: settings.SOUK_EXPORTS_PER_MINUTE,
      }),
      rpc: { handlers: customerRpc(deps), services: [CustomerService] },
      consumers: customerConsumers(deps),
      queues: [{ name: forgetPicturesQueue, run: (payload) => forgetPictures(deps, payload) }],
      audits: customerAudits,
    }
  },
})
