import { type Batcher, createBatcher } from '@souk/batching'
import type { DomainError } from '@souk/errors'
import { type Database, DatabaseUnavailable } from '@souk/postgres'
import { isDomainError } from './errors.ts'
import { keyMismatch } from './place-orders.ts'
import type { Placer } from './placer.ts'
import type { OrderRequest } from './price-order.ts'
import {
  type AcceptedRequest,
  claimRequests,
  findRequestsByKey,
  finishRequests,
  insertRequests,
  type RequestRow,
} from './requests.sql.ts'

/** What is kept of an order that is to be placed later. */
export type LaterBody = Pick<OrderRequest, 'lines' | 'paymentMethod' | 'correlationId'> & { saleOnly: boolean }

/**
 * Accept orders to be placed later: durable when this resolves, many in one commit. A repeated key gives the id of the
 * first request, or order-key-mismatch (as a result, not thrown: its neighbours are none the worse) for another body.
 */
export const createAcceptor = (db: Database, onAccepted: () => void): Batcher<AcceptedRequest, string | DomainError> =>
  createBatcher<AcceptedRequest, string | DomainError>({
    maxItems: 256,
    maxInFlight: 1,
    maxQueued: 4_000,
    maxWaitMs: 2_000,
    async process(batch) {
      const kept = await db.transaction(async (tx) => {
        const inserted = new Set((await insertRequests(tx, batch)).map((row) => row.order_id))
        const repeated = batch.filter((request) => !inserted.has(request.orderId))
        if (repeated.length === 0) return new Map<string, RequestRow>()
        const rows = await findRequestsByKey(
          tx,
          repeated.map((request) => request.customerId),
          repeated.map((request) => request.key),
        )
        return new Map(rows.map((row) => [`${row.customer_id} ${row.key}`, row]))
      })
      onAccepted()
      return batch.map((request) => {
        const first = kept.get(`${request.customerId} ${request.key}`)
        if (first === undefined) return request.orderId
        return first.body_hash === request.bodyHash ? first.order_id : keyMismatch()
      })
    },
  })

/**
 * Place the accepted orders that wait, most urgent first. Their rows stay locked meanwhile: if this process dies the next
 * one finds them as they were, and the keys make placing them again harmless.
 * @returns how many were finished; the rest waits for a quieter moment.
 */
export async function placeAccepted(
  deps: { db: Database; placer: Placer; clock: () => Date },
  limit = 256,
): Promise<number> {
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
