import type { Database } from '@souk/postgres'
import type { ReviewDeps } from './announce-rating.ts'
import { answerReview, decideReview } from './decide-review.ts'
import { learnPurchases } from './purchases.sql.ts'
import type { Words } from './review.ts'
import { reviewBy } from './reviews.sql.ts'
import { writeReview } from './write-review.ts'

export type DemoReview = Words & {
  productId: string
  shopId: string
  customerId: string
  /** Of the order that is said to have brought it. */
  orderId: string
  answer?: string
  /** Left to the moderators. */
  pending?: boolean
}

/** Reviews of a demo, by people who are taken to have got the goods. Those there are stay. Resolves to how many were added. */
export async function seedReviews(
  deps: ReviewDeps & { db: Database },
  demo: readonly DemoReview[],
  moderatorId: string,
): Promise<number> {
  const correlationId = 'souk-seed'
  let added = 0
  for (const { answer, pending, productId, shopId, customerId, orderId, ...words } of demo)
    await deps.db.transaction(async (tx) => {
      if ((await reviewBy(tx, productId, customerId)) !== undefined) return
      await learnPurchases(tx, [{ customerId, productId, shopId, orderId, deliveredAt: deps.clock() }])
      const review = await writeReview(deps, tx, productId, words, { accountId: customerId, correlationId })
      const by = { accountId: moderatorId, correlationId }
      added += 1
      if (pending) return
      await decideReview(deps, tx, review.reviewId, review.version, { approve: true }, by)
      if (answer !== undefined) await answerReview(deps, tx, review.reviewId, answer, () => true, by)
    })
  return added
}
