import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { placeOrders } from './place-orders.ts'
import { endSale, setAside } from './plan-sale.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const planOf = (
  thing: { variantId: string; productId: string },
  units: number,
  saleWindowId = randomUUID() as string,
) => ({
  ...thing,
  saleWindowId,
  shopId: world.shopId,
  priceMinor: 500,
  currency: 'EUR',
  startsAtMs: world.clock.now.getTime() - 1_000,
  endsAtMs: world.clock.now.getTime() + 60_000,
  capPerCustomer: 0,
  units,
})
const plan = (sale: ReturnType<typeof planOf>) => world.db.transaction((tx) => setAside(tx, sale))
const end = (saleWindowId: string) => world.db.transaction((tx) => endSale(tx, saleWindowId, world.clock.now))
const left = (...ids: string[]) => Promise.all(ids.map((id) => world.remaining(id)))

describe('planning a sale', () => {
  test('takes its units from ordinary sale', async () => {
    const thing = await world.variant({ units: 10 })
    const sale = planOf(thing, 7)
    expect(await plan(sale)).toEqual({ setAside: true, remaining: 3 })
    expect(await left(thing.variantId, sale.saleWindowId)).toEqual([3, 7])
  })

  test('of more units than are left is refused, says how many there are, and leaves no trace', async () => {
    const thing = await world.variant({ units: 10 })
    const windows = await world.count('sale_windows')
    await expect(plan(planOf(thing, 11))).rejects.toMatchObject({ remaining: 10 })
    expect(await world.count('sale_windows')).toBe(windows)
    expect(await world.remaining(thing.variantId)).toBe(10)
    expect(await plan(planOf(thing, 10))).toMatchObject({ setAside: true, remaining: 0 })
  })

  test('again, or twenty times at once, sets the units aside once', async () => {
    const thing = await world.variant({ units: 10 })
    const sale = planOf(thing, 4)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => plan(sale)))
    for (const outcome of outcomes) expect(outcome).toEqual({ setAside: true, remaining: 6 })
    expect(await left(thing.variantId, sale.saleWindowId)).toEqual([6, 4])
  })

  test('five times for the same last units succeeds as often as there are units', async () => {
    const thing = await world.variant({ units: 10 })
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => plan(planOf(thing, 4))))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(await world.remaining(thing.variantId)).toBe(2)
  })

  test('does not take units that customers have ordered meanwhile, nor sell those set aside twice', async () => {
    const thing = await world.variant({ units: 40 })
    const deps = world.deps()
    const [outcomes, planned] = await Promise.all([
      Promise.all(Array.from({ length: 25 }, () => placeOrders(deps, [ask(thing.variantId)]))),
      plan(planOf(thing, 20)).then(
        () => 20,
        () => 0,
      ),
    ])
    const sold = outcomes.flatMap(answers).filter((answer) => answer === 'placed').length
    expect(sold).toBeLessThanOrEqual(planned === 20 ? 40 : 25)
    expect(await world.audit()).toEqual([])
  })
})

describe('ending a sale', () => {
  test('returns what it has left; what it sold stays sold', async () => {
    const thing = await world.variant({ units: 10 })
    const sale = planOf(thing, 6)
    await plan(sale)
    await world.placed([{ variantId: thing.variantId, quantity: 2 }])
    expect(await end(sale.saleWindowId)).toEqual({ returned: 4, variantId: thing.variantId })
    expect(await left(thing.variantId, sale.saleWindowId)).toEqual([8, 0])
  })

  test('twice, or ten times at once, returns them once; one nobody knows returns nothing', async () => {
    const thing = await world.variant({ units: 10 })
    const sale = planOf(thing, 6)
    await plan(sale)
    const returned = await Promise.all(Array.from({ length: 10 }, () => end(sale.saleWindowId)))
    expect(returned.map((one) => one.returned).sort((a, b) => a - b)).toEqual([...Array(9).fill(0), 6])
    expect(await world.remaining(thing.variantId)).toBe(10)
    expect(await end(randomUUID())).toEqual({ returned: 0, variantId: undefined })
  })

  test('while a crowd buys loses no unit and sells none twice: everybody gets one, at one price or the other', async () => {
    const thing = await world.variant({ units: 60 })
    const sale = planOf(thing, 60)
    await plan(sale)
    const placers = [world.deps(), world.deps()]
    const buying = Array.from({ length: 80 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index / 4))
      return placeOrders(placers[index % 2] as (typeof placers)[0], [ask(thing.variantId)])
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    await end(sale.saleWindowId)
    const outcomes = (await Promise.all(buying)).flat()
    expect(answers(outcomes).filter((answer) => answer === 'placed')).toHaveLength(60)
    expect(await left(thing.variantId, sale.saleWindowId)).toEqual([0, 0])
    const prices = new Set(outcomes.flatMap((one) => (one.kind === 'placed' ? one.order.totalMinor : [])))
    expect([...prices].every((price) => price === 500 || price === 1_999)).toBe(true)
  })

  test('sells at the ordinary price from then on, also in a process that remembers the sale', async () => {
    const thing = await world.variant({ units: 10 })
    const sale = planOf(thing, 6)
    await plan(sale)
    const deps = world.deps()
    const totals = async () =>
      (await placeOrders(deps, [ask(thing.variantId)])).map((one) => one.kind === 'placed' && one.order.totalMinor)
    expect(await totals()).toEqual([500])
    await end(sale.saleWindowId)
    expect(await totals()).toEqual([1_999])
  })
})
