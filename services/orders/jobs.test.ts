import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dayBefore, orderJobs } from './jobs.ts'
import { keyLifeMs } from './keys.ts'
import { placeOrders } from './place-orders.ts'
import { createTermsMemory } from './terms.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())

const dayMs = 24 * 3_600_000
const memory = createTermsMemory()
const run = async (name: string) =>
  orderJobs({ shards: world.database.shards('orders'), memory, clock: () => world.clock.now })
    .find((job) => job.name === name)
    ?.run()
const at = async (now: Date, work: () => Promise<void>) => {
  world.clock.now = now
  try {
    await work()
  } finally {
    world.clock.now = new Date()
  }
}
const partitionsOf = async (table: string) =>
  (
    await world.database.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = $1::regclass order by 1`,
      [`orders.${table}`],
    )
  ).map(({ name }) => name)

describe('when a sale has ended', () => {
  test('what it has left goes back on ordinary sale, once, and at its price in every process', async () => {
    const thing = await world.variant({ units: 10 })
    const saleWindowId = await world.sale(thing, { units: 6, toMs: 5_000 })
    const running = await world.sale(await world.variant({ units: 3 }), { units: 3, toMs: 60_000 })
    const deps = world.deps({ memory })
    expect(answers(await placeOrders(deps, [ask([{ variantId: thing.variantId, quantity: 2 }])]))).toEqual(['placed'])
    await run('orders.end-sales')
    expect(await world.remaining(saleWindowId)).toBe(4)
    await at(new Date(world.clock.now.getTime() + 5_000), async () => {
      await run('orders.end-sales')
      await run('orders.end-sales')
      expect([await world.remaining(saleWindowId), await world.remaining(thing.variantId)]).toEqual([0, 8])
      expect(memory.get(thing.variantId)).toBeUndefined()
      const [outcome] = await placeOrders(deps, [ask([{ variantId: thing.variantId, quantity: 8 }])])
      expect(outcome).toMatchObject({ kind: 'placed', order: { totalMinor: 8 * 1_999 } })
    })
    expect(await world.remaining(running)).toBe(3)
    expect(await world.audit()).toEqual([])
  })
})

describe('months and days', () => {
  test('are made ahead, and further ahead as time goes on: an order of two months from now finds its place', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const first = world.clock.now
    const later = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 2, 20))
    // Days of keys are made three ahead only: the hourly job brings them along with the clock.
    await at(later, async () => {
      await run('orders.tend-partitions')
      expect(answers(await placeOrders(world.deps(), [ask(variantId)]))).toEqual(['placed'])
    })
    const months = await partitionsOf('orders')
    expect(await partitionsOf('order_lines_apart')).toEqual(
      months.map((name) => name.replace('orders_', 'order_lines_')),
    )
    expect(months).toHaveLength(6)
  })

  test('are sampled little for the planner, those made later as well: it costs every order of a sale', async () => {
    const sampled = await world.database.query<{ parent: string; targets: string }>(
      `select distinct i.inhparent::regclass::text as parent, a.attstattarget::text as targets
        from pg_inherits i join pg_attribute a on a.attrelid = i.inhrelid and a.attnum > 0
        where i.inhparent = any($1::regclass[]) order by 1`,
      ['{orders.orders,orders.order_lines_apart,orders.order_keys}'],
    )
    expect(sampled).toEqual([
      { parent: 'orders.order_keys', targets: '0' },
      { parent: 'orders.order_lines_apart', targets: '10' },
      { parent: 'orders.orders', targets: '10' },
    ])
  })

  test('made again change nothing', async () => {
    await run('orders.tend-partitions')
    const before = [await partitionsOf('orders'), await partitionsOf('order_keys')]
    await run('orders.tend-partitions')
    expect([await partitionsOf('orders'), await partitionsOf('order_keys')]).toEqual(before)
  })

  test('leave no gap around the turn of a year', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const year = world.clock.now.getUTCFullYear() + 3
    for (const offsetMs of [-1, 0])
      await at(new Date(Date.UTC(year, 0, 1) + offsetMs), async () => {
        await run('orders.tend-partitions')
        expect(answers(await placeOrders(world.deps(), [ask(variantId)]))).toEqual(['placed'])
      })
  })

  test('of keys leave when nothing in them counts any more, and not a day earlier', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const request = ask(variantId)
    const start = new Date(Date.UTC(world.clock.now.getUTCFullYear() + 5, 5, 10, 23, 59, 59))
    await at(start, async () => {
      await run('orders.tend-partitions')
      await placeOrders(world.deps(), [request])
    })
    await at(new Date(start.getTime() + keyLifeMs), async () => {
      await run('orders.tend-partitions')
      expect(answers(await placeOrders(world.deps(), [request]))).toEqual(['repeated'])
    })
    await at(new Date(start.getTime() + 3 * dayMs), async () => {
      await run('orders.tend-partitions')
      const days = await partitionsOf('order_keys')
      expect(days).not.toContain('order_keys_' + start.toISOString().slice(0, 10).replaceAll('-', '_'))
      expect(days[0]).toBe('order_keys_' + dayBefore(world.clock.now).replaceAll('-', '_'))
    })
  })
})

test('requests for later leave a day after they were answered; those still waiting stay, however old', async () => {
  const nowMs = world.clock.now.getTime()
  const insert = (state: string, finishedMs: number | null) =>
    world.database.query(
      `insert into orders.order_requests (order_id, customer_id, key, body_hash, body, priority, state, network_address,
         user_agent, accepted_at, finished_at)
       values ($1, $2, 'k', $2, '{}', 2, $3, '', '', $4, $5)`,
      [
        randomUUID(),
        randomUUID(),
        state,
        new Date(nowMs - 9 * dayMs),
        finishedMs === null ? null : new Date(finishedMs),
      ],
    )
  await insert('placed', nowMs - dayMs - 1)
  await insert('refused', nowMs - dayMs - 1)
  await insert('placed', nowMs - dayMs + 60_000)
  await insert('accepted', null)
  await run('orders.tend-partitions')
  const left = await world.database.query<{ state: string }>('select state from orders.order_requests order by state')
  expect(left.map(({ state }) => state)).toEqual(['accepted', 'placed'])
})
