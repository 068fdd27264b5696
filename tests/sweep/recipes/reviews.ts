import { randomUUID } from 'node:crypto'
import { type Person, unique, type World } from '../world.ts'
import { anybody, keeper, operator, type Recipes, shopper } from './recipe.ts'

const words = { rating: 4, title: 'A good lamp', text: 'It does what it should.', authorName: 'Ada' }

/** Somebody new to whom the product of shop A was delivered. */
async function freshBuyer(world: World): Promise<Person> {
  const buyer = await world.register(`a-buyer-${unique()}`)
  const { productId, shopId } = world.a
  await world.query(
    `insert into reviews.purchases (customer_id, product_id, shop_id, order_id, delivered_at) values ($1, $2, $3, $4, now())`,
    [buyer.accountId, productId, shopId, randomUUID()],
  )
  return buyer
}

type Made = { id: string; version: number }

/** A review of such a buyer, before or after a moderator has seen it. */
export async function freshReview(world: World, state: 'pending' | 'published') {
  const author = await freshBuyer(world)
  const { id, version } = await world.do<Made>(author, 'POST', `/v1/products/${world.a.productId}/reviews`, words)
  if (state === 'pending') return { author, params: { reviewId: id }, headers: { 'if-match': `"${version}"` } }
  const path = `/v1/reviews/${id}/approve`
  const approved = await world.as(world.operator, 'POST', path, undefined, { 'if-match': `"${version}"` })
  if (approved.status !== 200) throw new Error(`${path}: ${approved.status} ${approved.text}`)
  return { author, params: { reviewId: id }, headers: { 'if-match': String(approved.headers.etag) } }
}

const orders = keeper('orders')

export const reviewRecipes: Recipes = {
  listProductReviews: anybody(200, ({ a: { productId } }) => ({
    params: { productId },
    query: { limit: 5, sort: 'helpful', rating: 4 },
  })),
  getProductRating: anybody(200, ({ a: { productId } }) => ({ params: { productId } })),
  listRatings: anybody(200, ({ a: { productId } }) => ({ query: { productIds: productId } })),
  getMyReviewOf: shopper(200, ({ a: { productId } }) => ({ params: { productId } })),
  writeReview: shopper(201, async (world) => ({
    as: await freshBuyer(world),
    params: { productId: world.a.productId },
    body: words,
  })),
  listMyReviews: shopper(200, () => ({ query: { limit: 5 } })),
  listProductsToReview: shopper(200, () => ({ query: { limit: 5 } })),
  getReview: anybody(200, async (world) => ({ params: (await freshReview(world, 'published')).params })),
  editReview: shopper(200, async (world) => {
    const { author, params, headers } = await freshReview(world, 'published')
    return { as: author, params, headers, body: { ...words, rating: 2 } }
  }),
  removeReview: shopper(204, async (world) => {
    const { author, params } = await freshReview(world, 'published')
    return { as: author, params }
  }),
  voteReviewHelpful: shopper(204, async (world) => ({ params: (await freshReview(world, 'published')).params })),
  takeBackHelpful: shopper(204, async (world) => ({ params: (await freshReview(world, 'published')).params })),
  reportReview: shopper(204, async (world) => ({
    params: (await freshReview(world, 'published')).params,
    body: { reason: 'spam', note: 'Again.' },
  })),
  listReviewsToModerate: operator(200, ({ a: { shopId } }) => ({ query: { limit: 5, state: 'pending', shopId } })),
  approveReview: operator(200, async (world) => {
    const { params, headers } = await freshReview(world, 'pending')
    return { params, headers }
  }),
  refuseReview: operator(200, async (world) => {
    const { params, headers } = await freshReview(world, 'pending')
    return { params, headers, body: { reason: 'Not about the product.' } }
  }),
  getReviewHistory: operator(200, async (world) => ({ params: (await freshReview(world, 'pending')).params })),
  listShopReviews: orders(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5, unanswered: true } })),
  answerReview: orders(200, async (world) => ({
    params: (await freshReview(world, 'published')).params,
    body: { text: 'Thank you.' },
  })),
  removeReviewAnswer: orders(200, async (world) => ({ params: (await freshReview(world, 'published')).params })),
}
