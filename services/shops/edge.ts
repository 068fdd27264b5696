import { mayActFor, type RouteRequest } from '@souk/http'
import { Type } from 'typebox'
import { shopNotFound } from './change-shop.ts'
import type { RegisterDeps } from './register-shop.ts'
import type { MemberBy } from './set-members.ts'
import type { TellDeps } from './tell-others.ts'
import { Id } from './views.ts'

// What all routes of shops have in common.

export type RouteDeps = RegisterDeps & TellDeps

export const closed = { additionalProperties: false }
export const tag = 'Shops'
export const ShopParams = Type.Object({ shopId: Id }, closed)
export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
}

export const byOf = (request: RouteRequest): MemberBy => ({
  accountId: request.me.accountId,
  correlationId: request.correlationId,
  operator: request.me.permissions.has('operator'),
})

/** @throws shop-not-found unless the caller has this duty in this very shop, or is an operator */
export function requireDuty(request: RouteRequest, shopId: string, duty: string): void {
  if (!mayActFor(request.me, shopId, duty)) throw shopNotFound(shopId)
}
