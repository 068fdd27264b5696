import { mayActFor, type RouteRequest } from '@souk/http'
import type { Database } from '@souk/postgres'
import { Type } from 'typebox'
import type { ReviewDeps } from './announce-rating.ts'
import type { Words } from './review.ts'
import { closed, Id } from './views.ts'
import type { By } from './write-review.ts'

// What all routes of reviews have in common.

export type RouteDeps = ReviewDeps & { db: Database; count: (what: string) => void }

export const tag = 'Reviews'
export const ReviewParams = Type.Object({ reviewId: Id }, closed)
export const ProductParams = Type.Object({ productId: Id }, closed)

export const byOf = (request: Pick<RouteRequest, 'me' | 'correlationId'>): By => ({
  accountId: request.me.accountId,
  correlationId: request.correlationId,
})

/** Whoever looks after a shop's orders speaks for it to its buyers. */
export const mayAnswerFor = (request: Pick<RouteRequest, 'me'>) => (shopId: string) =>
  mayActFor(request.me, shopId, 'orders')

export const wordsOf = (body: { rating: number; title?: string; text: string; authorName?: string }): Words => ({
  rating: body.rating,
  title: body.title ?? '',
  text: body.text,
  author: body.authorName ?? '',
})
