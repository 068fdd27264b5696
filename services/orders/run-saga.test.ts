import { Decision } from '@souk/contracts/payments'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { purgeSteps, stepsOf } from './steps.sql.ts'
import { ordersWorld } from './test-orders.ts'
import { pointsStep, referee, sagaOf } from './test-saga.ts'
import { stepLifeMs } from './watch-sagas.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
let judge: ReturnType<typeof referee>
let saga: Awaited<ReturnType<typeof sagaOf>>
let variantId: string
beforeAll(async () => {
  world = await ordersWorld()
  variantId = (await world.variant({ units: 100_000 })).variantId
})
afterAll(() => world.database.close())
beforeEach(async () => {
  world.clock.now = new Date()
  judge = referee()
  saga = await sagaOf(world, judge)
})
afterEach(async () => expect(await world.audit()).toEqual([]))

const placed = (paymentMethod: 'card' | 'wallet' | 'bank-transfer' | 'cash-on-delivery', paymentToken?: string) =>
  world.placed(variantId, { paymentMethod, paymentToken })
const statesOf = async (orderId: string) =>
  Object.fromEntries((await stepsOf(world.db.autocommit, orderId)).map(({ step, state }) => [step, state]))
const historyOf = async (orderId: string) => (await world.order(orderId))?.history.map(([status]) => status)
const toldOf = async (orderId: string) =>
  (await world.told(orderId)).map(({ type, reason }) => (reason ? `${type} ${reason}` : type))
const judged = async (...orders: readonly { orderId: string }[]) =>
  (await Promise.all(orders.map(async ({ orderId }) => judge.judge(await world.order(orderId))))).flat()
const minute = 60_000

test('how the steps of an order ended is kept for 30 days; what is not at its end stays', async () => {
  const [cancelled, other] = [await placed('wallet'), await placed('wallet')]
  judge.plan.short.add(cancelled.orderId)
  await saga.settle()
  judge.plan.away.add('inventory')
  const later = await placed('wallet')
  await saga.settle()
  const purge = () => purgeSteps(world.db.autocommit, new Date(world.clock.now.getTime() - stepLifeMs), 100)
  await saga.later(stepLifeMs - minute)
  expect(await purge()).toBe(0)
  world.clock.now = new Date(world.clock.now.getTime() + 2 * minute)
  expect(await purge()).toBe(2)
  expect(await statesOf(cancelled.orderId)).toEqual({})
  expect(await statesOf(later.orderId)).toEqual({ goods: 'due' })
  expect(await judged(cancelled, other)).toEqual([])
  // Money that comes after all goes back all the same.
  judge.plan.away.clear()
  judge.answer(cancelled.orderId, true)
  await saga.settle()
  expect(await statesOf(cancelled.orderId)).toEqual({ payment: 'undone' })
  await saga.later(10 * minute)
  expect(await judged(cancelled, later)).toEqual([])
})

describe('an order that is paid at once', () => {
  test('is confirmed with its goods set apart, by one call for all, and leaves no rows', async () => {
    const orders = [await placed('cash-on-delivery'), await placed('wallet'), await placed('card', 'tok_1')]
    await saga.settle()
    expect(judge.calls).toEqual({ authorise: 1, giveBack: 0, assign: 1, release: 0 })
    for (const { orderId } of orders) {
      expect(await toldOf(orderId)).toEqual(['placed', 'confirmed'])
      expect(await statesOf(orderId)).toEqual({})
    }
    expect(await judged(...orders)).toEqual([])
  })

  test('and has no goods on the shelf after all is cancelled, and its money goes back', async () => {
    const order = await placed('wallet')
    judge.plan.short.add(order.orderId)
    const before = await world.remaining(variantId)
    await saga.settle()
    expect(await toldOf(order.orderId)).toEqual(['placed', 'cancelled out-of-stock'])
    expect(await world.remaining(variantId)).toBe(before + 1)
    expect(await judged(order)).toEqual([])
    expect(saga.outcomes).toEqual(['payment done', 'goods refused', 'goods undo-done', 'payment undo-done'])
    expect(await statesOf(order.orderId)).toEqual({ payment: 'undone', goods: 'undone' })
  })

  test('is cancelled when the payment is refused; its neighbours in the batch are not', async () => {
    const [refused, other] = [await placed('card', 'tok_2'), await placed('card', 'tok_3')]
    judge.plan.decisions.set(refused.orderId, Decision.REFUSED)
    await saga.settle()
    expect(await toldOf(refused.orderId)).toEqual(['placed', 'cancelled payment-refused'])
    expect(await toldOf(other.orderId)).toEqual(['placed', 'confirmed'])
    expect(judge.isApart(refused.orderId)).toBe(false)
    expect(await judged(refused, other)).toEqual([])
  })
})

describe('an order whose payment is answered later', () => {
  test('waits, and is confirmed when it is paid', async () => {
    const order = await placed('card')
    await saga.settle()
    expect(await historyOf(order.orderId)).toEqual(['placed'])
    expect(await statesOf(order.orderId)).toEqual({ payment: 'pending' })
    judge.answer(order.orderId, true)
    await saga.settle()
    expect(await toldOf(order.orderId)).toEqual(['placed', 'confirmed'])
    expect(await statesOf(order.orderId)).toEqual({ payment: 'done', goods: 'done' })
    expect(await judged(order)).toEqual([])
  })

  test('is confirmed also when the answer comes before anybody waits for it', async () => {
    const order = await placed('card')
    await saga.once.own(() => {
      judge.answer(order.orderId, true)
      return saga.once.answers()
    })
    await saga.settle()
    expect(await statesOf(order.orderId)).toEqual({ payment: 'done', goods: 'done' })
    expect(await toldOf(order.orderId)).toEqual(['placed', 'confirmed'])
    expect(await judged(order)).toEqual([])
  })

  test('is cancelled when it is refused', async () => {
    const order = await placed('card')
    await saga.settle()
    judge.answer(order.orderId, false)
    await saga.settle()
    expect(await toldOf(order.orderId)).toEqual(['placed', 'cancelled payment-refused'])
    expect(await judged(order)).toEqual([])
  })

  test('and does not come is cancelled after fifteen minutes; money that comes then is sent back', async () => {
    const order = await placed('card')
    await saga.settle()
    await saga.later(15 * minute - 1)
    expect(await historyOf(order.orderId)).toEqual(['placed'])
    await saga.later(1)
    expect(await toldOf(order.orderId)).toEqual(['placed', 'cancelled payment-expired'])
    judge.answer(order.orderId, true)
    await saga.settle()
    expect(await judged(order)).toEqual([])
    expect(await historyOf(order.orderId)).toEqual(['placed', 'cancelled'])
  })

  test('is looked up once more before it is given up: an event that got lost costs nobody his order', async () => {
    const order = await placed('card')
    await saga.settle()
    judge.answer(order.orderId, true)
    judge.answers.pop()
    await saga.later(15 * minute)
    expect(await toldOf(order.orderId)).toEqual(['placed', 'confirmed'])
    expect(await judged(order)).toEqual([])
  })
})

describe('an order that is cancelled', () => {
  test('before the saga has heard of it is not paid for', async () => {
    const order = await placed('wallet')
    await world.cancel(order.orderId)
    await saga.settle()
    expect(judge.calls.authorise).toBe(0)
    expect(await toldOf(order.orderId)).toEqual(['placed', 'cancelled customer'])
    expect(await judged(order)).toEqual([])
  })

  test('after it was confirmed has its goods put back and its money given back, in this order', async () => {
    const order = await placed('wallet')
    await saga.settle()
    saga.outcomes.length = 0
    await world.cancel(order.orderId)
    await saga.settle()
    expect(saga.outcomes).toEqual(['goods undo-done', 'payment undo-done'])
    expect(await judged(order)).toEqual([])
  })

  test('while it waits for its payment does not come back to life when it is paid', async () => {
    const order = await placed('card')
    await saga.settle()
    await world.cancel(order.orderId)
    judge.answer(order.orderId, true)
    await saga.once.answers()
    await saga.settle()
    expect(await toldOf(order.orderId)).toEqual(['placed', 'cancelled customer'])
    expect(await judged(order)).toEqual([])
  })
})

describe('a service that is away', () => {
  test('stops nobody else, and its orders are confirmed when it is back', async () => {
    judge.plan.away.add('payments')
    const order = await placed('card', 'tok_once')
    await saga.settle()
    expect(await statesOf(order.orderId)).toEqual({ payment: 'due' })
    judge.plan.away.delete('payments')
    await saga.later(1_000)
    expect(await toldOf(order.orderId)).toEqual(['placed', 'confirmed'])
    const rows = await stepsOf(world.db.autocommit, order.orderId)
    expect(rows.map(({ step, state, input }) => [step, state, input])).toEqual([['payment', 'done', '']])
    expect(await judged(order)).toEqual([])
  })

  test('for long is shown as stuck after five attempts, and the order goes on by itself all the same', async () => {
    judge.plan.away.add('inventory')
    const order = await placed('wallet')
    await saga.settle()
    for (const ms of [1_000, 2_000, 4_000, 8_000]) await saga.later(ms)
    expect(await statesOf(order.orderId)).toMatchObject({ goods: 'stuck' })
    expect(judge.calls.authorise).toBe(1)
    judge.plan.away.delete('inventory')
    await saga.later(5 * minute)
    expect(await toldOf(order.orderId)).toEqual(['placed', 'confirmed'])
    expect(await judged(order)).toEqual([])
  })

  test('while an order is cancelled holds up what comes before it in the way back, until it is out of attempts', async () => {
    const order = await placed('wallet')
    await saga.settle()
    judge.plan.away.add('inventory')
    await world.cancel(order.orderId)
    await saga.settle()
    expect(await statesOf(order.orderId)).toEqual({ goods: 'undoing', payment: 'held' })
    expect(judge.heldMinor(order.orderId)).toBe(order.totalMinor)
    for (const ms of [1_000, 2_000, 4_000, 8_000]) await saga.later(ms)
    expect(await statesOf(order.orderId)).toEqual({ goods: 'undo-stuck', payment: 'undone' })
    expect(judge.heldMinor(order.orderId)).toBe(0)
    judge.plan.away.delete('inventory')
    await saga.later(5 * minute)
    expect(await statesOf(order.orderId)).toEqual({ goods: 'undone', payment: 'undone' })
    expect(await judged(order)).toEqual([])
  })
})

describe('a step more', () => {
  test('takes its part in everything: it is run last, undone first', async () => {
    const points = new Map<string, number>()
    const longer = await sagaOf(world, judge, { steps: [judge.payment, judge.goods, pointsStep(points)] })
    const order = await placed('wallet')
    await longer.settle()
    expect(await toldOf(order.orderId)).toEqual(['placed', 'confirmed'])
    expect(points.get(order.orderId)).toBe(10)
    await world.cancel(order.orderId)
    await longer.settle()
    expect(longer.outcomes).toEqual([
      'payment done',
      'goods done',
      'points done',
      'points undo-done',
      'goods undo-done',
      'payment undo-done',
    ])
    expect(points.get(order.orderId)).toBe(0)
    expect(await judged(order)).toEqual([])
  })
})
