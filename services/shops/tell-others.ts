import { IdentityService } from '@souk/contracts/identity'
import { SaleService } from '@souk/contracts/orders'
import { DomainError } from '@souk/errors'
import type { Outbox } from '@souk/events'
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
import { leaveOut } from './set-members.ts'
import { sells, type ShopStatus } from './shop.ts'

export type TellDeps = {
  db: Database
  outbox: Outbox
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

/** What became of it: identity knows, will be told later, or will not have this account in the shop, for this reason. */
export type Heard = { known: boolean; refusal?: DomainError }

/**
 * Tell identity what an account may do in a shop, if that is still to be told. One sender at a time; when the intent
 * changes while it is being sent, it is sent again. An account that identity refuses is taken out of the shop.
 */
export async function tellIdentity(deps: TellDeps, shopId: string, accountId: string): Promise<Heard> {
  for (;;) {
    const now = deps.clock()
    const intent = await leaseIntent(deps.db.autocommit, shopId, accountId, now, new Date(now.getTime() + leaseMs))
    if (intent === undefined) return { known: true }
    try {
      await deps.identity.setShopDuties(
        { accountId, shopId, duties: intent.duties, setByAccountId: intent.setBy },
        { timeoutMs: callTimeoutMs },
      )
    } catch (error) {
      if (isForGood(error)) {
        deps.log.info({ shopId, accountId, code: error.code }, 'identity has no such member; it is left out')
        await deps.db.transaction((tx) => leaveOut(deps, tx, intent))
        return { known: true, refusal: error }
      }
      deps.log.warn(
        { shopId, accountId, error },
        'identity could not be told the duties of a member; it will be tried again',
      )
      await releaseIntent(deps.db.autocommit, shopId, accountId, deps.clock())
      return { known: false }
    }
    if ((await settleIntent(deps.db.autocommit, intent)) === 1) return { known: true }
    await releaseIntent(deps.db.autocommit, shopId, accountId, deps.clock())
  }
}

/** There is no such account, or it works for too many shops: told again, it would be refused again. */
const isForGood = (error: unknown): error is DomainError =>
  error instanceof DomainError && [404, 409, 422].includes(error.row.status)

/** What a crash or a service that was away left untold. 100 of each a round, so that a round ends. */
export async function tellWhatIsUntold(deps: TellDeps): Promise<void> {
  for (const untold of await untoldShops(deps.db.autocommit, 100)) await tell(deps, untold)
  for (const due of await dueIntents(deps.db.autocommit, deps.clock(), 100))
    await tellIdentity(deps, due.shopId, due.accountId)
}
