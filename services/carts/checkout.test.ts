import { randomUUID } from 'node:crypto'
import { cartCheckedOut } from '@souk/contracts'
import type { Principal } from '@souk/http'
import { shopper } from '@souk/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaseMs } from './check-out.ts'
import { startCarts } from './test-carts.ts'

let world: Awaited<ReturnType<typeof startCarts>>
let me: Principal
beforeAll(async () => {
  world = await startCarts()
})
afterAll(() => world.close())
beforeEach(() => {
  me = shopper()
  world.outbox.clear()
  world.orders.placed.length = 0
  world.orders.calls = 0
  world.orders.next = []
  world.orders.busy.clear()
  world.orders.uncancellable.clear()
  world.orders.before = async () => {}
})

const checkOut = (cartId: string, given: { key?: string; body?: object; principal?: Principal; token?: string } = {}) =>
  world.call('checkOut', {
    params: { cartId },
    body: given.body ?? {},
    principal: given.principal ?? me,
    idempotencyKey: given.key ?? randomUUID(),
    ...(given.token !== undefined && { token: given.token }),
  })
const leftIn = async (cartId: string) =>
  (await world.call('getCart', { params: { cartId }, principal: me })).body.shops.flatMap(({ items }) => items)
const outcomesOf = (body: { orders: { outcome: string }[] }) => body.orders.map(({ outcome }) => outcome).sort()
/** Time passes, and the job looks for what was left behind. */
const later = async () => {
  world.time.advance(leaseMs + 1)
  await world.job('carts.carry-on-checkouts')
}

describe('a checkout', () => {
  test('makes one order per shop, empties the cart and is told of once', async () => {
    const [cup, plate] = [await world.sell(), await world.sell()]
    const cartId = await world.filled(me, cup, await world.sell({ shopId: cup.shopId }), plate)
    const { status, body } = await checkOut(cartId)
    expect({ status, state: body.state, result: body.result }).toEqual({ status: 201, state: 'done', result: 'placed' })
    expect(body.orders.map(({ shopId }) => shopId).sort()).toEqual([cup.shopId, plate.shopId].sort())
    expect(world.orders.placed).toHaveLength(2)
    expect(await leftIn(cartId)).toEqual([])
    expect(world.outbox.of(cartCheckedOut)).toMatchObject([{ cartId, customerId: me.accountId }])
    expect((await checkOut(cartId)).body.code).toBe('cart-empty')
    expect(await world.findings()).toEqual([])
  })

  test('keeps neither address nor contact once it is done', async () => {
    const cartId = await world.filled(me, await world.sell())
    const contact = { name: 'Ada', phone: '+4930123456' }
    const { body } = await checkOut(cartId, { body: { contact } })
    expect(body).toMatchObject({ state: 'done', result: 'placed' })
    const kept = await world.database.query('select request from carts.checkouts where checkout_id = $1', [body.id])
    expect(kept).toEqual([{ request: {} }])
  })

  test('repeated with its key gives the same answer, whatever lies in the cart by then; another body does not', async () => {
    const cup = await world.sell()
    const cartId = await world.filled(me, cup)
    const key = randomUUID()
    const first = await checkOut(cartId, { key })
    await world.filled(me, cup)
    const again = await checkOut(cartId, { key })
    expect(again.body).toEqual(first.body)
    expect(again.headers?.['idempotency-replayed']).toBe('true')
    expect(world.orders.placed).toHaveLength(1)
    expect((await checkOut(cartId, { key, body: { allOrNothing: true } })).body.code).toBe('idempotency-mismatch')
    const other = await world.call('getCheckout', { params: { checkoutId: first.body.id }, principal: shopper() })
    expect(other.body.code).toBe('checkout-not-found')
  })

  test('whose one shop refuses lets the others stand; what was refused stays in the cart and says why', async () => {
    const [cup, plate] = [await world.sell(), await world.sell({ left: 1 })]
    const cartId = await world.filled(me, cup, plate)
    const { body } = await checkOut(cartId)
    expect(body.result).toBe('partly-placed')
    expect(outcomesOf(body)).toEqual(['placed', 'refused'])
    const left = await leftIn(cartId)
    expect(left).toMatchObject([{ variantId: plate.variantId, quantity: 2 }])
    expect(left[0]?.changes).toContainEqual({ kind: 'refused', code: 'out-of-stock', message: 'There were 1.' })
  })

  test('with all or nothing cancels what was accepted, and everything stays in the cart', async () => {
    const [cup, plate] = [await world.sell({ left: 2 }), await world.sell({ left: 1 })]
    const cartId = await world.filled(me, cup, plate)
    const { body } = await checkOut(cartId, { body: { allOrNothing: true } })
    expect(body.result).toBe('not-placed')
    expect(outcomesOf(body)).toEqual(['cancelled', 'refused'])
    expect(world.orders.standing).toEqual([])
    expect(await leftIn(cartId)).toHaveLength(2)
    expect(await world.findings()).toEqual([])
  })

  test('with all or nothing says so when an order could not be cancelled any more, and takes its goods out', async () => {
    const [cup, plate] = [await world.sell(), await world.sell({ left: 1 })]
    const cartId = await world.filled(me, cup, plate)
    const { cancelOrders } = world.orders.client
    world.orders.client.cancelOrders = async (request) => {
      for (const orderId of request.orderIds ?? []) world.orders.uncancellable.add(orderId)
      return cancelOrders(request)
    }
    world.deps.orders.cancelOrders = world.orders.client.cancelOrders as never
    const { body } = await checkOut(cartId, { body: { allOrNothing: true } })
    world.orders.client.cancelOrders = cancelOrders
    world.deps.orders.cancelOrders = cancelOrders as never
    expect(body.orders.find(({ outcome }) => outcome === 'placed')?.refusal?.code).toBe('illegal-transition')
    expect((await leftIn(cartId)).map(({ variantId }) => variantId)).toEqual([plate.variantId])
    expect(await world.findings()).toEqual([])
  })

  test('does not order dearer than was seen, unless that is accepted; what is cheaper is simply cheaper', async () => {
    const [cup, plate] = [await world.sell(), await world.sell()]
    const cartId = await world.filled(me, cup, plate)
    await world.change({ ...cup, priceMinor: 1_200 })
    await world.change({ ...plate, priceMinor: 800 })
    const { body } = await checkOut(cartId)
    expect(body).toMatchObject({
      code: 'cart-changed',
      changes: [{ variantId: cup.variantId, wasMinor: 1_000, isMinor: 1_200 }],
    })
    expect(world.orders.calls).toBe(0)
    expect((await checkOut(cartId, { body: { acceptChanges: true } })).body.result).toBe('placed')
  })

  test('leaves what was put in while it was under way', async () => {
    const cup = await world.sell()
    const cartId = await world.filled(me, cup)
    world.orders.before = async () => {
      await world.call('setCartItem', {
        principal: me,
        params: { cartId, variantId: cup.variantId },
        body: { quantity: 5 },
      })
    }
    await checkOut(cartId)
    expect(await leftIn(cartId)).toMatchObject([{ variantId: cup.variantId, quantity: 3 }])
  })

  test('gives each shop its own vouchers, and refuses a code nobody has', async () => {
    const [cup, plate] = [await world.sell(), await world.sell()]
    const cartId = await world.filled(me, cup, plate)
    const note = (codes: string[]) =>
      world.call('setCartVouchers', { params: { cartId }, body: { codes }, principal: me })
    world.vouchers.set('CUPS', cup.shopId)
    await note(['CUPS', 'NOBODYS'])
    expect((await checkOut(cartId)).body.code).toBe('voucher-unknown')
    await note(['CUPS'])
    await checkOut(cartId)
    expect(world.orders.placed.map(({ shopId, voucherCodes }) => [shopId === cup.shopId, voucherCodes]).sort()).toEqual(
      [
        [false, []],
        [true, ['CUPS']],
      ],
    )
    expect((await world.call('getCart', { params: { cartId }, principal: me })).body.vouchers).toEqual([])
  })

  test('delivers to an address of the own address book, and to nobody else’s', async () => {
    const cartId = await world.filled(me, await world.sell())
    const addressId = randomUUID()
    world.addresses.set(addressId, { customerId: shopper().accountId })
    const body = { delivery: { addressId } }
    expect((await checkOut(cartId, { body })).body.code).toBe('delivery-address-unknown')
    world.addresses.set(addressId, { customerId: me.accountId })
    expect((await checkOut(cartId, { body })).status).toBe(201)
  })

  test('of a guest’s cart needs its token, and an account the orders belong to', async () => {
    const cup = await world.sell()
    const { body } = await world.call('openCart')
    const token = body.cartToken
    const params = { cartId: body.cart.id, variantId: cup.variantId }
    await world.call('setCartItem', { params, token, body: { quantity: 1 } })
    expect((await checkOut(body.cart.id)).body.code).toBe('cart-not-found')
    expect((await checkOut(body.cart.id, { token })).body.result).toBe('placed')
    expect(world.orders.placed[0]?.customerId).toBe(me.accountId)
  })
})

describe('two windows that check out at once', () => {
  test('with keys of their own make one set of orders', async () => {
    const cartId = await world.filled(me, await world.sell(), await world.sell())
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => checkOut(cartId)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    for (const { body, status } of answers)
      if (status !== 201) expect(['checkout-under-way', 'cart-empty']).toContain(body.code)
    expect(world.orders.placed).toHaveLength(2)
  })

  test('with one key get one answer', async () => {
    const cartId = await world.filled(me, await world.sell())
    const key = randomUUID()
    const answers = await Promise.all([1, 2, 3, 4].map(() => checkOut(cartId, { key })))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(answers.every(({ status }) => status === 201)).toBe(true)
    expect(world.orders.placed).toHaveLength(1)
  })

  test('with one key for two carts are not mixed up', async () => {
    const cup = await world.sell()
    const cartId = await world.filled(me, cup)
    const { body } = await world.call('openCart')
    const token = body.cartToken
    const params = { cartId: body.cart.id, variantId: cup.variantId }
    await world.call('setCartItem', { params, token, body: { quantity: 1 } })
    const key = randomUUID()
    const answers = await Promise.all([checkOut(cartId, { key }), checkOut(body.cart.id, { key, token })])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422])
  })
})

describe('a checkout that is interrupted', () => {
  test('whose answer is lost is carried on, and its orders are found again', async () => {
    const cartId = await world.filled(me, await world.sell(), await world.sell())
    const key = randomUUID()
    world.orders.next = ['answer-lost']
    const first = await checkOut(cartId, { key })
    expect(first).toMatchObject({ status: 202, body: { state: 'working', result: null } })
    expect((await checkOut(cartId)).body.code).toBe('checkout-under-way')
    await later()
    expect((await checkOut(cartId, { key })).body.result).toBe('placed')
    expect(world.orders.placed).toHaveLength(2)
    expect(await leftIn(cartId)).toEqual([])
  })

  test('because a shop is busy is tried again until it answers; the other shop is not asked again', async () => {
    const [cup, plate] = [await world.sell(), await world.sell()]
    const cartId = await world.filled(me, cup, plate)
    world.orders.busy.add(plate.shopId)
    expect(outcomesOf((await checkOut(cartId)).body)).toEqual(['pending', 'placed'])
    world.orders.left.set(cup.variantId, 0)
    world.orders.busy.clear()
    await later()
    expect(world.orders.standing).toHaveLength(2)
    expect(await leftIn(cartId)).toEqual([])
  })

  test('is asked for by nobody else while somebody is at it', async () => {
    const cartId = await world.filled(me, await world.sell())
    world.orders.before = async () => {
      world.orders.before = async () => {}
      await world.job('carts.carry-on-checkouts')
    }
    await checkOut(cartId)
    expect(world.orders.calls).toBe(1)
  })

  test('is not repeated once orders may have forgotten its keys; the audit names it', async () => {
    const cartId = await world.filled(me, await world.sell())
    world.orders.next = ['answer-lost']
    const { body } = await checkOut(cartId)
    world.time.advance(21 * 3_600_000)
    await later()
    expect(world.orders.calls).toBe(1)
    await world.database.query(
      `update carts.checkouts set created_at = now() - interval '21 hours' where checkout_id = $1`,
      [body.id],
    )
    expect(await world.findings()).toEqual([expect.stringContaining('is not done')])
    await world.database.query('delete from carts.checkouts where checkout_id = $1', [body.id])
  })

  test('anywhere, as often as may be, comes to one set of orders that the cart agrees with', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('answer' as const, 'lost' as const, 'answer-lost' as const), { maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        async (fates, allOrNothing, oneIsShort) => {
          me = shopper()
          world.orders.placed.length = 0
          const [cup, plate] = [await world.sell(), await world.sell({ left: oneIsShort ? 1 : 9 })]
          const cartId = await world.filled(me, cup, plate)
          const key = randomUUID()
          world.orders.next = [...fates]
          await checkOut(cartId, { key, body: { allOrNothing } })
          for (let round = 0; round <= fates.length; round += 1) await later()
          const { body } = await checkOut(cartId, { key, body: { allOrNothing } })
          const expected = oneIsShort ? (allOrNothing ? 0 : 1) : 2
          expect(body.state).toBe('done')
          expect(world.orders.standing).toHaveLength(expected)
          expect(body.orders.filter(({ outcome }) => outcome === 'placed')).toHaveLength(expected)
          expect(await leftIn(cartId)).toHaveLength(2 - expected)
          expect(await world.findings()).toEqual([])
        },
      ),
      { numRuns: 25 },
    ))
})
