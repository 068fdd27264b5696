import { orderPlaced } from '@souk/contracts'
import { type Consumer, createConsumerMeters, type RunningConsumer, runConsumer } from '@souk/events'
import { sql, type Tx } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { placeOrders } from './place-orders.ts'
import { sagaConsumer } from './run-saga.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'
import { referee } from './test-saga.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())

const running: RunningConsumer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((consumer) => consumer.stop()))
  expect(await world.audit()).toEqual([])
  expect(await world.count('dead_letters')).toBe(0)
})

/** The very consumer the service runs, on the outbox the orders were written to. */
function start(effects: (tx: Tx) => Promise<unknown> = async () => {}) {
  const judge = referee()
  const confirming = sagaConsumer({
    saga: { steps: [judge.payment, judge.goods], deadlineMs: 900_000 },
    outbox: world.outbox,
    clock: () => world.clock.now,
    meters: { ran: () => {}, undid: () => {}, confirmed: () => {} },
  })
  let committed = 0
  const consumer: Consumer = {
    ...confirming,
    async handle(tx, events, prepared) {
      await confirming.handle(tx, events, prepared)
      await effects(tx)
      tx.afterCommit(() => {
        committed += events.filter(({ type }) => type === orderPlaced.type).length
      })
    },
  }
  const started = runConsumer({
    consumer,
    log: world.log,
    db: world.db,
    shard: 'only',
    logger: memoryLog(),
    clock: () => new Date(),
    meters: createConsumerMeters(fakeMetrics()),
    backoff: { attempts: 5, firstMs: 1, longestMs: 4, jitter: 0.25 },
    standbyMs: 20,
  })
  running.push(started)
  return {
    /** Resolves when so many placed orders have been handled and it has stopped. */
    async handled(orders: number) {
      await eventually(() => expect(committed).toBe(orders))
      await started.stop()
    },
  }
}

/** The log is read again from its beginning, as after a restored backup. */
const forgetOffset = () => world.database.query("update orders.consumer_offsets set xid = '0', seq = 0, index = 0")

const historyOf = async (orderId: string) => (await world.order(orderId))?.history.map(([status]) => status)
const toldOf = async (orderId: string) => (await world.told(orderId)).map(({ type, version }) => `${type} ${version}`)

test('a thousand orders are confirmed once each, and each is told as version 1, then version 2', async () => {
  const { variantId } = await world.variant({ units: 1_000 })
  const consumer = start()
  for (let batch = 0; batch < 4; batch += 1)
    expect(
      new Set(
        answers(
          await placeOrders(
            world.deps(),
            Array.from({ length: 250 }, () => ask(variantId)),
          ),
        ),
      ),
    ).toEqual(new Set(['placed']))
  await consumer.handled(1_000)
  const byOrder = Map.groupBy(await world.told(), ({ orderId }) => orderId)
  expect(byOrder.size).toBe(1_000)
  expect(
    new Set([...byOrder.values()].map((told) => told.map(({ type, version }) => `${type} ${version}`).join())),
  ).toEqual(new Set(['placed 1,confirmed 2']))
})

test('an event delivered again confirms nothing again and is not announced again', async () => {
  const { variantId } = await world.variant()
  const order = await world.placed(variantId, { correlationId: 'the-request' })
  await start().handled(1)
  const placings = (await world.told()).filter(({ type }) => type === 'placed').length
  const [rows, before] = [await world.count('outbox'), await world.order(order.orderId)]
  await forgetOffset()
  await start().handled(placings)
  expect(await world.count('outbox')).toBe(rows)
  expect(await world.order(order.orderId)).toEqual(before)
  expect((await world.told(order.orderId)).map(({ correlationId }) => correlationId)).toEqual([
    'the-request',
    'the-request',
  ])
})

test('an order cancelled before it was confirmed stays cancelled, and its neighbours are confirmed', async () => {
  const { variantId } = await world.variant({ units: 3 })
  const [first, second, third] = [
    await world.placed(variantId),
    await world.placed(variantId),
    await world.placed(variantId),
  ]
  await world.cancel(second.orderId)
  await start().handled(3)
  expect(await historyOf(first.orderId)).toEqual(['placed', 'confirmed'])
  expect(await historyOf(second.orderId)).toEqual(['placed', 'cancelled'])
  expect(await historyOf(third.orderId)).toEqual(['placed', 'confirmed'])
  expect(await toldOf(second.orderId)).toEqual(['placed 1', 'cancelled 2'])
  expect(await world.remaining(variantId)).toBe(1)
})

test('a process killed between confirming and committing confirms once all the same', async () => {
  const { variantId } = await world.variant({ units: 20 })
  const orders = await Promise.all(Array.from({ length: 20 }, () => world.placed(variantId)))
  let kills = 0
  const killed = async (tx: Tx) => {
    if (kills++ < 3) await tx.run(sql`select pg_terminate_backend(pg_backend_pid())`)
  }
  await start(killed).handled(20)
  expect(kills).toBeGreaterThan(3)
  for (const { orderId } of orders) expect(await toldOf(orderId)).toEqual(['placed 1', 'confirmed 2'])
})

test('of two processes that confirm the same orders at once, one announces each', async () => {
  const { variantId } = await world.variant({ units: 60 })
  const orders = await Promise.all(Array.from({ length: 60 }, () => world.placed(variantId)))
  const shares = [orders.slice(0, 40), orders.slice(20), orders.slice(10, 50)]
  const counts = await Promise.all(shares.map((share) => world.confirm(...share)))
  expect(counts.reduce((sum, count) => sum + count)).toBe(60)
  for (const { orderId } of orders) expect(await toldOf(orderId)).toEqual(['placed 1', 'confirmed 2'])
})
