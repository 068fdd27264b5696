import { randomUUID } from 'node:crypto'
import { callRoute, operator, principal, staff } from '@souk/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sagaRoutes } from './routes-saga.ts'
import { ordersWorld } from './test-orders.ts'
import { referee, sagaOf } from './test-saga.ts'
import { watchSagas } from './watch-sagas.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
let judge: ReturnType<typeof referee>
let saga: Awaited<ReturnType<typeof sagaOf>>
let variantId: string
beforeAll(async () => {
  world = await ordersWorld()
  variantId = (await world.variant({ units: 10_000 })).variantId
})
afterAll(() => world.database.close())
beforeEach(async () => {
  world.clock.now = new Date()
  judge = referee()
  saga = await sagaOf(world, judge)
})
afterEach(async () => expect(await world.audit()).toEqual([]))

const routes = () =>
  sagaRoutes({
    shards: world.database.shards('orders'),
    outbox: world.outbox,
    saga: saga.deps.saga,
    clock: () => world.clock.now,
    ...judge.stories,
  })
type Body = {
  code: string
  items: { id: string; reason: string; undoing: boolean }[]
  entries: { kind: string; what: string; detail: string }[]
  steps: { step: string; state: string; attempts: number }[]
  notes: string[]
}
const call = async (operationId: string, orderId?: string, who = operator()) => {
  const answer = await callRoute(routes(), operationId, {
    principal: who,
    ...(orderId !== undefined && { params: { orderId } }),
  })
  return { status: answer.status, body: answer.body as Body }
}
const stuck = async () => (await call('listStuckOrders')).body.items.map(({ id }) => id)
const statusOf = async (orderId: string) => (await world.order(orderId))?.status

/** Its goods could not be had for five attempts. */
async function stuckOrder() {
  const order = await world.placed(variantId, { paymentMethod: 'wallet' })
  judge.plan.away.add('inventory')
  await saga.settle()
  for (const ms of [1_000, 2_000, 4_000, 8_000]) await saga.later(ms)
  return order.orderId
}

describe('an order that came to a stop', () => {
  test('is shown to operators with the reason, and goes on when one of them says so', async () => {
    const orderId = await stuckOrder()
    const { body } = await call('listStuckOrders')
    expect(body.items).toMatchObject([
      { id: orderId, reason: expect.stringMatching(/^inventory could not/), undoing: false },
    ])
    judge.plan.away.clear()
    expect((await call('retryOrder', orderId)).body.steps).toMatchObject([{ step: 'goods', state: 'due', attempts: 0 }])
    await saga.settle()
    expect(await statusOf(orderId)).toBe('confirmed')
    expect(await stuck()).toEqual([])
    expect(judge.judge(await world.order(orderId))).toEqual([])
    expect(await call('retryOrder', orderId)).toMatchObject({ status: 409, body: { code: 'nothing-to-retry' } })
  })

  test('is ended by an operator, and everything of it is put back', async () => {
    const orderId = await stuckOrder()
    expect(judge.heldMinor(orderId)).toBe(1_999)
    judge.plan.away.clear()
    expect(await call('compensateOrder', orderId)).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    await saga.settle()
    expect(await stuck()).toEqual([])
    expect((await world.told(orderId)).at(-1)).toMatchObject({ type: 'cancelled', reason: 'operator' })
    expect(judge.judge(await world.order(orderId))).toEqual([])
  })

  test('because nobody ever heard of it is found after five minutes', async () => {
    const { orderId } = await world.placed(variantId)
    const [lost, waiting] = [orderId, (await world.placed(variantId, { paymentMethod: 'card' })).orderId]
    saga = await sagaOf(world, judge, { behind: 1 })
    await saga.settle()
    const watch = () => watchSagas({ db: world.db, saga: saga.deps.saga, clock: () => world.clock.now })
    world.clock.now = new Date(world.clock.now.getTime() + 4 * 60_000)
    await watch()
    expect(await stuck()).toEqual([])
    world.clock.now = new Date(world.clock.now.getTime() + 2 * 60_000)
    expect(await watch()).toMatchObject({ stuck: 1 })
    expect(await stuck()).toEqual([lost])
    await call('retryOrder', lost)
    await saga.settle()
    expect(await statusOf(lost)).toBe('confirmed')
    expect(await statusOf(waiting)).toBe('placed')
    expect(await watch()).toMatchObject({ stuck: 0, waiting: 1 })
    await saga.later(10 * 60_000)
  })

  test('is nobody’s business but operators’', async () => {
    const { orderId } = await world.placed(variantId)
    for (const who of [principal(), staff(world.shopId, 'orders')])
      for (const operationId of ['retryOrder', 'compensateOrder'])
        expect(await call(operationId, orderId, who)).toMatchObject({ status: 403 })
    expect(await call('listStuckOrders', undefined, principal())).toMatchObject({ status: 403 })
    expect(await call('retryOrder', randomUUID())).toMatchObject({ status: 404, body: { code: 'order-not-found' } })
    await saga.settle()
  })
})

describe('the timeline of an order', () => {
  test('tells staff of the shop everything, its customer what concerns him, strangers nothing', async () => {
    const me = principal()
    const { orderId } = await world.placed(variantId, { customerId: me.accountId, paymentMethod: 'card' })
    await saga.settle()
    judge.answer(orderId, true)
    await saga.settle()
    const inside = (await call('getOrderTimeline', orderId, staff(world.shopId, 'orders'))).body
    expect(inside.entries.map(({ kind, what }) => `${kind} ${what}`)).toEqual(
      expect.arrayContaining([
        'state placed',
        'event orders.order_placed',
        'step payment done',
        'state confirmed',
        'payment authorise asked',
        'goods set apart',
        'message order-confirmed by email: sent',
      ]),
    )
    expect(inside).toMatchObject({ notes: [], steps: [{ step: 'payment' }, { step: 'goods' }] })
    const mine = (await call('getOrderTimeline', orderId, me)).body
    expect(new Set(mine.entries.map(({ kind }) => kind))).toEqual(new Set(['state', 'message']))
    expect(mine).toMatchObject({ steps: [], payments: [{ state: 'captured', provider: '' }] })
    for (const stranger of [principal(), staff(randomUUID(), 'orders'), staff(world.shopId, 'catalog')])
      expect(await call('getOrderTimeline', orderId, stranger)).toMatchObject({ status: 404 })
  })

  test('says of a cancelled order who cancelled it, or what for', async () => {
    const me = principal()
    const order = () => world.placed(variantId, { customerId: me.accountId, paymentMethod: 'card' })
    const [regretted, unpaid] = [await order(), await order()]
    await saga.settle()
    await world.cancel(regretted.orderId)
    await saga.later(15 * 60_000)
    const why = async (orderId: string) =>
      (await call('getOrderTimeline', orderId, me)).body.entries.find(({ what }) => what === 'cancelled')?.detail
    expect([await why(regretted.orderId), await why(unpaid.orderId)]).toEqual(['customer', 'payment-expired'])
  })

  test('says what is missing while a service is away', async () => {
    const { orderId } = await world.placed(variantId)
    await saga.settle()
    judge.plan.away.add('payments')
    const { status, body } = await call('getOrderTimeline', orderId)
    expect(status).toBe(200)
    expect(body.notes).toEqual(['payments did not answer: what it knows is missing here.'])
    expect(body.entries.map(({ what }) => what)).toContain('confirmed')
  })
})
