import { type Batcher, createBatcher } from '@souk/batching'
import type { DomainError } from '@souk/errors'
import { type Database, DatabaseUnavailable, type Shards, timeInId, type Tx } from '@souk/postgres'
import { isShardRefusal, shardErrors } from '@souk/service'
import { isDomainError } from './errors.ts'
import { daysToSearch, keysLiveSince } from './keys.ts'
import { keyMismatch } from './place-orders.ts'
import { findKeys } from './place.sql.ts'
import type { Placer } from './placer.ts'
import type { OrderRequest } from './price-order.ts'
import {
  type AcceptedRequest,
  claimRequests,
  findRequestsByKey,
  finishRequests,
  insertRequests,
  isAnyWaiting,
  type RequestRow,
} from './requests.sql.ts'

/** Which order a key was first used for, and with which body. */
type FirstUse = Pick<RequestRow, 'order_id' | 'body_hash'>

/** What is kept of an order that is to be placed later. */
export type LaterBody = Pick<OrderRequest, 'lines' | 'paymentMethod' | 'paymentToken' | 'correlationId' | 'extras'> & {
  saleOnly: boolean
}

/**
 * Accept orders to be placed later: durable when this resolves, many in one commit. A repeated key gives the id of the
 * first request or of the order it made; for another body order-key-mismatch (as a result, not thrown: its neighbours
 * are none the worse).
 */
export const createAcceptor = (
  shards: Pick<Shards, 'toPlaceOn' | 'holds'>,
  name: string,
  onAccepted: () => void,
): Batcher<AcceptedRequest, string | DomainError> =>
  createBatcher<AcceptedRequest, string | DomainError>({
    maxItems: 256,
    maxInFlight: 1,
    maxQueued: 4_000,
    maxWaitMs: 2_000,
    isWholeBatch: isShardRefusal,
    async process(batch) {
      const { db } = shards.toPlaceOn(name)
      // Kept where its shop was until a moment ago, nobody would find it again.
      if (!batch.every(({ orderId }) => shards.holds(name, orderId)))
        throw shardErrors.error('shop-moving', 'A shop has just been moved; ask again.', {}, 1)
      const first = await db.transaction(async (tx) => {
        const known = await ordersMadeBy(tx, batch)
        const fresh = batch.filter((request) => !known.has(nameOf(request.customerId, request.key)))
        const inserted = new Set((await insertRequests(tx, fresh)).map((row) => row.order_id))
        const repeated = fresh.filter((request) => !inserted.has(request.orderId))
        if (repeated.length === 0) return known
        const rows = await findRequestsByKey(
          tx,
          repeated.map((request) => request.customerId),
          repeated.map((request) => request.key),
        )
        for (const row of rows) known.set(nameOf(row.customer_id, row.key), row)
        return known
      })
      onAccepted()
      return batch.map((request) => {
        const kept = first.get(nameOf(request.customerId, request.key))
        if (kept === undefined) return request.orderId
        return kept.body_hash === request.bodyHash ? kept.order_id : keyMismatch()
      })
    },
  })

const nameOf = (customerId: string, key: string) => `${customerId} ${key}`

/** The orders these keys have made already, at once or later: whoever sends one again is shown that order. */
async function ordersMadeBy(tx: Tx, batch: readonly AcceptedRequest[]): Promise<Map<string, FirstUse>> {
  const nowMs = Math.max(...batch.map((request) => request.acceptedAt.getTime()))
  const rows = await findKeys(
    tx,
    daysToSearch(nowMs),
    batch.map((request) => request.customerId),
    batch.map((request) => request.key),
  )
  const live = rows.filter((row) => timeInId(row.order_id) > keysLiveSince(nowMs))
  return new Map(live.map((row) => [nameOf(row.customer_id, row.key), row]))
}

/**
 * Place the accepted orders that wait, most urgent first. Their rows stay locked meanwhile: if this process dies the next
 * one finds them as they were, and the keys make placing them again harmless.
 * @returns how many were finished; the rest waits for a quieter moment.
 */
export async function placeAccepted(
  deps: { db: Database; placer: Placer; clock: () => Date },
  limit = 256,
): Promise<number> {
  if (!(await isAnyWaiting(deps.db.autocommit))) return 0
  return deps.db.transaction(
    async (tx) => {
      const claimed = await claimRequests(tx, limit)
      if (claimed.length === 0) return 0
      const finished = (await Promise.all(claimed.map((row) => placeOne(deps.placer, row)))).filter(
        (one) => one !== undefined,
      )
      if (finished.length > 0) await finishRequests(tx, finished, deps.clock())
      return finished.length
    },
    { statementTimeoutMs: 60_000 },
  )
}

async function placeOne(placer: Placer, row: RequestRow) {
  const body = row.body as LaterBody
  try {
    const outcome = await placer.place({
      ...body,
      customerId: row.customer_id,
      key: row.key,
      bodyHash: row.body_hash,
      orderId: row.order_id,
    })
    if (outcome.kind === 'placed' && outcome.order.orderId === row.order_id)
      return { orderId: row.order_id, state: 'placed' as const, refusal: null }
    const error = outcome.kind === 'placed' ? keyMismatch() : outcome.error
    return {
      orderId: row.order_id,
      state: 'refused' as const,
      refusal: JSON.stringify({ code: error.code, detail: error.message, ...error.extra }),
    }
  } catch (error) {
    // Overload or a database that went away: it stays accepted and is tried again.
    const mayPass = error instanceof DatabaseUnavailable || (isDomainError(error) && error.row.status === 503)
    if (mayPass) return undefined
    // Anything else would come again each time and block those behind it.
    const detail = 'The order could not be placed. Place it again; if it is refused again, tell us the order id.'
    return { orderId: row.order_id, state: 'refused' as const, refusal: JSON.stringify({ code: 'internal', detail }) }
  }
}
