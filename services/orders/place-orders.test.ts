import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createPlacer } from './placer.ts'
import { placeOrders } from './place-orders.ts'
import { upsertShops } from './terms.sql.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

describe('an order', () => {
  test('is placed at our price, holds its units and is announced', async () => {
    const { variantId } = await world.variant({ units: 10, priceMinor: 250 })
    const [outcome] = await placeOrders(world.deps(), [ask([{ variantId, quantity: 4 }])])
    expect(outcome).toMatchObject({ kind: 'placed', repeated: false, order: { totalMinor: 1_000, currency: 'EUR' } })
    expect(await world.remaining(variantId)).toBe(6)
  })

  test('with one line too many gets none of its lines', async () => {
    const plenty = await world.variant({ units: 10 })
    const scarce = await world.variant({ units: 1 })
    const outcomes = await placeOrders(world.deps(), [
      ask([
        { variantId: plenty.variantId, quantity: 1 },
        { variantId: scarce.variantId, quantity: 2 },
      ]),
    ])
    expect(answers(outcomes)).toEqual(['out-of-stock'])
    expect(outcomes[0]).toMatchObject({ error: { extra: { variantId: scarce.variantId, remaining: 1 } } })
    expect(await world.remaining(plenty.variantId)).toBe(10)
  })

  test('that names one variant twice draws on it once, for the sum', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const twice = [
      { variantId, quantity: 3 },
      { variantId, quantity: 3 },
    ]
    expect(answers(await placeOrders(world.deps(), [ask(twice)]))).toEqual(['out-of-stock'])
    expect(await world.remaining(variantId)).toBe(5)
  })

  test('may have a thousand lines', async () => {
    const variants = await Promise.all(Array.from({ length: 20 }, () => world.variant({ units: 100 })))
    const lines = Array.from({ length: 1_000 }, (_, index) => ({
      variantId: variants[index % 20]?.variantId as string,
      quantity: 1,
    }))
    const [outcome] = await placeOrders(world.deps(), [ask(lines)])
    expect(outcome).toMatchObject({ kind: 'placed', order: { totalMinor: 1_999 * 1_000 } })
  })

  test('for what nobody sells, for a shop that stopped, or across shops is refused', async () => {
    const other = randomUUID()
    await world.db.transaction((tx) => upsertShops(tx, [{ shopId: other, selling: false, version: 1, name: 'Closed' }]))
    const mine = await world.variant()
    const closed = await world.variant({ shopId: other })
    const outcomes = await placeOrders(world.deps(), [
      ask(randomUUID()),
      ask(closed.variantId),
      ask([mine, closed].map(({ variantId }) => ({ variantId, quantity: 1 }))),
      ask(mine.variantId),
    ])
    expect(answers(outcomes)).toEqual(['unknown-variant', 'shop-not-selling', 'several-shops', 'placed'])
  })
})

describe('a crowd in one batch', () => {
  test('gets what is left in the order of arrival, and not one unit more', async () => {
    const { variantId } = await world.variant({ units: 100 })
    const outcomes = await placeOrders(
      world.deps(),
      Array.from({ length: 150 }, () => ask(variantId)),
    )
    expect(answers(outcomes)).toEqual([...Array(100).fill('placed'), ...Array(50).fill('out-of-stock')])
    expect(await world.remaining(variantId)).toBe(0)
  })

  test('nobody is refused from memory: units that came back since are sold', async () => {
    const { variantId } = await world.variant({ units: 1 })
    const deps = world.deps()
    expect(answers(await placeOrders(deps, [ask(variantId), ask(variantId)]))).toEqual(['placed', 'out-of-stock'])
    await world.database.query(
      "begin; update orders.allotments set granted = granted + 5, remaining = remaining + 5 where allotment_id = '" +
        variantId +
        "'; insert into orders.transfers values (gen_random_uuid(), '" +
        variantId +
        "', '" +
        world.shopId +
        "', 5, 5); commit",
    )
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['placed'])
  })

  test('two processes that both remember the last unit sell it once', async () => {
    const { variantId } = await world.variant({ units: 2 })
    const [one, two] = [world.deps(), world.deps()]
    await placeOrders(one, [ask(variantId, { lines: [{ variantId, quantity: 1 }] })])
    // `two` learns that one is left; then `one` sells it behind its back.
    expect(answers(await placeOrders(two, [ask([{ variantId, quantity: 2 }])]))).toEqual(['out-of-stock'])
    expect(answers(await placeOrders(one, [ask(variantId)]))).toEqual(['placed'])
    expect(answers(await placeOrders(two, [ask(variantId)]))).toEqual(['out-of-stock'])
  })

  test('baskets that name the same things in opposite order do not block each other', async () => {
    const [a, b] = [await world.variant({ units: 1_000 }), await world.variant({ units: 1_000 })]
    const forth = [a, b].map(({ variantId }) => ({ variantId, quantity: 1 }))
    const placers = [world.deps(), world.deps(), world.deps(), world.deps()]
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        placeOrders(placers[index % 4] as never, [ask(index % 2 ? forth : forth.toReversed()), ask(a.variantId)]),
      ),
    )
    expect(outcomes.flatMap(answers).every((answer) => answer === 'placed')).toBe(true)
    expect(await world.remaining(a.variantId)).toBe(1_000 - 80)
  })
})

describe('the same key', () => {
  test('sent again gets the first order again, also when nothing is left', async () => {
    const { variantId } = await world.variant({ units: 1 })
    const request = ask(variantId)
    const [first] = await placeOrders(world.deps(), [request])
    const [second] = await placeOrders(world.deps(), [request])
    expect(second).toMatchObject({ kind: 'placed', repeated: true })
    expect(first?.kind === 'placed' && second?.kind === 'placed' && second.order.orderId === first.order.orderId).toBe(
      true,
    )
    expect(second).toMatchObject({ order: first?.kind === 'placed' ? first.order : {} })
  })

  test('with another body is refused, and by another customer is another key', async () => {
    const { variantId } = await world.variant({ units: 10 })
    const request = ask(variantId)
    await placeOrders(world.deps(), [request])
    const other = ask([{ variantId, quantity: 2 }], { customerId: request.customerId, key: request.key })
    const stranger = { ...request, customerId: randomUUID() }
    expect(answers(await placeOrders(world.deps(), [other, stranger]))).toEqual(['order-key-mismatch', 'placed'])
  })

  test('fifty times at once through several processes makes one order', async () => {
    const { variantId } = await world.variant({ units: 100 })
    const request = ask(variantId)
    const placers = Array.from({ length: 3 }, () =>
      createPlacer(
        world.database.shards('orders'),
        () => world.deps(),
        { maxItems: 8, maxInFlight: 2, maxQueued: 1_000, maxWaitMs: 10_000 },
        () => {},
      ),
    )
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (placers[index % 3] as (typeof placers)[0]).place(request)),
    )
    const ids = new Set(
      outcomes.map((outcome) => (outcome.kind === 'placed' ? outcome.order.orderId : outcome.error.code)),
    )
    expect(ids.size).toBe(1)
    expect(await world.remaining(variantId)).toBe(99)
  })

  test('of a refused order may ask again', async () => {
    const { variantId } = await world.variant({ units: 0 })
    const request = ask(variantId)
    expect(answers(await placeOrders(world.deps(), [request]))).toEqual(['out-of-stock'])
    const { variantId: stocked } = await world.variant({ units: 1 })
    const again = ask(stocked, { customerId: request.customerId, key: request.key })
    expect(answers(await placeOrders(world.deps(), [again]))).toEqual(['placed'])
  })

  test('is a new key after 24 hours, also around midnight', async () => {
    const { variantId } = await world.variant({ units: 10 })
    const midnight = new Date(new Date().setUTCHours(24, 0, 0, 0))
    for (const offsetMs of [-30_000, 30_000, 3_600_000]) {
      const request = ask(variantId)
      world.clock.now = new Date(midnight.getTime() + offsetMs)
      expect(answers(await placeOrders(world.deps(), [request]))).toEqual(['placed'])
      world.clock.now = new Date(midnight.getTime() + offsetMs + 23 * 3_600_000)
      expect(answers(await placeOrders(world.deps(), [request]))).toEqual(['repeated'])
      world.clock.now = new Date(midnight.getTime() + offsetMs + 24 * 3_600_000 + 130_000)
      expect(answers(await placeOrders(world.deps(), [request]))).toEqual(['placed'])
    }
    world.clock.now = new Date()
  })
})

describe('a sale', () => {
  test('sells its units at its price from its first millisecond to its last', async () => {
    const thing = await world.variant({ units: 10, priceMinor: 2_000 })
    await world.sale(thing, { units: 4, priceMinor: 500, fromMs: 0, toMs: 1_000 })
    const start = world.clock.now.getTime()
    const priceAt = async (ms: number) => {
      world.clock.now = new Date(start + ms)
      const [outcome] = await placeOrders(world.deps(), [ask(thing.variantId)])
      return outcome?.kind === 'placed' ? outcome.order.totalMinor : outcome?.error.code
    }
    expect([await priceAt(-1), await priceAt(0), await priceAt(999), await priceAt(1_000)]).toEqual([
      2_000, 500, 500, 2_000,
    ])
    world.clock.now = new Date()
  })

  test('gives each customer no more than the cap, whatever he tries', async () => {
    const thing = await world.variant({ units: 50 })
    await world.sale(thing, { units: 50, cap: 2 })
    const customerId = randomUUID()
    const tries = () => Array.from({ length: 5 }, () => ask(thing.variantId, { customerId }))
    const deps = [world.deps(), world.deps()]
    const outcomes = (
      await Promise.all([placeOrders(deps[0] as never, tries()), placeOrders(deps[1] as never, tries())])
    ).flatMap(answers)
    expect(outcomes.filter((answer) => answer === 'placed')).toHaveLength(2)
    expect(outcomes.filter((answer) => answer === 'cap-reached')).toHaveLength(8)
    expect(answers(await placeOrders(deps[0] as never, [ask(thing.variantId)]))).toEqual(['placed'])
  })

  test('gives nothing more to a customer who had his share through another process', async () => {
    const thing = await world.variant({ units: 50 })
    await world.sale(thing, { units: 50, cap: 2 })
    const customerId = randomUUID()
    const two = ask([{ variantId: thing.variantId, quantity: 2 }], { customerId })
    expect(answers(await placeOrders(world.deps(), [two]))).toEqual(['placed'])
    expect(answers(await placeOrders(world.deps(), [ask(thing.variantId, { customerId })]))).toEqual(['cap-reached'])
  })

  test('does not touch what is on ordinary sale, and ordinary sale not what is set aside', async () => {
    const thing = await world.variant({ units: 10 })
    const saleWindowId = await world.sale(thing, { units: 8, fromMs: 3_600_000, toMs: 7_200_000 })
    const outcomes = await placeOrders(world.deps(), [
      ask([{ variantId: thing.variantId, quantity: 3 }]),
      ask(thing.variantId),
    ])
    expect(answers(outcomes)).toEqual(['out-of-stock', 'placed'])
    expect([await world.remaining(thing.variantId), await world.remaining(saleWindowId)]).toEqual([1, 8])
  })

  test('outside its time a flash-sale order is told when it begins, or that there is none', async () => {
    const [later, never] = [await world.variant(), await world.variant()]
    await world.sale(later, { units: 1, fromMs: 3_600_000, toMs: 7_200_000 })
    const outcomes = await placeOrders(world.deps(), [
      ask(later.variantId, { saleOnly: true }),
      ask(never.variantId, { saleOnly: true }),
    ])
    expect(answers(outcomes)).toEqual(['sale-not-started', 'no-sale'])
  })
})

describe('when the world changes between deciding and writing', () => {
  test('a new price is the one that is paid', async () => {
    const { variantId } = await world.variant({ units: 10, priceMinor: 100 })
    const deps = world.deps()
    await placeOrders(deps, [ask(variantId)])
    await world.database.query(
      'update orders.offers set price_minor = 300, version = version + 1 where variant_id = $1',
      [variantId],
    )
    const [outcome] = await placeOrders(deps, [ask(variantId)])
    expect(outcome).toMatchObject({ order: { totalMinor: 300 } })
    expect(world.paths.at(-1)).toBe('careful')
  })

  test('a shop that was suspended sells nothing more, from that moment', async () => {
    const shopId = randomUUID()
    await world.db.transaction((tx) => upsertShops(tx, [{ shopId, selling: true, version: 1, name: 'B' }]))
    const { variantId } = await world.variant({ shopId })
    const deps = world.deps()
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['placed'])
    await world.db.transaction((tx) => upsertShops(tx, [{ shopId, selling: false, version: 2, name: '' }]))
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['shop-not-selling'])
  })
})

describe('a connection that breaks after the order was sent', () => {
  test('leaves nobody without a true answer and no order twice', async () => {
    const { variantId } = await world.variant({ units: 1_000 })
    const deps = world.deps()
    const batches = Array.from({ length: 12 }, () => [ask(variantId), ask(variantId)])
    const placing = batches.map(async (batch, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 8))
      return placeOrders(deps, batch)
    })
    for (let kills = 0; kills < 6; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 15))
      await world.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'souk orders' and datname = current_database()`,
      )
    }
    const outcomes = await Promise.allSettled(placing)
    const placed = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? answers(outcome.value) : []))
    expect(new Set(placed)).toEqual(new Set(['placed']))
    for (const batch of batches) {
      const again = answers(await placeOrders(world.deps(), batch))
      expect(again.every((answer) => answer === 'placed' || answer === 'repeated')).toBe(true)
    }
    expect(await world.remaining(variantId)).toBe(1_000 - 24)
  })
})
