import { sql, type Tx } from '@souk/postgres'

export type Line = { variantId: string; quantity: number }
export type Outcome = 'pending' | 'placed' | 'refused' | 'cancelled'

/** What every order of a checkout is placed with. */
export type OrderTerms = {
  paymentMethod?: string
  paymentToken?: string
  delivery?: { method: string; address: Record<string, string> }
  contact?: Record<string, string>
}

export type Checkout = {
  checkoutId: string
  cartId: string
  customerId: string
  bodyHash: Buffer
  state: 'placing' | 'undoing' | 'done'
  allOrNothing: boolean
  request: OrderTerms
  correlationId: string
  attempts: number
  leasedUntil: Date
  createdAt: Date
}

export type CheckoutOrder = {
  shopId: string
  orderKey: string
  lines: Line[]
  voucherCodes: string[]
  outcome: Outcome
  orderId: string | null
  totalMinor: number | null
  currency: string | null
  refusal: { code: string; detail: string } | null
}

const columns = sql`checkout_id as "checkoutId", cart_id as "cartId", customer_id as "customerId",
  body_hash as "bodyHash", state, all_or_nothing as "allOrNothing", request, correlation_id as "correlationId", attempts,
  leased_until as "leasedUntil", created_at as "createdAt"`

export const findByKey = (tx: Tx, customerId: string, key: string) =>
  tx.maybeOne<Checkout>(sql`select ${columns} from checkouts where customer_id = ${customerId} and key = ${key}`)

export const findCheckout = (tx: Tx, checkoutId: string) =>
  tx.maybeOne<Checkout>(sql`select ${columns} from checkouts where checkout_id = ${checkoutId}`)

export const lockCheckout = (tx: Tx, checkoutId: string) =>
  tx.one<Checkout>(sql`select ${columns} from checkouts where checkout_id = ${checkoutId} for update`)

export const openCheckoutOf = (tx: Tx, cartId: string) =>
  tx.maybeOne<{ checkoutId: string }>(
    sql`select checkout_id as "checkoutId" from checkouts where cart_id = ${cartId} and state <> 'done'`,
  )

export const insertCheckout = (tx: Tx, checkout: Omit<Checkout, 'state' | 'attempts'> & { key: string }) =>
  tx.run(sql`
    insert into checkouts (checkout_id, cart_id, customer_id, key, body_hash, all_or_nothing, request, correlation_id,
      leased_until, created_at)
    values (${checkout.checkoutId}, ${checkout.cartId}, ${checkout.customerId}, ${checkout.key}, ${checkout.bodyHash},
      ${checkout.allOrNothing}, ${JSON.stringify(checkout.request)}::jsonb, ${checkout.correlationId},
      ${checkout.leasedUntil}, ${checkout.createdAt})`)

type NewOrder = Pick<CheckoutOrder, 'shopId' | 'orderKey' | 'lines' | 'voucherCodes'>
export const insertOrders = (tx: Tx, checkoutId: string, orders: readonly NewOrder[]) =>
  tx.run(sql`
    insert into checkout_orders (checkout_id, shop_id, order_key, lines, voucher_codes)
    select ${checkoutId}::uuid, "shopId", "orderKey", lines, array(select jsonb_array_elements_text("voucherCodes"))
    from jsonb_to_recordset(${JSON.stringify(orders)}::jsonb)
      as o ("shopId" uuid, "orderKey" text, lines jsonb, "voucherCodes" jsonb)`)

export const ordersOf = (tx: Tx, checkoutId: string) =>
  tx.many<CheckoutOrder>(sql`
    select shop_id as "shopId", order_key as "orderKey", lines, voucher_codes as "voucherCodes", outcome,
      order_id as "orderId", total_minor as "totalMinor", currency, refusal
    from checkout_orders where checkout_id = ${checkoutId} order by shop_id`)

/** What became of one; of what is decided, nothing changes. */
export const decideOrder = (
  tx: Tx,
  checkoutId: string,
  order: Pick<CheckoutOrder, 'shopId' | 'outcome' | 'orderId' | 'totalMinor' | 'currency' | 'refusal'>,
) =>
  tx.run(sql`
    update checkout_orders set outcome = ${order.outcome}, order_id = ${order.orderId}, total_minor = ${order.totalMinor},
      currency = ${order.currency},
      refusal = ${order.refusal === null ? null : JSON.stringify(order.refusal)}::jsonb
    where checkout_id = ${checkoutId} and shop_id = ${order.shopId} and outcome = 'pending'`)

/** It was placed, and is cancelled because a neighbour was refused. */
export const markCancelled = (tx: Tx, checkoutId: string, orderIds: readonly string[]) =>
  tx.run(sql`
    update checkout_orders set outcome = 'cancelled'
    where checkout_id = ${checkoutId} and order_id = any(${orderIds}::uuid[]) and outcome = 'placed'`)

/** It should have been cancelled, and could not be: it stands, and says so. */
export const markUncancellable = (tx: Tx, checkoutId: string, orderId: string, refusal: object) =>
  tx.run(sql`
    update checkout_orders set refusal = ${JSON.stringify(refusal)}::jsonb
    where checkout_id = ${checkoutId} and order_id = ${orderId}`)

export const setState = (tx: Tx, checkoutId: string, state: 'undoing') =>
  tx.run(sql`update checkouts set state = ${state} where checkout_id = ${checkoutId}`)

/** Address, contact and the token of the card have served: the orders have what is needed of them. */
export const finishCheckout = (tx: Tx, checkoutId: string, now: Date) =>
  tx.run(sql`
    update checkouts set state = 'done', done_at = ${now}, request = '{}'
    where checkout_id = ${checkoutId} and state <> 'done'`)

/** Whoever asked could not be answered: somebody else may try from this instant on. */
export const releaseLease = (tx: Tx, checkoutId: string, until: Date) =>
  tx.run(sql`update checkouts set leased_until = ${until} where checkout_id = ${checkoutId} and state <> 'done'`)

/** Take over checkouts nobody is at. Those too old to be repeated safely are left for a person: see the audit. */
export const leaseDue = (tx: Tx, now: Date, until: Date, oldest: Date, limit: number) =>
  tx.many<{ checkoutId: string }>(sql`
    update checkouts set leased_until = ${until}, attempts = attempts + 1
    where checkout_id in (
      select checkout_id from checkouts where state <> 'done' and leased_until < ${now} and created_at > ${oldest}
      order by leased_until limit ${limit} for update skip locked)
    returning checkout_id as "checkoutId"`)

/** The same for one: whoever repeats a request takes it up if nobody is at it. */
export const leaseIfFree = async (tx: Tx, checkoutId: string, now: Date, until: Date): Promise<boolean> =>
  (await tx.run(sql`
    update checkouts set leased_until = ${until}, attempts = attempts + 1
    where checkout_id = ${checkoutId} and state <> 'done' and leased_until < ${now}`)) === 1

export const deleteOldCheckouts = (tx: Tx, before: Date, limit: number) =>
  tx.run(sql`
    delete from checkouts where checkout_id in (
      select checkout_id from checkouts where state = 'done' and done_at < ${before} order by done_at limit ${limit})`)
