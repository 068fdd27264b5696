import { mayActFor, type Principal, type RouteRequest } from '@souk/http'
import type { Database, Shards } from '@souk/postgres'
import type { ShopService } from '@souk/contracts/shops'
import type { Client } from '@souk/rpc'
import { Type } from 'typebox'
import type { SaleDeps } from './plan-sale.ts'
import type { Product } from './product.ts'
import { findProducts } from './products.sql.ts'
import { Id } from './views.ts'
import { type By, productNotFound } from './write-products.ts'

// What all routes of catalog have in common.

export type RouteDeps = SaleDeps & {
  /** Where what belongs to no shop lives: categories. */
  db: Database
  shards: Shards
  shops: Pick<Client<typeof ShopService>, 'getShop'>
}

export const tag = 'Catalog'
export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 600 })),
}
export const ProductParams = Type.Object({ productId: Id }, { additionalProperties: false })

export const byOf = (request: RouteRequest): By => ({
  accountId: request.me.accountId,
  correlationId: request.correlationId,
})

export const manages = (principal: Principal | undefined, shopId: string): boolean =>
  principal !== undefined && mayActFor(principal, shopId, 'catalog')

/** In some shop or other. */
export const mayManage = (principal: Principal | undefined): boolean =>
  principal !== undefined && (principal.duties.size > 0 || principal.permissions.has('operator'))

export async function findProduct(
  deps: RouteDeps,
  productId: string,
): Promise<(Product & { shopOpen: boolean }) | undefined> {
  return (await findProducts(deps.shards.ofId(productId).db.autocommit, [productId]))[0]
}

/** @throws product-not-found unless the caller manages the catalog of its shop */
export async function requireOwn(deps: RouteDeps, request: RouteRequest, productId: string): Promise<Database> {
  const product = await findProduct(deps, productId)
  if (product === undefined || !manages(request.me, product.shopId)) throw productNotFound(productId)
  return deps.shards.ofId(productId).db
}

/** On show, or seen by those who manage it. */
export const visibleTo = (product: Product & { shopOpen: boolean }, principal: Principal | undefined): boolean =>
  (product.status === 'active' && product.shopOpen) || manages(principal, product.shopId)
