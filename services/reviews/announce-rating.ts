import { ratingChanged } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { addStars, type Rating } from './ratings.sql.ts'
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
  const about = { occurredAtMs: now.getTime(), correlationId }
  await deps.outbox.append(tx, [newEvent(ratingChanged, ratingPayload(rating), about)])
}

export const ratingPayload = ({ productId, shopId, version, stars, changedAt }: Rating) => ({
  productId,
  shopId,
  version: BigInt(version),
  ratingTenths: tenthsOf(stars),
  count: countOf(stars),
  changedAtMs: BigInt(changedAt.getTime()),
})
