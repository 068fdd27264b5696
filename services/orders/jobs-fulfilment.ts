import type { Database, Shards } from '@souk/postgres'
import type { Job } from '@souk/service'
import type { Logger } from '@souk/telemetry'
import { claimShipments } from './fulfilment.sql.ts'
import { claimReturns } from './returns.sql.ts'
import { finishReturn, type SettleDeps } from './settle-return.ts'
import { finishShipment, type ShipDeps } from './ship-order.ts'

export type FulfilmentJobDeps = Omit<ShipDeps & SettleDeps, 'db' | 'goods'> & {
  goods: ShipDeps['goods'] & SettleDeps['goods']
  shards: Shards
  log: Logger
}

/** Calls take 10 s at most and all of a round run at once: a round is over before anybody misses its connection. */
const atOnce = 20

/** Shipments and returns whose request was cut off, or whose other side was away, are taken to their end. */
export const fulfilmentJobs = (deps: FulfilmentJobDeps): Job[] => [
  {
    name: 'orders.finish-fulfilment',
    everyMs: 2_000,
    async run() {
      for (const { db } of deps.shards.all()) {
        const now = deps.clock()
        const shipments = await claimShipments(db.autocommit, now, atOnce)
        const returns = await claimReturns(db.autocommit, now, atOnce)
        await Promise.all([
          ...shipments.map(({ shipmentId }) => attempt(deps, 'shipment', shipmentId, db, finishShipment)),
          ...returns.map(({ returnId }) => attempt(deps, 'return', returnId, db, finishReturn)),
        ])
      }
    },
  },
]

/** One that fails stands in nobody's way. */
async function attempt(
  deps: FulfilmentJobDeps,
  what: 'shipment' | 'return',
  id: string,
  db: Database,
  finish: (deps: FulfilmentJobDeps & { db: Database }, id: string) => Promise<unknown>,
): Promise<void> {
  try {
    await finish({ ...deps, db }, id)
  } catch (error) {
    deps.count(what, 'waiting')
    deps.log.warn({ what, id, error }, 'goods or money could not be moved; tried again later')
  }
}
