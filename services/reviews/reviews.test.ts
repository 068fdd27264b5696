import { randomUUID } from 'node:crypto'
import { ratingChanged } from '@souk/contracts'
import type { Event } from '@souk/events'
import type { Principal, Route } from '@souk/http'
import { bucketOf, type Database, uuidv7 } from '@souk/postgres'
import {
  callRoute,
  collectingOutbox,
  manualClock,
  operator,
  shopper,
  staff,
  type TestDatabase,
  testDatabase,
} from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { reviewAudits } from './audits.ts'
import { reviewConsumers } from './consumers.ts'
import { reviews } from './index.ts'
import { reviewRoutes } from './routes.ts'
import { moderationRoutes } from './routes-moderation.ts'

let database: TestDatabase
let db: Database
let routes: Route[]
const outbox = collectingOutbox()
const time = manualClock()

beforeAll(async () => {
  database = await testDatabase([reviews])
  db = database.open('reviews')
  const deps = { db, outbox, clock: time.clock, count: () => {} }
  routes = [...reviewRoutes(deps), ...moderationRoutes(deps)]
})
afterAll(() => database.close())
beforeEach(() => outbox.clear())

type Body = {
  id: string
  version: number
  state: string
  code?: string
  items: Body[]
  nextCursor: string | null
}
const call = async (operation: string, principal: Principal | undefined, given: object = {}) => {
  const answer = await callRoute(routes, operation, { ...given, ...(principal && { principal }) })
  return { ...answer, body: answer.body as Body & Record<string, never> }
}
const shopId = randomUUID()
const aProduct = () => uuidv7(time.clock().getTime(), bucketOf(shopId))

async function delivered(customerId: string, ...productIds: string[]) {
  const payload = {
    orderId: randomUUID(),
    shopId,
    customerId,
    deliveredAtMs: BigInt(time.clock().getTime()),
    productIds,
  }
  const event = { id: randomUUID(), type: 'orders.order_delivered', topic: 'orders.order', payload } as unknown as Event
  // Announced twice: events come at least once.
  await db.transaction((tx) => reviewConsumers[0]?.handle(tx, [event, event]) as Promise<void>)
}
const words = (rating: number, more: object = {}) => ({
  rating,
  title: 'Fine',
  text: 'It does what it should.',
  ...more,
})

async function written(productId: string, rating = 5, more: object = {}) {
  const author = shopper()
  await delivered(author.accountId, productId)
  const { body, status } = await call('writeReview', author, { params: { productId }, body: words(rating, more) })
  expect(status, JSON.stringify(body)).toBe(201)
  return { author, reviewId: body.id, version: body.version }
}
const decide = (what: 'approve' | 'refuse', reviewId: string, version: number) =>
  call(`${what}Review`, operator(), {
    params: { reviewId },
    headers: { 'if-match': `"${version}"` },
    ...(what === 'refuse' && { body: { reason: 'Not about the product.' } }),
  })
async function published(productId: string, rating = 5, more: object = {}) {
  const review = await written(productId, rating, more)
  const { status, body } = await decide('approve', review.reviewId, review.version)
  expect(status).toBe(200)
  return { ...review, version: body.version }
}
const ratingOf = async (productId: string) =>
  (await call('getProductRating', undefined, { params: { productId } })).body
const shownOf = async (productId: string, query: object = {}) =>
  (await call('listProductReviews', undefined, { params: { productId }, query })).body
const audited = () =>
  db.transaction(
    async (tx) => {
      const found = []
      for (const check of reviewAudits) {
        const { findings } = await check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })
        found.push(...findings)
      }
      return found
    },
    { readOnly: true, isolation: 'repeatable read' },
  )

describe('who may review', () => {
  test('somebody the product was delivered to, and nobody else', async () => {
    const [productId, other] = [aProduct(), aProduct()]
    const buyer = shopper()
    await delivered(buyer.accountId, productId)
    const ask = (who: Principal, id: string) => call('writeReview', who, { params: { productId: id }, body: words(4) })
    expect((await ask(shopper(), productId)).body.code).toBe('review-not-a-buyer')
    expect((await ask(buyer, other)).body.code).toBe('review-not-a-buyer')
    expect((await call('getMyReviewOf', buyer, { params: { productId } })).body).toMatchObject({ mayReview: true })
    expect((await ask(buyer, productId)).body).toMatchObject({ state: 'pending', rating: 4 })
    expect((await call('getMyReviewOf', buyer, { params: { productId } })).body).toMatchObject({
      mayReview: false,
      review: { rating: 4 },
    })
  })
  test('once for each product, also when sent many times at once', async () => {
    const productId = aProduct()
    const buyer = shopper()
    await delivered(buyer.accountId, productId)
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('writeReview', buyer, { params: { productId }, body: words(5) })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409])
  })
  test('what is still to be reviewed is listed for its buyer', async () => {
    const buyer = shopper()
    const products = [aProduct(), aProduct(), aProduct()].sort()
    await delivered(buyer.accountId, ...products)
    await call('writeReview', buyer, { params: { productId: products[1] }, body: words(5) })
    const first = await call('listProductsToReview', buyer, { query: { limit: 1 } })
    expect(first.body.items).toMatchObject([{ productId: products[0] }])
    const { body } = await call('listProductsToReview', buyer, { query: { cursor: first.body.nextCursor } })
    expect(body).toMatchObject({ items: [{ productId: products[2] }], nextCursor: null })
  })
})

describe('moderation', () => {
  test('nothing is shown, counted or announced before a moderator approved it', async () => {
    const productId = aProduct()
    const { reviewId, version, author } = await written(productId, 2)
    expect(await shownOf(productId)).toMatchObject({ items: [] })
    expect(await ratingOf(productId)).toMatchObject({ count: 0, ratingTenths: 0 })
    expect((await call('getReview', shopper(), { params: { reviewId } })).status).toBe(404)
    expect((await call('getReview', author, { params: { reviewId } })).status).toBe(200)
    expect(outbox.events).toEqual([])
    await decide('approve', reviewId, version)
    expect(await shownOf(productId)).toMatchObject({ items: [{ id: reviewId, rating: 2 }] })
    expect(await ratingOf(productId)).toMatchObject({ count: 1, ratingTenths: 20, stars: [0, 1, 0, 0, 0] })
    expect(outbox.of(ratingChanged)).toMatchObject([{ productId, shopId, ratingTenths: 20, count: 1, version: 1n }])
  })
  test('an edit hides the review until it was approved again, and the rating follows', async () => {
    const productId = aProduct()
    const { reviewId, version, author } = await published(productId, 1)
    await published(productId, 5)
    outbox.clear()
    const edit = (ifMatch: number) =>
      call('editReview', author, { params: { reviewId }, headers: { 'if-match': `"${ifMatch}"` }, body: words(4) })
    expect((await edit(version - 1)).status).toBe(412)
    const { body } = await edit(version)
    expect(body).toMatchObject({ state: 'pending', rating: 4 })
    expect(await ratingOf(productId)).toMatchObject({ count: 1, ratingTenths: 50 })
    // Approving the words read before does not publish those nobody has read.
    expect((await decide('approve', reviewId, version)).status).toBe(412)
    await decide('approve', reviewId, body.version)
    expect(await ratingOf(productId)).toMatchObject({ count: 2, ratingTenths: 45 })
    expect(outbox.of(ratingChanged).map(({ count, ratingTenths }) => [count, ratingTenths])).toEqual([
      [1, 50],
      [2, 45],
    ])
  })
  test('a refused one says why to its author alone, and can be written anew', async () => {
    const productId = aProduct()
    const { reviewId, version, author } = await published(productId, 3)
    const { body } = await decide('refuse', reviewId, version)
    expect(body).toMatchObject({ state: 'refused', reason: 'Not about the product.' })
    expect(await ratingOf(productId)).toMatchObject({ count: 0 })
    expect((await call('getReview', undefined, { params: { reviewId } })).status).toBe(404)
    expect((await call('listMyReviews', author)).body).toMatchObject({ items: [{ reason: 'Not about the product.' }] })
    await call('removeReview', author, { params: { reviewId } })
    expect((await call('listMyReviews', author)).body).toMatchObject({ items: [] })
    const { body: history } = await call('getReviewHistory', operator(), { params: { reviewId } })
    expect(history.items.map((entry) => (entry as never as { what: string }).what)).toEqual([
      'written',
      'approved',
      'refused',
      'removed',
    ])
  })
  test('shop staff do not decide; their answer stands below the review', async () => {
    const { reviewId } = await published(aProduct(), 2)
    const clerk = staff(shopId, 'orders')
    expect((await call('approveReview', clerk, { params: { reviewId }, headers: { 'if-match': '"2"' } })).status).toBe(
      403,
    )
    const say = (who: Principal) => call('answerReview', who, { params: { reviewId }, body: { text: 'We are sorry.' } })
    expect((await say(staff(randomUUID(), 'orders'))).status).toBe(404)
    expect((await say(staff(shopId, 'catalog'))).status).toBe(403)
    expect((await say(clerk)).body).toMatchObject({ answer: { text: 'We are sorry.' } })
    const { body } = await call('listShopReviews', clerk, {
      params: { shopId },
      query: { unanswered: true, limit: 100 },
    })
    expect(body.items.map(({ id }) => id)).not.toContain(reviewId)
    expect((await call('removeReviewAnswer', clerk, { params: { reviewId } })).body).toMatchObject({ answer: null })
  })
  test('reports bring a review before a moderator, whose decision closes them for good', async () => {
    const { reviewId, version, author } = await published(aProduct())
    const reader = shopper()
    const report = (who: Principal) => call('reportReview', who, { params: { reviewId }, body: { reason: 'spam' } })
    expect((await report(author)).body.code).toBe('review-own-vote')
    await report(reader)
    await report(reader)
    await report(shopper())
    const reported = async () =>
      (await call('listReviewsToModerate', operator(), { query: { reported: true, limit: 100 } })).body.items.filter(
        ({ id }) => id === reviewId,
      )
    expect(await reported()).toMatchObject([{ openReportCount: 2, openReports: [{ reason: 'spam' }, {}] }])
    await decide('approve', reviewId, version)
    await report(reader)
    expect(await reported()).toEqual([])
  })
})

describe('reading', () => {
  test('every order of the list comes page by page, whole and without repeats', async () => {
    const productId = aProduct()
    const all: { reviewId: string; rating: number; votes: number }[] = []
    for (const [index, rating] of [5, 1, 3, 3, 5, 2, 4].entries()) {
      const { reviewId } = await published(productId, rating)
      const votes = index % 3
      for (let each = 0; each < votes; each += 1) await call('voteReviewHelpful', shopper(), { params: { reviewId } })
      all.push({ reviewId, rating, votes })
      time.advance(5)
    }
    const newest = all.toReversed()
    const expected = {
      newest,
      helpful: newest.toSorted((a, b) => b.votes - a.votes),
      highest: newest.toSorted((a, b) => b.rating - a.rating),
      lowest: all.toSorted((a, b) => a.rating - b.rating),
    }
    for (const [sort, wanted] of Object.entries(expected)) {
      const found: string[] = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await shownOf(productId, { sort, limit: 2, ...(cursor && { cursor }) })
        found.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor
      }
      expect(found, sort).toEqual(wanted.map(({ reviewId }) => reviewId))
    }
    expect((await shownOf(productId, { rating: 3 })).items).toHaveLength(2)
    const { body } = await call('listRatings', undefined, { query: { productIds: [aProduct(), productId] } })
    expect(body.items).toMatchObject([{ count: 0 }, { count: 7, stars: [1, 1, 2, 1, 2] }])
  })
  test('one vote each, however often and however many at once; none for oneself', async () => {
    const { reviewId, author } = await published(aProduct())
    const reader = shopper()
    const vote = (who: Principal) => call('voteReviewHelpful', who, { params: { reviewId } })
    await Promise.all([vote(reader), vote(reader), vote(reader), vote(shopper())])
    expect((await vote(author)).body.code).toBe('review-own-vote')
    expect((await call('getReview', undefined, { params: { reviewId } })).body).toMatchObject({ helpfulCount: 2 })
    await call('takeBackHelpful', reader, { params: { reviewId } })
    await call('takeBackHelpful', reader, { params: { reviewId } })
    expect((await call('getReview', undefined, { params: { reviewId } })).body).toMatchObject({ helpfulCount: 1 })
  })
})

describe('hostile words', () => {
  const hostile = [
    '<script>alert(1)</script>',
    `"><img src=x onerror=alert('x')>`,
    "'; drop table reviews; --",
    '{{constructor.constructor("return process")()}}',
    '[click](javascript:alert(1))',
    '=cmd|calc!A1',
    '\u202eevil\u202c text',
    '../../etc/passwd %00 %0d%0aSet-Cookie: x=1',
    `z${'\u0335'.repeat(400)}`,
  ]
  test('come back as the text they are, and break nothing', async () => {
    const productId = aProduct()
    for (const text of hostile)
      await published(productId, 1, { text, title: text.slice(0, 120), authorName: text.slice(0, 60) })
    const { items } = await shownOf(productId)
    expect(items).toHaveLength(hostile.length)
    const texts = items.map((item) => (item as never as { text: string }).text)
    expect(texts).toContain('<script>alert(1)</script>')
    expect(texts.join('')).not.toMatch(/[\u202a-\u202e]/)
  })
  test.each([
    ['nothing but characters nobody sees', { text: '\u200b\u2060' }, 422],
    ['a NUL', { text: 'a\u0000b' }, 400],
    ['half a character', { text: '\ud800' }, 400],
    ['more than the limit', { text: 'a'.repeat(5_001) }, 400],
    ['six stars', { rating: 6 }, 400],
    ['half a star', { rating: 4.5 }, 400],
    ['a field of its own choosing', { state: 'published' }, 400],
  ])('%s is refused', async (_, more, status) => {
    const [author, productId] = [shopper(), aProduct()]
    await delivered(author.accountId, productId)
    expect((await call('writeReview', author, { params: { productId }, body: words(5, more) })).status).toBe(status)
  })
})

describe('the audit', () => {
  test('finds nothing after all of this', async () => {
    expect(await audited()).toEqual([])
  })
  test('names a rating, a vote and a review that somebody tampered with', async () => {
    const productId = aProduct()
    const { reviewId } = await published(productId)
    await database.query('update reviews.ratings set fives = fives + 1 where product_id = $1', [productId])
    await database.query('update reviews.reviews set helpful = 9 where review_id = $1', [reviewId])
    const stranger = await published(productId)
    await database.query('delete from reviews.purchases where customer_id = $1', [stranger.author.accountId])
    expect((await audited()).map(({ subject }) => subject).sort()).toEqual(
      [`product ${productId}`, `review ${reviewId}`, `review ${stranger.reviewId}`].sort(),
    )
  })
})
