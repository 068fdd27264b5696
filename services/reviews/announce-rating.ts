import { ratingChanged } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { addStars } from './ratings.sql.ts'
import { countOf, type Review, starsChanged, tenthsOf } from './review.ts'

export type ReviewDeps = { outbox: Outbox; clock: () => Date }

/** After a change of one review whose row is locked: its product's rating follows, and is announced, in the same transaction. */
export async function followRating(
  deps: ReviewDeps,
  tx: Tx,
  before: Review | undefined,
  after: Review | undefined,
  correlationId: string,
): Promise<void> {
  const change = starsChanged(before, after)
  const { productId, shopId } = (after ?? before) as Review
  if (change === undefined) return
  const now = deps.clock()
  const rating = await addStars(tx, productId, shopId, change, now)
  const payload = {
    productId,
    shopId: rating.shopId,
    version: BigInt(rating.version),
    ratingTenths: tenthsOf(rating.stars),
    count: countOf(rating.stars),
    changedAtMs: BigInt(now.getTime()),
  }
  await deps.outbox.append(tx, [newEvent(ratingChanged, payload, { occurredAtMs: now.getTime(), correlationId })])
}
