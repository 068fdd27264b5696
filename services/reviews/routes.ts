import { created, cursorOf, etag, noContent, ok, pageOf, readCursor, type Route, route, versionFrom } from '@souk/http'
import { violates } from '@souk/postgres'
import { Type } from 'typebox'
import { byOf, ProductParams, ReviewParams, type RouteDeps, tag, wordsOf } from './edge.ts'
import { judgeHelpful, reportReview } from './judge-review.ts'
import { findPurchase, unreviewed } from './purchases.sql.ts'
import { ratingsOf } from './ratings.sql.ts'
import {
  findReview,
  listOfCustomer,
  listPublished,
  rankOf,
  reviewBy,
  type Sort,
  sorts,
  votedFor,
} from './reviews.sql.ts'
import {
  closed,
  Id,
  line,
  listOf,
  OwnReviewView,
  ownView,
  paging,
  PurchaseView,
  purchaseView,
  RatingView,
  ratingView,
  ReviewView,
  reviewView,
  Stars,
  WordsBody,
} from './views.ts'
import { editReview, exists, removeReview, reviewNotFound, writeReview } from './write-review.ts'

const reportReasons = ['spam', 'offensive', 'personal-data', 'not-about-product', 'other'] as const
// What changes seldom may be a few seconds old at whoever asks often.
const brief = { 'cache-control': 'public, max-age=10, stale-while-revalidate=60' }

/** What readers and buyers do. */
export const reviewRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/products/:productId/reviews',
    operationId: 'listProductReviews',
    summary: 'Published reviews of a product',
    tag,
    access: 'public',
    params: ProductParams,
    query: Type.Object(
      {
        ...paging,
        sort: Type.Optional(Type.Enum(sorts, { description: 'Left out: newest.' })),
        rating: Type.Optional(Stars),
      },
      closed,
    ),
    answers: { 200: listOf(ReviewView) },
    async handle({ params, query }) {
      const sort: Sort = query.sort ?? 'newest'
      const list = `reviews-${sort}`
      const place = readCursor(list, query.cursor, 'integer', 'id')
      // Beyond what the column holds there is nothing.
      const after = place && { rank: Math.max(-1, Math.min(place[0], 2_147_483_647)), reviewId: place[1] }
      const { rating = null, limit } = query
      const rows = await listPublished(deps.db.autocommit, params.productId, sort, rating, after, limit + 1)
      const page = pageOf(rows, limit, reviewView, (last) => cursorOf(list, rankOf(sort, last), last.reviewId))
      return ok(page, brief)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/products/:productId/rating',
    operationId: 'getProductRating',
    summary: 'How a product is rated',
    tag,
    access: 'public',
    params: ProductParams,
    answers: { 200: RatingView },
    async handle({ params: { productId } }) {
      const [rating] = await ratingsOf(deps.db.autocommit, [productId])
      return ok(ratingView(productId, rating), brief)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/ratings',
    operationId: 'listRatings',
    summary: 'How many products are rated at once',
    tag,
    access: 'public',
    query: Type.Object({ productIds: Type.Array(Id, { minItems: 1, maxItems: 100 }) }, closed),
    answers: { 200: Type.Object({ items: Type.Array(RatingView) }, closed) },
    async handle({ query }) {
      const known = new Map(
        (await ratingsOf(deps.db.autocommit, query.productIds)).map((each) => [each.productId, each]),
      )
      return ok({ items: query.productIds.map((productId) => ratingView(productId, known.get(productId))) }, brief)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/products/:productId/reviews/mine',
    operationId: 'getMyReviewOf',
    summary: 'Your review of a product, and whether you may write one',
    tag,
    access: 'signed-in',
    params: ProductParams,
    answers: {
      200: Type.Object(
        {
          review: Type.Union([OwnReviewView, Type.Null()]),
          mayReview: Type.Boolean({ description: 'The product was delivered to you, and you have not reviewed it.' }),
          helpfulReviewIds: Type.Array(Id, { description: 'Reviews of it you found helpful.' }),
        },
        closed,
      ),
    },
    async handle({ params: { productId }, me: { accountId } }) {
      const tx = deps.db.autocommit
      const review = await reviewBy(tx, productId, accountId)
      const mayReview = review === undefined && (await findPurchase(tx, accountId, productId)) !== undefined
      const helpfulReviewIds = await votedFor(tx, productId, accountId)
      return ok({ review: review === undefined ? null : ownView(review), mayReview, helpfulReviewIds })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/products/:productId/reviews',
    operationId: 'writeReview',
    summary: 'Review a product that was delivered to you',
    description: 'One per customer and product. It is shown when a moderator has approved it.',
    tag,
    access: 'signed-in',
    params: ProductParams,
    body: WordsBody,
    answers: { 201: OwnReviewView },
    errors: ['review-not-a-buyer', 'review-exists', 'review-empty'],
    async handle(request) {
      try {
        const answer = await request.once(deps.db, async (tx) => {
          const { productId } = request.params
          const review = await writeReview(deps, tx, productId, wordsOf(request.body), byOf(request))
          const location = `/v1/reviews/${review.reviewId}`
          return created(ownView(review), { ...etag(review.version), location })
        })
        deps.count('written')
        return answer
      } catch (error) {
        // Sent twice at once, under two keys.
        if (violates(error, 'reviews_one_each')) throw exists(undefined)
        throw error
      }
    },
  }),
  route({
    method: 'GET',
    url: '/v1/reviews/mine',
    operationId: 'listMyReviews',
    summary: 'What you have written',
    tag,
    access: 'signed-in',
    query: Type.Object(paging, closed),
    answers: { 200: listOf(OwnReviewView) },
    async handle({ query, me }) {
      const place = readCursor('my-reviews', query.cursor, 'id')
      const rows = await listOfCustomer(deps.db.autocommit, me.accountId, place?.[0], query.limit + 1)
      return ok(pageOf(rows, query.limit, ownView, (last) => cursorOf('my-reviews', last.reviewId)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/reviews/to-write',
    operationId: 'listProductsToReview',
    summary: 'What you got and have not reviewed',
    tag,
    access: 'signed-in',
    query: Type.Object(paging, closed),
    answers: { 200: listOf(PurchaseView) },
    async handle({ query, me }) {
      const place = readCursor('to-review', query.cursor, 'id')
      const rows = await unreviewed(deps.db.autocommit, me.accountId, place?.[0], query.limit + 1)
      return ok(pageOf(rows, query.limit, purchaseView, (last) => cursorOf('to-review', last.productId)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/reviews/:reviewId',
    operationId: 'getReview',
    summary: 'Get a review',
    description: 'Published ones for everybody; others for their author, and for operators.',
    tag,
    access: 'public',
    params: ReviewParams,
    answers: { 200: OwnReviewView },
    errors: ['review-not-found'],
    async handle({ params, principal }) {
      const review = await findReview(deps.db.autocommit, params.reviewId)
      const sees =
        principal !== undefined && (principal.accountId === review?.customerId || principal.permissions.has('operator'))
      if (review === undefined || !(sees || review.state === 'published')) throw reviewNotFound()
      return ok(sees ? ownView(review) : { ...reviewView(review), reason: null }, etag(review.version))
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/reviews/:reviewId',
    operationId: 'editReview',
    summary: 'Write your review anew',
    description:
      'It goes back to the moderators, and is hidden until they have approved it. Send its ETag as If-Match.',
    tag,
    access: 'signed-in',
    params: ReviewParams,
    body: WordsBody,
    answers: { 200: OwnReviewView },
    errors: ['review-not-found', 'review-empty', 'version-mismatch', 'precondition-required'],
    async handle(request) {
      const ifVersion = versionFrom(request.headers['if-match'])
      return request.once(deps.db, async (tx) => {
        const { reviewId } = request.params
        const review = await editReview(deps, tx, reviewId, ifVersion, wordsOf(request.body), byOf(request))
        return ok(ownView(review), etag(review.version))
      })
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/reviews/:reviewId',
    operationId: 'removeReview',
    summary: 'Take your review back',
    tag,
    access: 'signed-in',
    params: ReviewParams,
    answers: { 204: Type.Null() },
    errors: ['review-not-found'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        await removeReview(deps, tx, request.params.reviewId, byOf(request))
        return noContent
      }),
  }),
  ...(['PUT', 'DELETE'] as const).map((method) =>
    route({
      method,
      url: '/v1/reviews/:reviewId/helpful',
      operationId: method === 'PUT' ? 'voteReviewHelpful' : 'takeBackHelpful',
      summary: method === 'PUT' ? 'Say that a review helped you' : 'Take that back',
      description: 'One vote each; saying it twice changes nothing.',
      tag,
      access: 'signed-in',
      params: ReviewParams,
      answers: { 204: Type.Null() },
      errors: ['review-not-found', 'review-own-vote'],
      handle: (request) =>
        request.once(deps.db, async (tx) => {
          await judgeHelpful(deps, tx, request.params.reviewId, request.me.accountId, method === 'PUT')
          return noContent
        }),
    }),
  ),
  route({
    method: 'POST',
    url: '/v1/reviews/:reviewId/reports',
    operationId: 'reportReview',
    summary: 'Tell the moderators about a review',
    tag,
    access: 'signed-in',
    params: ReviewParams,
    body: Type.Object({ reason: Type.Enum(reportReasons), note: Type.Optional(line(0, 1_000)) }, closed),
    answers: { 204: Type.Null() },
    errors: ['review-not-found', 'review-own-vote'],
    async handle(request) {
      const answer = await request.once(deps.db, async (tx) => {
        const { reason, note = '' } = request.body
        await reportReview(deps, tx, request.params.reviewId, request.me.accountId, { reason, note })
        return noContent
      })
      deps.count('reported')
      return answer
    },
  }),
]
