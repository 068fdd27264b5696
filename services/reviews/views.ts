import { Type } from 'typebox'
import type { Purchase } from './purchases.sql.ts'
import type { Rating } from './ratings.sql.ts'
import { countOf, noStars, type Review, reviewStates, signsOf, tenthsOf } from './review.ts'
import type { HistoryEntry, Report } from './reviews.sql.ts'

export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Array>[0]>(schema: T) => Type.Union([schema, Type.Null()])

/** One line of text: no control characters, no halves of characters (PostgreSQL can keep neither). */
export const line = (minLength: number, maxLength: number, description?: string) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    ...(description && { description }),
  })
/** The same with line breaks and tabs. */
export const prose = (minLength: number, maxLength: number) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\ud800-\\udfff]*$',
  })
export const Stars = Type.Integer({ minimum: 1, maximum: 5 })

export const WordsBody = Type.Object(
  {
    rating: Stars,
    title: Type.Optional(line(0, 120)),
    text: prose(1, 5_000),
    authorName: Type.Optional(line(0, 60, 'As you want to be called, in public. Left out: nobody is named.')),
  },
  closed,
)

const shown = {
  id: Id,
  productId: Id,
  shopId: Id,
  version: Type.Integer(),
  rating: Stars,
  title: Type.String(),
  text: Type.String({ description: 'Plain text: escape it where it is shown.' }),
  authorName: Type.String({ description: 'May be empty.' }),
  state: Type.Enum(reviewStates),
  answer: orNull(Type.Object({ text: Type.String(), answeredAt: Time }, closed)),
  helpfulCount: Type.Integer(),
  createdAt: Time,
  writtenAt: Type.String({ format: 'date-time', description: 'When these words were written: later after an edit.' }),
}
export const ReviewView = Type.Object(shown, closed)
export const OwnReviewView = Type.Object(
  { ...shown, reason: orNull(Type.String({ description: 'Why it was refused.' })) },
  closed,
)
export const ModeratedReviewView = Type.Object(
  {
    ...shown,
    reason: orNull(Type.String()),
    customerId: Id,
    orderId: Id,
    decidedAt: orNull(Time),
    signs: Type.Array(Type.Enum(['link', 'contact', 'shouting', 'markup'] as const), {
      description: 'What to look at twice.',
    }),
    openReportCount: Type.Integer(),
    openReports: Type.Array(Type.Object({ reason: Type.String(), note: Type.String(), reportedAt: Time }, closed), {
      description: '20 at most, the oldest first.',
    }),
  },
  closed,
)
export const HistoryView = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        { version: Type.Integer(), what: Type.String(), reason: Type.String(), byAccountId: Id, at: Time },
        closed,
      ),
    ),
  },
  closed,
)

export const RatingView = Type.Object(
  {
    productId: Id,
    ratingTenths: Type.Integer({ description: 'The average in tenths: 43 is 4.3 of 5. 0 while there is no review.' }),
    count: Type.Integer(),
    stars: Type.Array(Type.Integer(), {
      minItems: 5,
      maxItems: 5,
      description: 'Reviews with 1, 2, 3, 4 and 5 stars.',
    }),
  },
  closed,
)
export const PurchaseView = Type.Object({ productId: Id, shopId: Id, orderId: Id, deliveredAt: Time }, closed)

export const listOf = <T extends Parameters<typeof Type.Array>[0]>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, closed)
export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
}

export const reviewView = (review: Review) => ({
  id: review.reviewId,
  productId: review.productId,
  shopId: review.shopId,
  version: review.version,
  rating: review.rating,
  title: review.title,
  text: review.text,
  authorName: review.author,
  state: review.state,
  answer:
    review.answer === null || review.answeredAt === null
      ? null
      : { text: review.answer, answeredAt: review.answeredAt.toISOString() },
  helpfulCount: review.helpful,
  createdAt: review.createdAt.toISOString(),
  writtenAt: review.submittedAt.toISOString(),
})

export const ownView = (review: Review) => ({ ...reviewView(review), reason: review.reason })

export const moderatedView = (review: Review, reports: readonly Report[]) => ({
  ...ownView(review),
  customerId: review.customerId,
  orderId: review.orderId,
  decidedAt: review.decidedAt?.toISOString() ?? null,
  signs: signsOf(review),
  openReportCount: review.openReports,
  openReports: reports
    .filter(({ reviewId }) => reviewId === review.reviewId)
    .map(({ reason, note, reportedAt }) => ({ reason, note, reportedAt: reportedAt.toISOString() })),
})

export const ratingView = (productId: string, rating: Rating | undefined) => {
  const stars = rating?.stars ?? noStars
  return { productId, ratingTenths: tenthsOf(stars), count: countOf(stars), stars: [...stars] }
}

export const historyView = ({ version, what, reason, by, at }: HistoryEntry) => ({
  version,
  what,
  reason,
  byAccountId: by,
  at: at.toISOString(),
})

export const purchaseView = ({ productId, shopId, orderId, deliveredAt }: Purchase) => ({
  productId,
  shopId,
  orderId,
  deliveredAt: deliveredAt.toISOString(),
})
