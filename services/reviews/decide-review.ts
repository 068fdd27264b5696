import type { Tx } from '@souk/postgres'
import { followRating, type ReviewDeps } from './announce-rating.ts'
import { reviewErrors } from './errors.ts'
import { type Review, reviewMoves, tidy, tidyLine } from './review.ts'
import { lockReview, setAnswer, settle } from './reviews.sql.ts'
import { assertVersion, type By, note, reviewNotFound } from './write-review.ts'

export type Decision = { approve: true } | { approve: false; reason: string }

/**
 * A moderator's decision about the words that were read: `ifVersion` sees to it that they are still the same. All reports
 * are dealt with by it. @throws review-not-found, version-mismatch
 */
export async function decideReview(
  deps: ReviewDeps,
  tx: Tx,
  reviewId: string,
  ifVersion: number,
  decision: Decision,
  by: By,
): Promise<Review> {
  const before = await lockReview(tx, reviewId)
  if (before === undefined) throw reviewNotFound()
  assertVersion(before, ifVersion)
  const state = reviewMoves[before.state][decision.approve ? 'approve' : 'refuse']
  const reason = decision.approve ? null : tidyLine(decision.reason)
  if (reason === '') throw reviewErrors.error('review-empty', 'Say why: the author reads it.')
  const after = await settle(tx, reviewId, state, reason, deps.clock())
  await note(deps, tx, after, decision.approve ? 'approved' : 'refused', by, reason ?? '')
  await followRating(deps, tx, before, after, by.correlationId)
  return after
}

/**
 * What the shop says to a review, in public below it; null takes it back.
 * @param mayAnswer whether the caller works for this shop. @throws review-not-found, review-empty
 */
export async function answerReview(
  deps: ReviewDeps,
  tx: Tx,
  reviewId: string,
  answer: string | null,
  mayAnswer: (shopId: string) => boolean,
  by: By,
): Promise<Review> {
  const before = await lockReview(tx, reviewId)
  if (before === undefined || !mayAnswer(before.shopId)) throw reviewNotFound()
  const text = answer === null ? null : tidy(answer)
  if (text === '') throw reviewErrors.error('review-empty', 'Write some words of answer.')
  if (text === before.answer) return before
  const after = await setAnswer(tx, reviewId, text, text === null ? null : deps.clock())
  await note(deps, tx, after, text === null ? 'answer-removed' : 'answered', by)
  return after
}
