import { cursorOf, noContent, ok, pageOf, readCursor, type Route, route } from '@souk/http'
import type { Database } from '@souk/postgres'
import { Type } from 'typebox'
import { closed, Id, paging } from './views.ts'
import { addWish, hasWish, listWishes, maxWishes, removeWish } from './wishes.sql.ts'
import { errors } from './errors.ts'

const Wish = Type.Object({ productId: Id, addedAt: Type.String({ format: 'date-time' }) }, closed)
const WishParams = Type.Object({ productId: Id }, closed)
const tag = 'Wishlist'

/** Products somebody wants to find again. Whether they are still sold, the catalogue says. */
export const wishlistRoutes = (deps: { db: Database; clock: () => Date }): Route[] => [
  route({
    method: 'GET',
    url: '/v1/wishlist',
    operationId: 'listWishes',
    summary: 'List what I wish for',
    description: 'The newest first.',
    tag,
    access: 'signed-in',
    query: Type.Object(paging, closed),
    answers: {
      200: Type.Object({ items: Type.Array(Wish), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed),
    },
    async handle({ me, query }) {
      const [at, id] = readCursor('wishes', query.cursor, 'instant', 'id') ?? []
      const after = at === undefined || id === undefined ? undefined : { at: new Date(at), id }
      const rows = await listWishes(deps.db.autocommit, me.accountId, after, query.limit + 1)
      return ok(
        pageOf(
          rows,
          query.limit,
          ({ productId, addedAt }) => ({ productId, addedAt: addedAt.toISOString() }),
          (last) => cursorOf('wishes', last.addedAt.getTime(), last.productId),
        ),
      )
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/wishlist/:productId',
    operationId: 'addWish',
    summary: 'Wish for a product',
    description: `${maxWishes} at most. One that is there stays where it is.`,
    tag,
    access: 'signed-in',
    idempotency: 'none',
    params: WishParams,
    answers: { 204: Type.Null() },
    errors: ['wishlist-full'],
    async handle({ me, params: { productId } }) {
      const tx = deps.db.autocommit
      const added = await addWish(tx, me.accountId, productId, deps.clock())
      if (added === 0 && !(await hasWish(tx, me.accountId, productId)))
        throw errors.error('wishlist-full', `A wishlist holds ${maxWishes} products.`)
      return noContent
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/wishlist/:productId',
    operationId: 'removeWish',
    summary: 'Wish for it no more',
    description: 'What is not there need not be removed.',
    tag,
    access: 'signed-in',
    idempotency: 'none',
    params: WishParams,
    answers: { 204: Type.Null() },
    async handle({ me, params: { productId } }) {
      await removeWish(deps.db.autocommit, me.accountId, productId)
      return noContent
    },
  }),
]
