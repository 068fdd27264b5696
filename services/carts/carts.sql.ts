import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { Item } from './cart.ts'

export type Cart = {
  cartId: string
  customerId: string | null
  tokenHash: Buffer | null
  state: 'active' | 'merged'
  mergedInto: string | null
  vouchers: string[]
  version: number
  createdAt: Date
  expiresAt: Date
}

const columns = sql`c.cart_id as "cartId", c.customer_id as "customerId", c.token_hash as "tokenHash", c.state,
  c.merged_into as "mergedInto", c.vouchers, c.version, c.created_at as "createdAt", c.expires_at as "expiresAt"`

export const findCart = (tx: Tx, cartId: string) =>
  tx.maybeOne<Cart>(sql`select ${columns} from carts c where c.cart_id = ${cartId}`)

export const findCartOf = (tx: Tx, customerId: string) =>
  tx.maybeOne<Cart>(sql`select ${columns} from carts c where c.customer_id = ${customerId}`)

/** Whoever changes a cart waits here for its turn. Two carts are locked in the order of their ids. */
export const lockCarts = (tx: Tx, cartIds: readonly string[]) =>
  tx.many<Cart>(
    sql`select ${columns} from carts c where c.cart_id = any(${cartIds}::uuid[]) order by c.cart_id for update`,
  )

/** @returns 0 when the customer has one already */
export const insertCart = (
  tx: Tx,
  cart: { cartId: string; customerId: string | null; tokenHash: Buffer | null; createdAt: Date; expiresAt: Date },
) =>
  tx.run(sql`
    insert into carts (cart_id, customer_id, token_hash, created_at, expires_at)
    values (${cart.cartId}, ${cart.customerId}, ${cart.tokenHash}, ${cart.createdAt}, ${cart.expiresAt})
    on conflict (customer_id) where customer_id is not null do nothing`)

/** Something in it changed. @returns the cart as it is now */
export const touchCart = (tx: Tx, cartId: string, expiresAt: Date) =>
  tx.one<Cart>(sql`
    update carts c set version = c.version + 1, expires_at = ${expiresAt} where c.cart_id = ${cartId} returning ${columns}`)

export const setVouchers = (tx: Tx, cartId: string, vouchers: readonly string[]) =>
  tx.run(sql`update carts set vouchers = ${vouchers}::text[] where cart_id = ${cartId}`)

export const markMerged = (tx: Tx, cartId: string, into: string) =>
  tx.run(sql`
    update carts set state = 'merged', merged_into = ${into}, vouchers = '{}', version = version + 1
    where cart_id = ${cartId}`)

/** The oldest first. */
export const itemsOf = (tx: Tx, cartId: string) =>
  tx.many<Item>(sql`
    select variant_id as "variantId", product_id as "productId", shop_id as "shopId", quantity,
      seen_price_minor as "seenPriceMinor", currency, title, refusal, added_at as "addedAt"
    from cart_items where cart_id = ${cartId} order by added_at, variant_id`)

/** Put in, or changed: in place of what is there of the same variants. */
export const putItems = (tx: Tx, cartId: string, items: readonly Item[]) =>
  tx.run(sql`
    insert into cart_items (cart_id, variant_id, product_id, shop_id, quantity, seen_price_minor, currency, title, added_at)
    select ${cartId}::uuid, * from unnest(${items.map((each) => each.variantId)}::uuid[],
      ${items.map((each) => each.productId)}::uuid[], ${items.map((each) => each.shopId)}::uuid[],
      ${items.map((each) => each.quantity)}::int[], ${items.map((each) => each.seenPriceMinor)}::bigint[],
      ${items.map((each) => each.currency)}::text[], ${items.map((each) => each.title)}::text[],
      ${items.map((each) => each.addedAt)}::timestamptz[])
    on conflict (cart_id, variant_id) do update set quantity = excluded.quantity, currency = excluded.currency,
      seen_price_minor = excluded.seen_price_minor, title = excluded.title, refusal = null`)

/** Of what is no longer known: the quantity alone. @returns 0 when it is not in the cart */
export const setQuantity = (tx: Tx, cartId: string, variantId: string, quantity: number) =>
  tx.run(sql`
    update cart_items set quantity = ${quantity}, refusal = null where cart_id = ${cartId} and variant_id = ${variantId}`)

export const removeItem = (tx: Tx, cartId: string, variantId: string) =>
  tx.run(sql`delete from cart_items where cart_id = ${cartId} and variant_id = ${variantId}`)

export const clearItems = (tx: Tx, cartId: string) => tx.run(sql`delete from cart_items where cart_id = ${cartId}`)

/** What was ordered leaves; what was put in meanwhile stays. */
export async function takeOut(tx: Tx, cartId: string, lines: readonly { variantId: string; quantity: number }[]) {
  const ids = lines.map((each) => each.variantId)
  const quantities = lines.map((each) => each.quantity)
  const gone = await tx.run(sql`
    delete from cart_items i using unnest(${ids}::uuid[], ${quantities}::int[]) as o (variant_id, quantity)
    where i.cart_id = ${cartId} and i.variant_id = o.variant_id and i.quantity <= o.quantity`)
  if (gone === lines.length) return
  await tx.run(sql`
    update cart_items i set quantity = i.quantity - o.quantity
    from unnest(${ids}::uuid[], ${quantities}::int[]) as o (variant_id, quantity)
    where i.cart_id = ${cartId} and i.variant_id = o.variant_id and i.quantity > o.quantity`)
}

/** Say at what was not ordered why. */
export const noteRefusals = (tx: Tx, cartId: string, refused: readonly { variantId: string; refusal: object }[]) =>
  tx.run(sql`
    update cart_items i set refusal = r.refusal
    from unnest(${refused.map((each) => each.variantId)}::uuid[],
      ${refused.map((each) => JSON.stringify(each.refusal))}::jsonb[]) as r (variant_id, refusal)
    where i.cart_id = ${cartId} and i.variant_id = r.variant_id`)

/** Carts nobody has touched for so long; none that is being checked out. @returns how many went, `limit` at most */
export const deleteExpired = (tx: Tx, now: Date, limit: number) =>
  tx.run(sql`
    delete from carts where cart_id in (
      select c.cart_id from carts c where c.expires_at < ${now}
        and not exists (select from checkouts o where o.cart_id = c.cart_id and o.state <> 'done')
      order by c.expires_at limit ${limit} for update skip locked)`)

/** Of people whose accounts were closed. A cart whose checkout is still being settled expires like any other. */
export const forgetCarts = (tx: Tx, customerIds: readonly string[]) =>
  tx.run(sql`
    delete from carts c where customer_id = any(${uuidArray(customerIds)}::uuid[])
      and not exists (select from checkouts o where o.cart_id = c.cart_id and o.state <> 'done')`)
