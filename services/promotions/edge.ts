import type { CheckoutService } from '@souk/contracts/orders'
import { mayActFor, type Principal } from '@souk/http'
import type { Database, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { Type } from 'typebox'
import { promotionErrors } from './errors.ts'
import type { PricingDeps } from './price-order.ts'
import { mustAsk } from './rules.ts'
import { discountsOf, lockRules, raiseRules, type StoredSettings } from './shop-rules.sql.ts'
import type { TellDeps } from './tell-orders.ts'

// What all routes of promotions have in common.

export type RouteDeps = PricingDeps &
  TellDeps & {
    /** Where what belongs to no shop lives: tax rates, points. */
    db: Database
    checkout: Pick<Client<typeof CheckoutService>, 'priceLines'>
    quotesPerMinute: number
  }

export const tag = 'Promotions'
export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
export const Time = Type.String({ format: 'date-time' })
export const orNull = <T extends Parameters<typeof Type.Array>[0]>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description })
export const ShopParams = Type.Object({ shopId: Id }, closed)

/** One line of text: no control characters, no halves of characters (PostgreSQL can keep neither). */
export const line = (minLength: number, maxLength: number, description?: string) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    ...(description && { description }),
  })
/** Of what has a name, in other languages. */
export const names = (maxLength: number) =>
  Type.Record(Type.String({ pattern: '^[a-z]{2}$' }), line(1, maxLength), {
    maxProperties: 30,
    additionalProperties: false,
    description: 'By language (ISO 639-1), where it is called something else there: {"de": "…"}',
  })
export const Minor = Type.Integer({
  minimum: 0,
  maximum: 1_000_000_000_000,
  description: 'In minor units: 1999 is 19.99 EUR.',
})
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' })
export const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2: DE.' })
export const Method = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,30}$',
  description: 'standard, express, pickup-point.',
})
export const scope = {
  productIds: Type.Array(Id, { maxItems: 200, description: 'Empty, and no categories either: for everything.' }),
  categoryIds: Type.Array(Id, { maxItems: 50, description: 'Their subcategories included.' }),
}
export const listOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, closed)

export const firstPage = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** @throws promotion-shop-not-found unless the caller has this duty in the shop */
export function requireDuty(me: Principal, shopId: string, duty: string): void {
  if (!mayActFor(me, shopId, duty))
    throw promotionErrors.error('promotion-shop-not-found', `There is no shop ${shopId} for you.`)
}

export const unfit = (detail: string) => promotionErrors.error('promotion-does-not-fit', detail)

/** @throws promotion-does-not-fit */
export function checkWindow(startsAtMs: number | null, endsAtMs: number | null): void {
  if (startsAtMs !== null && endsAtMs !== null && endsAtMs <= startsAtMs)
    throw unfit('The end must come after the beginning.')
}

export const msOf = (time: string | null | undefined): number | null =>
  time === null || time === undefined ? null : new Date(time).getTime()
export const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/**
 * Change something of a shop's rules: its row is locked, so changes come one after the other, and its version is raised.
 * Orders are told after the commit, by the caller.
 */
export async function changeRules<T>(
  tx: Tx,
  deps: { clock: () => Date },
  shopId: string,
  change: (settings: StoredSettings) => Promise<T>,
): Promise<T> {
  const result = await change(await lockRules(tx, shopId))
  const settings = await lockRules(tx, shopId)
  const asks = mustAsk(settings, await discountsOf(tx, [shopId]), deps.clock().getTime())
  await raiseRules(tx, shopId, asks)
  return result
}
