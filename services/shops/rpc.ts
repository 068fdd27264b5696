import { ShopService } from '@souk/contracts/shops'
import { type Database, isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { toShopChanged } from './change-shop.ts'
import { staffWith } from './members.sql.ts'
import { findShop } from './shops.sql.ts'

export const shopRpc =
  ({ db }: { db: Database }): RpcHandlers =>
  (router) =>
    router.service(ShopService, {
      async getShop({ shopId }) {
        const shop = isUuid(shopId) ? await findShop(db.autocommit, shopId) : undefined
        return shop === undefined ? {} : { shop: toShopChanged(shop) }
      },
      async listStaff({ shopId, duty }) {
        return { accountIds: isUuid(shopId) ? await staffWith(db.autocommit, shopId, duty) : [] }
      },
    })
