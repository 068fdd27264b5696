import { randomUUID } from 'node:crypto'
import { bucketInId, createShards, type Database, uuidv7 } from '@souk/postgres'
import { eventually, memoryLog } from '@souk/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { orderErrors } from './errors.ts'
import { startPlacingAccepted } from './place-accepted.ts'
import { createAcceptor, placeAccepted } from './place-later.ts'
import type { Placer } from './placer.ts'
import { type AcceptedRequest, findRequest, priorities, type Priority } from './requests.sql.ts'
import { ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
let placer: Placer
beforeAll(async () => {
  world = await ordersWorld()
  placer = world.placer()
})
afterAll(() => world.database.close())
beforeEach(() => world.database.query('delete from orders.order_requests'))
afterEach(async () => expect(await world.audit()).toEqual([]))

function requestOf(order: ReturnType<typeof ask>, priority: Priority = 'normal'): AcceptedRequest {
  const { lines, paymentMethod, correlationId } = order
  const acceptedAt = world.clock.now
  return {
    orderId: uuidv7(acceptedAt.getTime(), bucketInId(lines[0]?.variantId ?? '')),
    customerId: order.customerId,
    key: order.key,
    bodyHash: order.bodyHash,
    body: JSON.stringify({ lines, paymentMethod, correlationId, saleOnly: false }),
    priority: priorities[priority],
    networkAddress: '127.0.0.1',
    userAgent: 'test',
    acceptedAt,
  }
}
const acceptor = () => createAcceptor(createShards([{ name: 'only', db: world.db }]), 'only', () => {})
const accept = (order: ReturnType<typeof ask>, priority?: Priority) => acceptor().submit(requestOf(order, priority))
const stateOf = async (orderId: unknown) => (await findRequest(world.db.autocommit, orderId as string))?.state
const placeThem = (more: { db?: Database; placer?: Placer } = {}, limit?: number) =>
  placeAccepted({ db: world.db, placer, clock: () => world.clock.now, ...more }, limit)

describe('an order accepted for later', () => {
  test('is kept before anybody is told, and placed under the id it was promised', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const orderId = (await accept(ask([{ variantId, quantity: 2 }], { correlationId: 'asked-for-by' }))) as string
    expect(await stateOf(orderId)).toBe('accepted')
    expect(await world.order(orderId)).toBeUndefined()
    expect(await placeThem()).toBe(1)
    expect(await stateOf(orderId)).toBe('placed')
    expect(await world.order(orderId)).toMatchObject({ status: 'placed', totalMinor: 2 * 1_999 })
    expect((await world.told(orderId))[0]).toMatchObject({ correlationId: 'asked-for-by' })
  })

  test('that cannot be had is refused, with the reason for whoever asks', async () => {
    const { variantId } = await world.variant({ units: 1 })
    const orderId = (await accept(ask([{ variantId, quantity: 2 }]))) as string
    await placeThem()
    expect(await findRequest(world.db.autocommit, orderId)).toMatchObject({
      state: 'refused',
      refusal: { code: 'out-of-stock', variantId, remaining: 1 },
      finished_at: world.clock.now,
    })
    expect(await world.order(orderId)).toBeUndefined()
  })

  test('is placed soon by itself, also one that another process accepted', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const placing = startPlacingAccepted({ db: () => world.db, placer, clock: () => world.clock.now, log: memoryLog() })
    const woken = createAcceptor(createShards([{ name: 'only', db: world.db }]), 'only', placing.wake)
    const [here, elsewhere] = [await woken.submit(requestOf(ask(variantId))), await accept(ask(variantId))]
    await eventually(async () => expect([await stateOf(here), await stateOf(elsewhere)]).toEqual(['placed', 'placed']))
    await placing.stop()
  })
})

describe('the same key', () => {
  test('sent again for later gets the same id, also fifty times at once, and makes one order', async () => {
    const { variantId } = await world.variant({ units: 100 })
    const order = ask(variantId)
    const [one, two] = [acceptor(), acceptor()]
    const ids = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 ? one : two).submit(requestOf(order))),
    )
    expect(new Set(ids).size).toBe(1)
    await placeThem()
    expect(await accept(order)).toBe(ids[0])
    expect(await placeThem()).toBe(0)
    expect(await world.remaining(variantId)).toBe(99)
  })

  test('with another body is refused, and its neighbours in the batch are accepted', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const order = ask(variantId)
    const other = ask([{ variantId, quantity: 2 }], { customerId: order.customerId, key: order.key })
    const stranger = { ...order, customerId: randomUUID() }
    const crowd = acceptor()
    const [first, refused, neighbour] = await Promise.all(
      [order, other, stranger].map((one) => crowd.submit(requestOf(one))),
    )
    expect(refused).toMatchObject({ code: 'order-key-mismatch' })
    expect([await stateOf(first), await stateOf(neighbour)]).toEqual(['accepted', 'accepted'])
    expect(first).not.toBe(neighbour)
    await placeThem()
  })

  test('that made an order at once is shown that order when it is sent for later; with another body it is refused', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const order = ask(variantId)
    const placed = await placer.place(order)
    expect(await accept(order)).toBe(placed.kind === 'placed' && placed.order.orderId)
    const other = ask([{ variantId, quantity: 2 }], { customerId: order.customerId, key: order.key })
    expect(await accept(other)).toMatchObject({ code: 'order-key-mismatch' })
    expect(await placeThem()).toBe(0)
    expect(await world.remaining(variantId)).toBe(4)
  })

  test('accepted for later and then sent to be placed at once is one order, whichever is first', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const order = ask(variantId)
    const orderId = await accept(order)
    await placeThem()
    expect(await placer.place(order)).toMatchObject({ kind: 'placed', repeated: true, order: { orderId } })
    const hurried = ask(variantId)
    await accept(hurried)
    await Promise.all([placer.place(hurried), placeThem()])
    expect(await world.remaining(variantId)).toBe(3)
  })
})

describe('of those that wait', () => {
  test('the most urgent is placed first, and among equals who came first', async () => {
    const { variantId } = await world.variant({ units: 3 })
    const crowd: Priority[] = ['low', 'normal', 'high', 'normal', 'high']
    const ids: unknown[] = []
    for (const priority of crowd) {
      world.clock.now = new Date(world.clock.now.getTime() + 1)
      ids.push(await accept(ask(variantId), priority))
    }
    for (let turn = 0; turn < crowd.length; turn += 1) await placeThem({}, 1)
    expect(await Promise.all(ids.map(stateOf))).toEqual(['refused', 'placed', 'placed', 'refused', 'placed'])
    world.clock.now = new Date()
  })

  test('none is placed twice by two processes at work', async () => {
    const { variantId } = await world.variant({ units: 50 })
    await Promise.all(Array.from({ length: 40 }, () => accept(ask(variantId))))
    const finished = await Promise.all(Array.from({ length: 4 }, () => placeThem({}, 10)))
    expect(finished.reduce((sum, count) => sum + count)).toBe(40)
    expect(await world.remaining(variantId)).toBe(10)
  })
})

describe('when it goes wrong', () => {
  test('a process that dies after placing and before noting it leaves one order, noted by the next', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const orderId = await accept(ask(variantId))
    const dying: Database = {
      ...world.db,
      transaction: (body, options) =>
        world.db.transaction(async (tx) => {
          await body(tx)
          throw new Error('killed')
        }, options),
    }
    await expect(placeThem({ db: dying })).rejects.toThrow('killed')
    expect(await world.order(orderId as string)).toMatchObject({ status: 'placed' })
    expect(await stateOf(orderId)).toBe('accepted')
    expect(await placeThem()).toBe(1)
    expect(await stateOf(orderId)).toBe('placed')
    expect(await world.remaining(variantId)).toBe(4)
  })

  test('too many orders at the moment means later, not never', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const orderId = await accept(ask(variantId))
    const busy = { ...placer, place: () => Promise.reject(orderErrors.error('orders-overloaded', 'Too many.')) }
    expect(await placeThem({ placer: busy })).toBe(0)
    expect(await stateOf(orderId)).toBe('accepted')
    expect(await placeThem()).toBe(1)
  })

  test('one that cannot be placed at all does not hold up those behind it, nor tells what is inside', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const poison = await accept(ask(variantId), 'high')
    const next = await accept(ask(variantId))
    const stumbling: Placer = {
      ...placer,
      place: (request) =>
        request.orderId === poison ? Promise.reject(new TypeError('column "x" is missing')) : placer.place(request),
    }
    expect(await placeThem({ placer: stumbling })).toBe(2)
    expect([await stateOf(poison), await stateOf(next)]).toEqual(['refused', 'placed'])
    const row = await findRequest(world.db.autocommit, poison as string)
    expect(row?.refusal).toMatchObject({ code: 'internal' })
    expect(JSON.stringify(row?.refusal)).not.toContain('column')
  })
})
