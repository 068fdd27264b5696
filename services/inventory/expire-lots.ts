import { randomUUID } from 'node:crypto'
import type { Database } from '@souk/postgres'
import { changeStock } from './change-stock.ts'
import type { Deps } from './deps.ts'
import { dayOf, freeIn, type Lot } from './lots.ts'
import { type ExpiringAfter, listExpiredLots } from './lots.sql.ts'

const page = 500

/**
 * Take goods that may not be handed over any more out of sale: what nobody was promised is had back from orders and
 * written off, each variant by itself. What is promised or set apart stays, until its order is cancelled or gets other
 * goods; the next run takes it then. @returns units written off.
 */
export async function writeOffExpired(deps: Deps): Promise<number> {
  let units = 0
  for (const { db } of deps.shards.all())
    for await (const lots of expiredLots(db, dayOf(deps.clock())))
      for (const [shopId, ofShop] of Map.groupBy(lots, (lot) => lot.shopId))
        units += await writeOff(deps, shopId, ofShop)
  return units
}

async function* expiredLots(db: Database, today: string): AsyncGenerator<Lot[]> {
  let after: ExpiringAfter | undefined
  do {
    const lots = await listExpiredLots(db.autocommit, today, after, page)
    const last = lots.at(-1)
    if (last !== undefined) yield lots
    after = lots.length < page || last?.expiresOn == null ? undefined : { expiresOn: last.expiresOn, lotId: last.lotId }
  } while (after !== undefined)
}

async function writeOff(deps: Deps, shopId: string, lots: readonly Lot[]): Promise<number> {
  const variantIds = [...new Set(lots.map((lot) => lot.variantId))]
  const answer = await deps.allotments
    .listAllotments({ shopId, variantIds }, { timeoutMs: deps.rpcTimeoutMs })
    .catch((error: unknown) => deps.log.warn({ shopId, error }, 'expired lots wait until orders answers'))
  if (answer === undefined) return 0
  const left = new Map(answer.allotments.map((each) => [each.variantId, Number(each.remaining)]))
  let units = 0
  for (const lot of lots) {
    const { variantId, locationId, code, expiresOn } = lot
    const takeable = Math.min(freeIn(lot), left.get(variantId) ?? 0)
    if (takeable === 0) continue
    const id = randomUUID()
    const note = `${code === '' ? 'goods' : `lot ${code}`} expired on ${expiresOn}`
    const line = { variantId, locationId, lot: { code, expiresOn }, by: -takeable }
    const change = { id, shopId, reason: 'expired', note, actor: 'inventory.expire-lots', correlationId: lot.lotId }
    try {
      await changeStock(deps, { ...change, lines: [line] })
      left.set(variantId, (left.get(variantId) ?? 0) - takeable)
      units += takeable
    } catch (error) {
      // Somebody ordered meanwhile, or orders is away: the next run sees what is left then.
      deps.log.info({ shopId, lotId: lot.lotId, error }, 'expired goods could not be written off yet')
    }
  }
  return units
}
