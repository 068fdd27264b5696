import { Decision } from '@souk/contracts/payments'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { killer, referee, sagaOf } from './test-saga.ts'
import { ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
let variantId: string
beforeAll(async () => {
  world = await ordersWorld()
  variantId = (await world.variant({ units: 100_000 })).variantId
})
afterAll(() => world.database.close())

/** One order of each kind, and what happens to each, with the process killed at the n-th place and started again. */
async function livesOf(at: number) {
  world.clock.now = new Date()
  const judge = referee()
  const kill = killer(at)
  const saga = await sagaOf(world, judge, { kill })
  const order = (paymentMethod: 'card' | 'cash-on-delivery' | 'wallet', paymentToken?: string) =>
    world.placed(variantId, { paymentMethod, paymentToken })
  const orders = {
    atOnce: await order('cash-on-delivery'),
    paidLater: await order('card'),
    refusedLater: await order('card'),
    neverPaid: await order('card'),
    refused: await order('card', 'tok_refused'),
    noGoods: await order('wallet'),
    regretted: await order('wallet'),
    regrettedAtOnce: await order('wallet'),
    paidTooLate: await order('card'),
  }
  judge.plan.decisions.set(orders.refused.orderId, Decision.REFUSED)
  judge.plan.short.add(orders.noGoods.orderId)
  await world.cancel(orders.regrettedAtOnce.orderId)
  await saga.settle()
  judge.answer(orders.paidLater.orderId, true)
  judge.answer(orders.refusedLater.orderId, false)
  await world.cancel(orders.regretted.orderId)
  await saga.settle()
  // Inventory is away for a while: what was begun is tried again.
  const late = await order('cash-on-delivery')
  judge.plan.away.add('inventory')
  await saga.settle()
  judge.plan.away.delete('inventory')
  await saga.later(60_000)
  // As long as the lease of whoever was killed with work in his hands, and beyond the deadline of payments.
  await saga.later(16 * 60_000)
  await saga.later(3 * 60_000)
  judge.answer(orders.paidTooLate.orderId, true)
  await saga.settle()
  await saga.later(5 * 60_000)
  const all = Object.entries({ ...orders, late })
  const ended = await Promise.all(
    all.map(async ([name, { orderId }]) => ({ name, orderId, order: await world.order(orderId) })),
  )
  return {
    places: kill.places,
    wrong: ended.flatMap(({ order: now }) => judge.judge(now)),
    statuses: Object.fromEntries(ended.map(({ name, order: now }) => [name, now?.status])),
    told: await Promise.all(
      ended.map(async ({ orderId }) => (await world.told(orderId)).map(({ version }) => version).join()),
    ),
  }
}

const statuses = {
  atOnce: 'confirmed',
  paidLater: 'confirmed',
  refusedLater: 'cancelled',
  neverPaid: 'cancelled',
  refused: 'cancelled',
  noGoods: 'cancelled',
  regretted: 'cancelled',
  regrettedAtOnce: 'cancelled',
  paidTooLate: 'cancelled',
  late: 'confirmed',
}

describe('a process killed before and after every effect of the saga', () => {
  test('leaves money, goods and orders agreeing, whichever it was', async () => {
    const whole = await livesOf(0)
    expect(whole).toMatchObject({ wrong: [], statuses })
    expect(whole.places).toBeGreaterThan(40)
    for (let at = 1; at <= whole.places; at += 1) {
      const { wrong, statuses: ended, told } = await livesOf(at)
      expect({ at, wrong, ended }).toEqual({ at, wrong: [], ended: statuses })
      for (const versions of told) expect(['1,2', '1,2,3'], `killed at ${at}`).toContain(versions)
    }
    expect(await world.audit()).toEqual([])
  }, 120_000)
})

test('a process that comes back long after its claim was taken over changes nothing', async () => {
  world.clock.now = new Date()
  const judge = referee()
  const saga = await sagaOf(world, judge)
  judge.plan.away.add('inventory')
  const order = await world.placed(variantId, { paymentMethod: 'wallet' })
  await saga.settle()
  judge.plan.away.delete('inventory')
  world.clock.now = new Date(world.clock.now.getTime() + 2_000)
  // It asks, and is then stopped for as long as its claim holds; what it was told is wrong by the time it comes back.
  let asleep: () => void = () => {}
  let asking: () => void = () => {}
  const began = new Promise<void>((resolve) => {
    asking = resolve
  })
  const zombie = await sagaOf(world, judge, {
    steps: [
      judge.payment,
      {
        ...judge.goods,
        run: async (batch) => {
          asking()
          await new Promise<void>((resolve) => {
            asleep = resolve
          })
          return batch.map(() => ({ kind: 'refused', detail: 'short' }) as const)
        },
      },
    ],
  })
  const late = zombie.once.due()
  await began
  await saga.later(121_000)
  expect((await world.order(order.orderId))?.status).toBe('confirmed')
  await world.cancel(order.orderId)
  judge.plan.away.add('inventory')
  await saga.settle()
  asleep()
  await late
  expect((await world.told(order.orderId)).map(({ type }) => type)).toEqual(['placed', 'confirmed', 'cancelled'])
  judge.plan.away.delete('inventory')
  await saga.later(60_000)
  expect(judge.judge(await world.order(order.orderId))).toEqual([])
})

test('payment and end of an order at the same instant, a thousand times: either it is paid and confirmed, or ended and its money goes back', async () => {
  world.clock.now = new Date()
  const judge = referee()
  const saga = await sagaOf(world, judge)
  const orders = []
  for (let round = 0; round < 40; round += 1)
    orders.push(
      ...(await Promise.all(Array.from({ length: 25 }, () => world.placed(variantId, { paymentMethod: 'card' })))),
    )
  await saga.settle()
  world.clock.now = new Date(world.clock.now.getTime() + 15 * 60_000)
  // The money of each comes at its own moment, while several processes are ending what was not paid.
  let seed = 7
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const waiting = orders.map(({ orderId }) => orderId).sort(() => random() - 0.5)
  const others = await Promise.all([sagaOf(world, judge), sagaOf(world, judge)])
  const ending = others.map(async ({ once }) => {
    while (await once.due());
  })
  while (waiting.length > 0) {
    for (const orderId of waiting.splice(0, 1 + Math.floor(random() * 40))) judge.answer(orderId, true)
    await saga.once.answers()
  }
  await Promise.all(ending)
  await saga.settle()
  await saga.later(130_000)
  const ended = await Promise.all(orders.map(({ orderId }) => world.order(orderId)))
  expect(ended.flatMap((order) => judge.judge(order))).toEqual([])
  const count = (status: string) => ended.filter((order) => order?.status === status).length
  expect(count('confirmed') + count('cancelled')).toBe(1_000)
  expect(count('confirmed')).toBeGreaterThan(10)
  expect(count('cancelled')).toBeGreaterThan(10)
  expect(await world.audit()).toEqual([])
})
