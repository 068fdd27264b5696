import type { Tx } from '@souk/postgres'
import type { ReviewDeps } from './announce-rating.ts'
import { reviewErrors } from './errors.ts'
import { type Review, tidy } from './review.ts'
import { addHelpful, insertReport, lockReview, unvote, vote } from './reviews.sql.ts'
import { reviewNotFound } from './write-review.ts'

/** A published review of somebody else, under lock. @throws review-not-found, review-own-vote */
async function lockOthers(tx: Tx, reviewId: string, accountId: string): Promise<Review> {
  const review = await lockReview(tx, reviewId)
  if (review === undefined || (review.state !== 'published' && review.customerId !== accountId)) throw reviewNotFound()
  if (review.customerId === accountId) throw reviewErrors.error('review-own-vote', 'This review is yours.')
  return review
}

/** One vote each; voting twice, or taking back what was not given, changes nothing. */
export async function judgeHelpful(
  { clock }: Pick<ReviewDeps, 'clock'>,
  tx: Tx,
  reviewId: string,
  accountId: string,
  helpful: boolean,
): Promise<void> {
  await lockOthers(tx, reviewId, accountId)
  const changed = helpful ? await vote(tx, reviewId, accountId, clock()) : await unvote(tx, reviewId, accountId)
  if (changed) await addHelpful(tx, reviewId, helpful ? 1 : -1)
}

/** Hides nothing: a moderator looks at it. */
export async function reportReview(
  { clock }: Pick<ReviewDeps, 'clock'>,
  tx: Tx,
  reviewId: string,
  accountId: string,
  report: { reason: string; note: string },
): Promise<void> {
  await lockOthers(tx, reviewId, accountId)
  const { reason, note } = report
  await insertReport(tx, { reviewId, customerId: accountId, reason, note: tidy(note), reportedAt: clock() })
}
