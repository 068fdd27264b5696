import { cursorOf, etag, ok, pageOf, readCursor, type Route, route, versionFrom } from '@souk/http'
import { Type } from 'typebox'
import { answerReview, decideReview, type Decision } from './decide-review.ts'
import { byOf, mayAnswerFor, ReviewParams, type RouteDeps, tag } from './edge.ts'
import { type Review, reviewStates } from './review.ts'
import { findReview, historyOf, listOfShop, listQueue, listReported, openReports } from './reviews.sql.ts'
import {
  closed,
  HistoryView,
  historyView,
  Id,
  line,
  listOf,
  ModeratedReviewView,
  moderatedView,
  paging,
  prose,
  ReviewView,
  reviewView,
  Stars,
} from './views.ts'
import { reviewNotFound } from './write-review.ts'

const operator = { permission: 'operator' } as const
const duty = { duty: 'orders' } as const

/** What moderators decide, and what shops say to reviews of their goods. */
export function moderationRoutes(deps: RouteDeps): Route[] {
  const withReports = async (reviews: readonly Review[]) => {
    const reports = await openReports(
      deps.db.autocommit,
      reviews.flatMap(({ reviewId, openReports: open }) => (open > 0 ? [reviewId] : [])),
    )
    return (review: Review) => moderatedView(review, reports)
  }
  const decision = <Body>(
    action: 'approve' | 'refuse',
    about: { summary: string; description: string },
    body: { body?: ReturnType<typeof Type.Object> },
    read: (body: Body) => Decision,
  ) =>
    route({
      method: 'POST',
      url: `/v1/reviews/:reviewId/${action}`,
      operationId: `${action}Review`,
      ...about,
      tag,
      access: operator,
      params: ReviewParams,
      ...body,
      answers: { 200: ModeratedReviewView },
      errors: ['review-not-found', 'review-empty', 'version-mismatch', 'precondition-required'],
      async handle(request) {
        const ifVersion = versionFrom(request.headers['if-match'])
        const answer = await request.once(deps.db, async (tx) => {
          const { reviewId } = request.params as { reviewId: string }
          const review = await decideReview(deps, tx, reviewId, ifVersion, read(request.body as Body), byOf(request))
          return ok(moderatedView(review, []), etag(review.version))
        })
        deps.count(action === 'approve' ? 'approved' : 'refused')
        return answer
      },
    })

  return [
    route({
      method: 'GET',
      url: '/v1/reviews',
      operationId: 'listReviewsToModerate',
      summary: 'Reviews by state, or those that were reported',
      description: 'Who has waited longest comes first.',
      tag,
      access: operator,
      query: Type.Object(
        {
          ...paging,
          state: Type.Optional(Type.Enum(reviewStates, { description: 'Left out: pending.' })),
          reported: Type.Optional(Type.Boolean({ description: 'Those with open reports, whatever their state.' })),
          shopId: Type.Optional(Id),
        },
        closed,
      ),
      answers: { 200: listOf(ModeratedReviewView) },
      async handle({ query }) {
        const { state = 'pending', reported = false, shopId = null, limit } = query
        const list = reported ? 'reported-reviews' : `${state}-reviews`
        const place = readCursor(list, query.cursor, 'instant', 'id')
        const after = place && { at: new Date(place[0]), reviewId: place[1] }
        const tx = deps.db.autocommit
        const rows = reported
          ? await listReported(tx, { shopId, after }, limit + 1)
          : await listQueue(tx, { state, shopId, after }, limit + 1)
        const view = await withReports(rows.slice(0, limit))
        return ok(pageOf(rows, limit, view, (last) => cursorOf(list, last.submittedAt.getTime(), last.reviewId)))
      },
    }),
    decision<unknown>(
      'approve',
      {
        summary: 'Publish a review',
        description: 'Also: let one stay that was reported. Send the ETag of the words you read as If-Match.',
      },
      {},
      () => ({ approve: true }),
    ),
    decision<{ reason: string }>(
      'refuse',
      {
        summary: 'Refuse a review, or take one down',
        description: 'Its author reads the reason and may write anew. Send the ETag of the words you read as If-Match.',
      },
      { body: Type.Object({ reason: line(1, 1_000) }, closed) },
      ({ reason }) => ({ approve: false, reason }),
    ),
    route({
      method: 'GET',
      url: '/v1/reviews/:reviewId/history',
      operationId: 'getReviewHistory',
      summary: 'What became of a review',
      tag,
      access: operator,
      params: ReviewParams,
      answers: { 200: HistoryView },
      errors: ['review-not-found'],
      async handle({ params }) {
        const entries = await historyOf(deps.db.autocommit, params.reviewId)
        if (entries.length === 0) throw reviewNotFound()
        return ok({ items: entries.map(historyView) })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/reviews',
      operationId: 'listShopReviews',
      summary: 'Published reviews of a shop’s products, for its staff',
      tag,
      access: duty,
      params: Type.Object({ shopId: Id }, closed),
      query: Type.Object(
        { ...paging, unanswered: Type.Optional(Type.Boolean()), rating: Type.Optional(Stars) },
        closed,
      ),
      answers: { 200: listOf(ReviewView) },
      errors: ['review-not-found'],
      async handle(request) {
        const { shopId } = request.params
        if (!mayAnswerFor(request)(shopId)) throw reviewNotFound()
        const { unanswered = false, rating = null, limit, cursor } = request.query
        const place = readCursor('shop-reviews', cursor, 'id')
        const rows = await listOfShop(deps.db.autocommit, shopId, { unanswered, rating }, place?.[0], limit + 1)
        return ok(pageOf(rows, limit, reviewView, (last) => cursorOf('shop-reviews', last.reviewId)))
      },
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        url: '/v1/reviews/:reviewId/answer',
        operationId: method === 'PUT' ? 'answerReview' : 'removeReviewAnswer',
        summary: method === 'PUT' ? 'Answer a review in public, for the shop' : 'Take the answer back',
        tag,
        access: duty,
        params: ReviewParams,
        ...(method === 'PUT' && { body: Type.Object({ text: prose(1, 2_000) }, closed) }),
        answers: { 200: ReviewView },
        errors: method === 'PUT' ? ['review-not-found', 'review-empty'] : ['review-not-found'],
        handle: (request) =>
          request.once(deps.db, async (tx) => {
            const { reviewId } = request.params
            const seen = await findReview(tx, reviewId)
            // What is not published is between its author and the moderators.
            if (seen?.state !== 'published') throw reviewNotFound()
            const text = method === 'PUT' ? (request.body as { text: string }).text : null
            const review = await answerReview(deps, tx, reviewId, text, mayAnswerFor(request), byOf(request))
            return ok(reviewView(review), etag(review.version))
          }),
      }),
    ),
  ]
}
