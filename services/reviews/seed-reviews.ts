import { ratingChanged } from '@souk/contracts'
import { newEvent } from '@souk/events'
import { bucketInId, type Database, uuidv7 } from '@souk/postgres'
import { ratingPayload, type ReviewDeps } from './announce-rating.ts'
import { learnPurchases } from './purchases.sql.ts'
import { addStars } from './ratings.sql.ts'
import { noStars, type Review, starsChanged, type Stars, type Words } from './review.ts'
import { insertSeeded, reviewed } from './seed.sql.ts'

export type SeedReview = Words & {
  productId: string
  shopId: string
  customerId: string
  /** Of the order that is said to have brought it. */
  orderId: string
  writtenAt: Date
  answer?: string
  /** Left to the moderators. */
  pending?: boolean
}

/**
 * Reviews for a demo, in bulk, by people who are taken to have got the goods. Those there are stay: seeding twice adds
 * nothing. Resolves to how many were added.
 */
export async function seedReviews(
  { db, outbox, clock }: ReviewDeps & { db: Database },
  given: readonly SeedReview[],
  moderatorId: string,
): Promise<number> {
  return db.transaction(async (tx) => {
    const known = new Set((await reviewed(tx, given)).map(({ productId, customerId }) => `${productId} ${customerId}`))
    const fresh = given.filter(({ productId, customerId }) => !known.has(`${productId} ${customerId}`))
    if (fresh.length === 0) return 0
    await learnPurchases(
      tx,
      fresh.map((each) => ({ ...each, deliveredAt: each.writtenAt })),
    )
    const reviews = fresh.map(reviewOf)
    await insertSeeded(tx, reviews, moderatorId)
    const now = clock()
    const events = []
    for (const [productId, ofProduct] of Map.groupBy(reviews, (review) => review.productId)) {
      const stars = ofProduct.reduce<Stars>((sum, review) => plus(sum, starsChanged(undefined, review)), noStars)
      const [first] = ofProduct
      if (first === undefined || stars.every((each) => each === 0)) continue
      const rating = await addStars(tx, productId, first.shopId, stars, now)
      events.push(
        newEvent(ratingChanged, ratingPayload(rating), { occurredAtMs: now.getTime(), correlationId: 'souk-seed' }),
      )
    }
    await outbox.append(tx, events)
    return fresh.length
  })
}

const plus = (one: Stars, other: Stars | undefined): Stars =>
  one.map((each, index) => each + (other?.[index] ?? 0)) as unknown as Stars

const reviewOf = ({ writtenAt, answer, pending, ...given }: SeedReview): Review => ({
  ...given,
  reviewId: uuidv7(writtenAt.getTime(), bucketInId(given.productId)),
  version: pending ? 1 : 2,
  state: pending ? 'pending' : 'published',
  reason: null,
  answer: pending ? null : (answer ?? null),
  answeredAt: pending || answer === undefined ? null : writtenAt,
  helpful: 0,
  openReports: 0,
  createdAt: writtenAt,
  submittedAt: writtenAt,
  decidedAt: pending ? null : writtenAt,
})
