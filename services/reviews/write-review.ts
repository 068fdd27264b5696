import { httpErrors } from '@souk/http'
import { bucketInId, type Tx, uuidv7 } from '@souk/postgres'
import { followRating, type ReviewDeps } from './announce-rating.ts'
import { reviewErrors } from './errors.ts'
import { findPurchase } from './purchases.sql.ts'
import { type Review, reviewMoves, tidy, tidyLine, type Words } from './review.ts'
import {
  deleteReview,
  type HistoryWhat,
  insertHistory,
  insertReview,
  lockReview,
  reviewBy,
  rewrite,
} from './reviews.sql.ts'

/** Who does it, and by which request. */
export type By = { accountId: string; correlationId: string }

export const reviewNotFound = () => reviewErrors.error('review-not-found', 'There is no review with this id for you.')

export const note = (deps: ReviewDeps, tx: Tx, review: Review, what: HistoryWhat, by: By, reason = '') =>
  insertHistory(tx, {
    reviewId: review.reviewId,
    version: review.version,
    what,
    reason,
    by: by.accountId,
    at: deps.clock(),
  })

/** @throws review-empty */
function tidied(words: Words): Words {
  const text = tidy(words.text)
  if (text === '') throw reviewErrors.error('review-empty', 'Write some words about the product.')
  return { rating: words.rating, text, title: tidyLine(words.title), author: tidyLine(words.author) }
}

/** @throws version-mismatch */
export function assertVersion(review: Review, ifVersion: number): void {
  if (review.version !== ifVersion)
    throw httpErrors.error('version-mismatch', `The review has version ${review.version} by now.`, {
      version: review.version,
    })
}

/** A buyer's review; it waits for a moderator. @throws review-not-a-buyer, review-exists, review-empty */
export async function writeReview(deps: ReviewDeps, tx: Tx, productId: string, words: Words, by: By): Promise<Review> {
  const { accountId: customerId } = by
  const purchase = await findPurchase(tx, customerId, productId)
  if (purchase === undefined)
    throw reviewErrors.error('review-not-a-buyer', 'No order of yours with this product has been delivered yet.')
  const now = deps.clock()
  const review: Review = {
    ...tidied(words),
    reviewId: uuidv7(now.getTime(), bucketInId(productId)),
    productId,
    shopId: purchase.shopId,
    customerId,
    orderId: purchase.orderId,
    version: 1,
    state: 'pending',
    reason: null,
    answer: null,
    answeredAt: null,
    helpful: 0,
    openReports: 0,
    createdAt: now,
    submittedAt: now,
    decidedAt: null,
  }
  const known = await reviewBy(tx, productId, customerId)
  if (known !== undefined) throw exists(known.reviewId)
  await insertReview(tx, review)
  await note(deps, tx, review, 'written', by)
  return review
}

export const exists = (reviewId: string | undefined) =>
  reviewErrors.error('review-exists', 'You have written a review of this product: edit that one.', {
    ...(reviewId !== undefined && { reviewId }),
  })

/** The author's own under lock; others' are as if there were none. */
async function lockOwn(tx: Tx, reviewId: string, by: By): Promise<Review> {
  const review = await lockReview(tx, reviewId)
  if (review === undefined || review.customerId !== by.accountId) throw reviewNotFound()
  return review
}

/** Other words: hidden again until a moderator has seen them. @throws review-not-found, version-mismatch, review-empty */
export async function editReview(
  deps: ReviewDeps,
  tx: Tx,
  reviewId: string,
  ifVersion: number,
  words: Words,
  by: By,
): Promise<Review> {
  const before = await lockOwn(tx, reviewId, by)
  assertVersion(before, ifVersion)
  const after = await rewrite(tx, reviewId, tidied(words), reviewMoves[before.state].edit, deps.clock())
  await note(deps, tx, after, 'edited', by)
  await followRating(deps, tx, before, after, by.correlationId)
  return after
}

/** The author takes it back. Another can be written. @throws review-not-found */
export async function removeReview(deps: ReviewDeps, tx: Tx, reviewId: string, by: By): Promise<void> {
  const before = await lockOwn(tx, reviewId, by)
  await deleteReview(tx, reviewId)
  await note(deps, tx, { ...before, version: before.version + 1 }, 'removed', by)
  await followRating(deps, tx, before, undefined, by.correlationId)
}
