import { cartCheckedOut } from '@souk/contracts'
import type { CheckoutService, OrderOutcome } from '@souk/contracts/orders'
import { newEvent, type Outbox } from '@souk/events'
import type { Database, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'
import { type Cart, lockCarts, noteRefusals, setVouchers, takeOut, touchCart } from './carts.sql.ts'
import { leaseMs } from './check-out.ts'
import {
  type Checkout,
  type CheckoutOrder,
  decideOrder,
  findCheckout,
  finishCheckout,
  leaseDue,
  leaseIfFree,
  lockCheckout,
  markCancelled,
  markUncancellable,
  ordersOf,
  releaseLease,
  setState,
} from './checkouts.sql.ts'

export type SettleDeps = {
  db: Database
  outbox: Outbox
  clock: () => Date
  log: Logger
  orders: Pick<Client<typeof CheckoutService>, 'placeOrders' | 'cancelOrders'>
}

/** Half a lease: whoever asks has stopped waiting before another takes over. */
const patienceMs = leaseMs / 2
/** Whoever asks again is told that it is still being worked on, rather than kept waiting for longer. */
const waitMs = 3_000
/** What could not be decided is tried again after so long. */
const pauseMs = 2_000
/** Orders knows its keys for 24 hours; later, a repeat could be a second order. */
const repeatableMs = 20 * 3_600_000

/**
 * Carry a checkout on from where it is: place what is pending, then, where all or nothing was asked for and something was
 * refused, cancel what was placed. The caller holds its lease. Every step may be repeated: orders are found again by
 * their keys, and what is decided stays decided.
 */
export async function carryOn(deps: SettleDeps, checkoutId: string): Promise<void> {
  const tx = deps.db.autocommit
  try {
    const checkout = await findCheckout(tx, checkoutId)
    if (checkout === undefined) return
    let { state } = checkout
    if (state === 'placing') state = await place(deps, checkout)
    if (state === 'undoing') state = await undo(deps, checkout)
    // Of one that is done there is nothing to release.
    if (state === 'done') return
  } catch (error) {
    deps.log.warn({ checkoutId, error }, 'a checkout could not be carried on; it will be tried again')
  }
  await releaseLease(tx, checkoutId, new Date(deps.clock().getTime() + pauseMs))
}

type State = Checkout['state']

/** @returns how it stands then */
async function place(deps: SettleDeps, checkout: Checkout): Promise<State> {
  const pending = (await ordersOf(deps.db.autocommit, checkout.checkoutId)).filter(
    ({ outcome }) => outcome === 'pending',
  )
  const outcomes = pending.length === 0 ? [] : await ask(deps, checkout, pending)
  return deps.db.transaction(async (tx): Promise<State> => {
    // Carts first, as everywhere; then the checkout.
    const [cart] = await lockCarts(tx, [checkout.cartId])
    const { state } = await lockCheckout(tx, checkout.checkoutId)
    if (state !== 'placing') return state
    for (const [index, { shopId }] of pending.entries()) {
      const decided = decidedBy(outcomes[index])
      if (decided !== undefined) await decideOrder(tx, checkout.checkoutId, { shopId, ...decided })
    }
    const orders = await ordersOf(tx, checkout.checkoutId)
    if (orders.some(({ outcome }) => outcome === 'pending')) return 'placing'
    const refused = orders.some(({ outcome }) => outcome === 'refused')
    if (checkout.allOrNothing && refused && orders.some(({ outcome }) => outcome === 'placed')) {
      await setState(tx, checkout.checkoutId, 'undoing')
      return 'undoing'
    }
    return finish(deps, tx, checkout, cart, orders)
  })
}

async function ask(deps: SettleDeps, checkout: Checkout, pending: readonly CheckoutOrder[]): Promise<OrderOutcome[]> {
  const { paymentMethod = '', paymentToken = '', delivery, contact } = checkout.request
  const { outcomes } = await deps.orders.placeOrders(
    {
      customerId: checkout.customerId,
      checkoutId: checkout.checkoutId,
      correlationId: checkout.correlationId,
      orders: pending.map(({ orderKey, lines, voucherCodes }) => ({
        idempotencyKey: orderKey,
        lines,
        voucherCodes,
        paymentMethod,
        paymentToken,
        ...(delivery !== undefined && { delivery }),
        ...(contact !== undefined && { contact }),
      })),
    },
    { timeoutMs: patienceMs },
  )
  return outcomes
}

/** Undefined: not decided. 503 says the same may succeed shortly, or that nobody knows; the key finds out. */
function decidedBy(
  answer: OrderOutcome | undefined,
): Omit<CheckoutOrder, 'shopId' | 'orderKey' | 'lines' | 'voucherCodes'> | undefined {
  const outcome = answer?.outcome
  if (outcome?.case === 'order') {
    const { orderId, totalMinor, currencyCode } = outcome.value
    return { outcome: 'placed', orderId, totalMinor: Number(totalMinor), currency: currencyCode, refusal: null }
  }
  if (outcome?.case !== 'refusal' || outcome.value.status >= 500) return undefined
  const { code, detail } = outcome.value
  return { outcome: 'refused', orderId: null, totalMinor: null, currency: null, refusal: { code, detail } }
}

/** @returns how it stands then */
async function undo(deps: SettleDeps, checkout: Checkout): Promise<State> {
  const { checkoutId, customerId, correlationId } = checkout
  const standing = (await ordersOf(deps.db.autocommit, checkoutId)).flatMap(({ outcome, orderId }) =>
    outcome === 'placed' && orderId !== null ? [orderId] : [],
  )
  const request = { customerId, orderIds: standing, correlationId }
  const { outcomes } = await deps.orders.cancelOrders(request, { timeoutMs: patienceMs })
  return deps.db.transaction(async (tx): Promise<State> => {
    const [cart] = await lockCarts(tx, [checkout.cartId])
    const { state } = await lockCheckout(tx, checkoutId)
    if (state !== 'undoing') return state
    const cancelled = outcomes.filter((each) => each.cancelled).map(({ orderId }) => orderId)
    await markCancelled(tx, checkoutId, cancelled)
    // It moved on too fast: it stands, its goods leave the cart, and its owner may send them back.
    for (const { orderId, code, detail } of outcomes.filter((each) => !each.cancelled))
      await markUncancellable(tx, checkoutId, orderId, { code, detail })
    return finish(deps, tx, checkout, cart, await ordersOf(tx, checkoutId))
  })
}

/** Every shop has answered: what is ordered leaves the cart, what is not says why, and the others are told. */
async function finish(
  deps: SettleDeps,
  tx: Tx,
  checkout: Checkout,
  cart: Cart | undefined,
  orders: readonly CheckoutOrder[],
): Promise<'done'> {
  const { checkoutId, cartId, customerId } = checkout
  const now = deps.clock()
  const placed = orders.filter(({ outcome }) => outcome === 'placed')
  await takeOut(
    tx,
    cartId,
    placed.flatMap(({ lines }) => lines),
  )
  const refused = orders.flatMap(({ outcome, lines, refusal }) =>
    outcome === 'refused' ? lines.map(({ variantId }) => ({ variantId, refusal: refusal ?? {} })) : [],
  )
  if (refused.length > 0) await noteRefusals(tx, cartId, refused)
  if (cart !== undefined) {
    const used = new Set(placed.flatMap(({ voucherCodes }) => voucherCodes.map((code) => code.toUpperCase())))
    const unused = cart.vouchers.filter((code) => !used.has(code.toUpperCase()))
    if (unused.length < cart.vouchers.length) await setVouchers(tx, cartId, unused)
    await touchCart(tx, cartId, cart.expiresAt)
  }
  await finishCheckout(tx, checkoutId, now)
  await deps.outbox.append(tx, [
    newEvent(
      cartCheckedOut,
      {
        checkoutId,
        cartId,
        customerId,
        orders: orders.map((order) => ({
          shopId: order.shopId,
          outcome: order.outcome,
          orderId: order.orderId ?? '',
          totalMinor: BigInt(order.totalMinor ?? 0),
          currencyCode: order.currency ?? '',
          reason: order.refusal?.code ?? '',
        })),
        checkedOutAtMs: BigInt(now.getTime()),
      },
      { occurredAtMs: now.getTime(), correlationId: checkout.correlationId },
    ),
  ])
  return 'done'
}

/** Who repeats a request takes it up where it is; while somebody else is at it, waits for that, but not for long. */
export async function takeUp(deps: SettleDeps, checkoutId: string): Promise<void> {
  const tx = deps.db.autocommit
  const giveUpAtMs = performance.now() + waitMs
  while ((await findCheckout(tx, checkoutId))?.state !== 'done' && performance.now() < giveUpAtMs) {
    const now = deps.clock()
    if (await leaseIfFree(tx, checkoutId, now, new Date(now.getTime() + leaseMs))) return carryOn(deps, checkoutId)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** What a crash left, and what orders could not decide the last time. */
export async function takeUpDue(deps: SettleDeps): Promise<void> {
  const now = deps.clock()
  const until = new Date(now.getTime() + leaseMs)
  const oldest = new Date(now.getTime() - repeatableMs)
  const due = await leaseDue(deps.db.autocommit, now, until, oldest, 20)
  await Promise.all(due.map(({ checkoutId }) => carryOn(deps, checkoutId)))
}
