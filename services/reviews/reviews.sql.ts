import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { Review, ReviewState, Words } from './review.ts'

const columns = sql`
  r.review_id as "reviewId", r.product_id as "productId", r.shop_id as "shopId", r.customer_id as "customerId",
  r.order_id as "orderId", r.version, r.rating, r.title, r.body as text, r.author, r.state, r.reason, r.answer,
  r.answered_at as "answeredAt", r.helpful, r.open_reports as "openReports", r.created_at as "createdAt",
  r.submitted_at as "submittedAt", r.decided_at as "decidedAt"`

/** @throws a violation of reviews_one_each */
export const insertReview = (tx: Tx, review: Review) =>
  tx.run(sql`
    insert into reviews (review_id, product_id, shop_id, customer_id, order_id, rating, title, body, author, created_at,
      submitted_at)
    values (${review.reviewId}, ${review.productId}, ${review.shopId}, ${review.customerId}, ${review.orderId},
      ${review.rating}, ${review.title}, ${review.text}, ${review.author}, ${review.createdAt}, ${review.submittedAt})`)

export const findReview = (tx: Tx, reviewId: string) =>
  tx.maybeOne<Review>(sql`select ${columns} from reviews r where r.review_id = ${reviewId}`)

export const lockReview = (tx: Tx, reviewId: string) =>
  tx.maybeOne<Review>(sql`select ${columns} from reviews r where r.review_id = ${reviewId} for update`)

export const reviewBy = (tx: Tx, productId: string, customerId: string) =>
  tx.maybeOne<Review>(
    sql`select ${columns} from reviews r where r.product_id = ${productId} and r.customer_id = ${customerId}`,
  )

/** Their accounts were closed: nobody stands beside what they wrote any more. */
export const forgetAuthors = (tx: Tx, customerIds: readonly string[]) =>
  tx.run(
    sql`update reviews set author = '' where customer_id = any(${uuidArray(customerIds)}::uuid[]) and author <> ''`,
  )

/** Other words: what was found helpful was another text, so its votes go. */
export const rewrite = async (tx: Tx, reviewId: string, words: Words, state: ReviewState, at: Date) => {
  await tx.run(sql`delete from helpful_votes where review_id = ${reviewId}`)
  return tx.one<Review>(sql`
    update reviews r set rating = ${words.rating}, title = ${words.title}, body = ${words.text}, author = ${words.author},
      state = ${state}, reason = null, helpful = 0, submitted_at = ${at}, version = version + 1
    where review_id = ${reviewId} returning ${columns}`)
}

/** With a decision all that was reported is dealt with. */
export const settle = async (tx: Tx, reviewId: string, state: ReviewState, reason: string | null, at: Date) => {
  await tx.run(sql`update reports set open = false where review_id = ${reviewId} and open`)
  return tx.one<Review>(sql`
    update reviews r set state = ${state}, reason = ${reason}, decided_at = ${at}, open_reports = 0, version = version + 1
    where review_id = ${reviewId} returning ${columns}`)
}

export const setAnswer = (tx: Tx, reviewId: string, answer: string | null, at: Date | null) =>
  tx.one<Review>(sql`
    update reviews r set answer = ${answer}, answered_at = ${at}, version = version + 1
    where review_id = ${reviewId} returning ${columns}`)

export const deleteReview = (tx: Tx, reviewId: string) => tx.run(sql`delete from reviews where review_id = ${reviewId}`)

export type HistoryWhat = 'written' | 'edited' | 'approved' | 'refused' | 'answered' | 'answer-removed' | 'removed'
export type HistoryEntry = {
  reviewId: string
  version: number
  what: HistoryWhat
  reason: string
  by: string
  at: Date
}

export const insertHistory = (tx: Tx, entry: HistoryEntry) =>
  tx.run(sql`
    insert into review_history (review_id, version, what, reason, by_account, at)
    values (${entry.reviewId}, ${entry.version}, ${entry.what}, ${entry.reason}, ${entry.by}, ${entry.at})`)

/** Oldest first. A review is decided about a few times; whoever has edited it more often is shown the last hundred. */
export const historyOf = async (tx: Tx, reviewId: string) =>
  (
    await tx.many<HistoryEntry>(sql`
      select review_id as "reviewId", version, what, reason, by_account as "by", at from review_history
      where review_id = ${reviewId} order by entry_id desc limit 100`)
  ).toReversed()

export const sorts = ['newest', 'helpful', 'highest', 'lowest'] as const
export type Sort = (typeof sorts)[number]
type Place = { rank: number; reviewId: string }

/** What a list is sorted by before the id. */
export const rankOf = (sort: Sort, review: Review): number =>
  sort === 'helpful' ? review.helpful : sort === 'newest' ? 0 : review.rating

const firstId = '00000000-0000-0000-0000-000000000000'
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Published reviews of a product behind a place, each order along an index of its own. */
export const listPublished = (
  tx: Tx,
  productId: string,
  sort: Sort,
  rating: number | null,
  after: Place | undefined,
  limit: number,
) => {
  const { rank, reviewId } = after ?? { rank: sort === 'lowest' ? 0 : 2_147_483_647, reviewId: undefined }
  const down = reviewId ?? lastId
  const orders = {
    newest: sql`and r.review_id < ${down} order by r.review_id desc`,
    helpful: sql`and (r.helpful, r.review_id) < (${rank}::int, ${down}::uuid) order by r.helpful desc, r.review_id desc`,
    highest: sql`and (r.rating, r.review_id) < (${rank}::int, ${down}::uuid) order by r.rating desc, r.review_id desc`,
    lowest: sql`and (r.rating, r.review_id) > (${rank}::int, ${reviewId ?? firstId}::uuid) order by r.rating, r.review_id`,
  }
  return tx.many<Review>(sql`
    select ${columns} from reviews r
    where r.product_id = ${productId} and r.state = 'published' and (${rating}::int is null or r.rating = ${rating}::int)
      ${orders[sort]} limit ${limit}`)
}

export const listOfCustomer = (tx: Tx, customerId: string, before: string | undefined, limit: number) =>
  tx.many<Review>(sql`
    select ${columns} from reviews r where r.customer_id = ${customerId} and r.review_id < ${before ?? lastId}
    order by r.review_id desc limit ${limit}`)

export const listOfShop = (
  tx: Tx,
  shopId: string,
  filter: { unanswered: boolean; rating: number | null },
  before: string | undefined,
  limit: number,
) =>
  tx.many<Review>(sql`
    select ${columns} from reviews r
    where r.shop_id = ${shopId} and r.state = 'published' and (not ${filter.unanswered}::boolean or r.answer is null)
      and (${filter.rating}::int is null or r.rating = ${filter.rating}::int) and r.review_id < ${before ?? lastId}
    order by r.review_id desc limit ${limit}`)

export type Queue = { state: ReviewState; shopId: string | null; after: { at: Date; reviewId: string } | undefined }

/** For moderators: who has waited longest comes first. */
export const listQueue = (tx: Tx, { state, shopId, after }: Queue, limit: number) =>
  tx.many<Review>(sql`
    select ${columns} from reviews r
    where r.state = ${state} and (${shopId}::uuid is null or r.shop_id = ${shopId}::uuid)
      and (r.submitted_at, r.review_id) > (${after?.at ?? new Date(0)}, ${after?.reviewId ?? firstId}::uuid)
    order by r.submitted_at, r.review_id limit ${limit}`)

export const listReported = (tx: Tx, { shopId, after }: Omit<Queue, 'state'>, limit: number) =>
  tx.many<Review>(sql`
    select ${columns} from reviews r
    where r.open_reports > 0 and (${shopId}::uuid is null or r.shop_id = ${shopId}::uuid)
      and (r.submitted_at, r.review_id) > (${after?.at ?? new Date(0)}, ${after?.reviewId ?? firstId}::uuid)
    order by r.submitted_at, r.review_id limit ${limit}`)

/** Resolves to whether it is a new vote. */
export const vote = async (tx: Tx, reviewId: string, customerId: string, at: Date): Promise<boolean> => {
  const added = await tx.run(sql`
    insert into helpful_votes (review_id, customer_id, voted_at) values (${reviewId}, ${customerId}, ${at})
    on conflict do nothing`)
  return added === 1
}

export const unvote = async (tx: Tx, reviewId: string, customerId: string): Promise<boolean> =>
  (await tx.run(sql`delete from helpful_votes where review_id = ${reviewId} and customer_id = ${customerId}`)) === 1

export const addHelpful = (tx: Tx, reviewId: string, by: number) =>
  tx.run(sql`update reviews set helpful = helpful + ${by}::int where review_id = ${reviewId}`)

/** Of a product's reviews, those a customer voted for; the latest 200. */
export const votedFor = async (tx: Tx, productId: string, customerId: string) =>
  (
    await tx.many<{ reviewId: string }>(sql`
      select r.review_id as "reviewId" from reviews r join helpful_votes v using (review_id)
      where r.product_id = ${productId} and v.customer_id = ${customerId} order by r.review_id desc limit 200`)
  ).map(({ reviewId }) => reviewId)

export type Report = { reviewId: string; reason: string; note: string; reportedAt: Date }

/** Once per customer: whoever was heard and overruled is not heard again. */
export const insertReport = async (tx: Tx, report: Report & { customerId: string }): Promise<void> => {
  const added = await tx.run(sql`
    insert into reports (review_id, customer_id, reason, note, reported_at)
    values (${report.reviewId}, ${report.customerId}, ${report.reason}, ${report.note}, ${report.reportedAt})
    on conflict do nothing`)
  if (added === 1)
    await tx.run(sql`update reviews set open_reports = open_reports + 1 where review_id = ${report.reviewId}`)
}

/** The open ones of these reviews, 20 of each. */
export const openReports = (tx: Tx, reviewIds: readonly string[]) =>
  tx.many<Report>(sql`
    select p.review_id as "reviewId", p.reason, p.note, p.reported_at as "reportedAt"
    from unnest(${uuidArray(reviewIds)}::uuid[]) i(id)
    cross join lateral (select * from reports where review_id = i.id and open order by reported_at limit 20) p`)
