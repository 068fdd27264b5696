import type { PromotionTermsService } from '@souk/contracts/orders'
import type { Shards } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'
import { rulesTold, rulesToTell } from './shop-rules.sql.ts'
import { type ToTell, vouchersToTell, voucherTold } from './vouchers.sql.ts'

export type TellDeps = {
  shards: Shards
  log: Logger
  terms: Pick<Client<typeof PromotionTermsService>, 'setUses' | 'setRules' | 'listUses'>
}

/** A voucher without a limit has this many uses: no shop places as many orders. */
export const anyNumber = 1_000_000_000

const callTimeoutMs = 5_000

const usesOf = ({ active, uses }: ToTell) => (active ? (uses ?? anyNumber) : 0)

/**
 * Tell orders how often a shop's vouchers may be used, and whether its orders are to be priced here. After the commit, never
 * inside; safe to repeat at any point, since orders heeds versions. What cannot be told now the job tells.
 */
export async function tellOrders(deps: TellDeps, shopId: string, voucherIds: readonly string[] = []): Promise<void> {
  const { db } = deps.shards.ofOwner(shopId)
  try {
    for (const voucher of await vouchersToTell(db.autocommit, voucherIds, 100)) await tellVoucher(deps, voucher)
    for (const rules of await rulesToTell(db.autocommit, shopId, 1)) await tellRules(deps, rules)
  } catch (error) {
    deps.log.warn({ shopId, error }, 'orders could not be told of vouchers or rules; it will be tried again')
  }
}

/** What a crash, or orders being away, left untold. */
export async function tellTheRest(deps: TellDeps): Promise<void> {
  for (const { db } of deps.shards.all()) {
    for (const voucher of await vouchersToTell(db.autocommit, null, 100)) await tellVoucher(deps, voucher)
    for (const rules of await rulesToTell(db.autocommit, null, 100)) await tellRules(deps, rules)
  }
}

async function tellVoucher({ shards, terms }: TellDeps, voucher: ToTell): Promise<void> {
  const { voucherId, shopId, version } = voucher
  const told = { voucherId, shopId, version: BigInt(version), uses: BigInt(usesOf(voucher)) }
  await terms.setUses(told, { timeoutMs: callTimeoutMs })
  await voucherTold(shards.ofOwner(shopId).db.autocommit, voucherId, version)
}

async function tellRules(
  { shards, terms }: TellDeps,
  { shopId, version, asks }: { shopId: string; version: number; asks: boolean },
): Promise<void> {
  await terms.setRules({ shopId, version: BigInt(version), ask: asks }, { timeoutMs: callTimeoutMs })
  await rulesTold(shards.ofOwner(shopId).db.autocommit, shopId, version)
}
