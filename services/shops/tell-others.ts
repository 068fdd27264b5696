import { IdentityService } from '@souk/contracts/identity'
import { SaleService } from '@souk/contracts/orders'
import type { Database } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'
import {
  dueIntents,
  leaseIntent,
  markTold,
  releaseIntent,
  settleIntent,
  type Untold,
  untoldShop,
  untoldShops,
} from './members.sql.ts'
import { sells, type ShopStatus } from './shop.ts'

export type TellDeps = {
  db: Database
  clock: () => Date
  log: Logger
  sales: Pick<Client<typeof SaleService>, 'setSelling'>
  identity: Pick<Client<typeof IdentityService>, 'setShopDuties' | 'nameMembers'>
}

const callTimeoutMs = 5_000
// Three times what a call may take: a lease that ran out belongs to somebody who died.
const leaseMs = 15_000

/**
 * Tell orders to sell for a shop, or to stop, if it has not confirmed the last such change. Resolves to whether it knows
 * now. Orders ignores versions older than what it has, so calls may overtake each other and be repeated.
 */
export async function tellOrders(deps: TellDeps, shopId: string): Promise<boolean> {
  const untold = await untoldShop(deps.db.autocommit, shopId)
  return untold === undefined || tell(deps, untold)
}

async function tell(deps: TellDeps, { shopId, status, version }: Untold): Promise<boolean> {
  try {
    await deps.sales.setSelling(
      { shopId, selling: sells(status as ShopStatus), version: BigInt(version) },
      { timeoutMs: callTimeoutMs },
    )
    await markTold(deps.db.autocommit, shopId, version)
    return true
  } catch (error) {
    deps.log.warn({ shopId, version, error }, 'orders could not be told whether a shop sells; it will be tried again')
    return false
  }
}

/**
 * Tell identity what an account may do in a shop, if that is still to be told. Resolves to whether it knows now. One
 * sender at a time; when the intent changes while it is being sent, it is sent again.
 */
export async function tellIdentity(deps: TellDeps, shopId: string, accountId: string): Promise<boolean> {
  for (;;) {
    const now = deps.clock()
    const intent = await leaseIntent(deps.db.autocommit, shopId, accountId, now, new Date(now.getTime() + leaseMs))
    if (intent === undefined) return true
    try {
      await deps.identity.setShopDuties(
        { accountId, shopId, duties: intent.duties, setByAccountId: intent.setBy },
        { timeoutMs: callTimeoutMs },
      )
    } catch (error) {
      deps.log.warn(
        { shopId, accountId, error },
        'identity could not be told the duties of a member; it will be tried again',
      )
      await releaseIntent(deps.db.autocommit, shopId, accountId, deps.clock())
      return false
    }
    if ((await settleIntent(deps.db.autocommit, intent)) === 1) return true
    await releaseIntent(deps.db.autocommit, shopId, accountId, deps.clock())
  }
}

/** What a crash or a service that was away left untold. 100 of each a round, so that a round ends. */
export async function tellWhatIsUntold(deps: TellDeps): Promise<void> {
  for (const untold of await untoldShops(deps.db.autocommit, 100)) await tell(deps, untold)
  for (const due of await dueIntents(deps.db.autocommit, deps.clock(), 100))
    await tellIdentity(deps, due.shopId, due.accountId)
}
