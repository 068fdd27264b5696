import { shopChanged } from '@souk/contracts'
import { IdentityService } from '@souk/contracts/identity'
import { SaleService } from '@souk/contracts/orders'
import { ShopService } from '@souk/contracts/shops'
import { defineService } from '@souk/service'
import { shopAudits } from './audits.ts'
import { shopsConfig } from './config.ts'
import type { RouteDeps } from './edge.ts'
import { shopErrors } from './errors.ts'
import { shopRoutes } from './routes.ts'
import { shopRpc } from './rpc.ts'
import { tellWhatIsUntold } from './tell-others.ts'

export { moveShop } from './change-shop.ts'
export { type NewShop, type RegisterDeps, registerShop } from './register-shop.ts'
export { allDuties, type Duty, type ShopStatus } from './shop.ts'

export const shops = defineService({
  name: 'shops',
  migrations: new URL('./migrations/', import.meta.url),
  config: shopsConfig,
  errors: shopErrors,
  emits: [shopChanged],
  async start({ config, db, outbox, clock, log, directory }) {
    const deps: RouteDeps = {
      db,
      outbox,
      clock,
      log,
      sales: directory.client(SaleService),
      identity: directory.client(IdentityService),
      needsVerification: config.SOUK_SHOPS_NEED_VERIFICATION,
      shopsPerAccount: config.SOUK_SHOPS_PER_ACCOUNT,
      commissionBasisPoints: config.SOUK_SHOPS_COMMISSION_BP,
    }
    return {
      routes: shopRoutes(deps),
      rpc: { handlers: shopRpc(deps), services: [ShopService] },
      jobs: [{ name: 'shops.tell-others', everyMs: 5_000, run: () => tellWhatIsUntold(deps) }],
      audits: shopAudits,
    }
  },
})
