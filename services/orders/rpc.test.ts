import { randomUUID } from 'node:crypto'
import { AllotmentService, SaleService } from '@souk/contracts/orders'
import { createDirectory } from '@souk/rpc'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { placeOrders } from './place-orders.ts'
import { orderRpc } from './rpc.ts'
import { createTermsMemory } from './terms.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
const memory = createTermsMemory()
const directory = createDirectory()
const inventory = directory.client(AllotmentService)
const catalog = directory.client(SaleService)
beforeAll(async () => {
  world = await ordersWorld()
  const shards = world.database.shards('orders')
  directory.serve(orderRpc({ shards, memory, clock: () => world.clock.now }), [AllotmentService, SaleService])
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const itemOf = (variantId: string, quantity: number) => ({
  transferId: randomUUID(),
  variantId,
  quantity: BigInt(quantity),
})
const grant = (variantId: string, quantity: number) =>
  inventory.grant({ shopId: world.shopId, ...itemOf(variantId, quantity) })
const saleOf = (thing: { variantId: string; productId: string }, units: number) => ({
  ...thing,
  saleWindowId: randomUUID(),
  shopId: world.shopId,
  units: BigInt(units),
  priceMinor: 500n,
  currencyCode: 'EUR',
  startsAtMs: BigInt(world.clock.now.getTime() - 1_000),
  endsAtMs: BigInt(world.clock.now.getTime() + 60_000),
  capPerCustomer: 2,
})

describe('inventory', () => {
  test('grants units, and is told what can be promised', async () => {
    const { variantId } = await world.variant({ units: 0 })
    expect(await grant(variantId, 5)).toMatchObject({ remaining: 5n })
    expect(answers(await placeOrders(world.deps(), [ask([{ variantId, quantity: 5 }])]))).toEqual(['placed'])
  })

  test('takes back what is not promised, or learns how much could be', async () => {
    const { variantId } = await world.variant({ units: 5 })
    await world.placed([{ variantId, quantity: 3 }])
    const withdraw = (quantity: number) => inventory.withdraw({ shopId: world.shopId, ...itemOf(variantId, quantity) })
    expect(await withdraw(3)).toMatchObject({ withdrawn: false, remaining: 2n })
    expect(await withdraw(2)).toMatchObject({ withdrawn: true, remaining: 0n })
  })

  test('may repeat any call: the first answer comes again', async () => {
    const { variantId } = await world.variant({ units: 0 })
    const request = { shopId: world.shopId, items: [itemOf(variantId, 5)] }
    const first = await inventory.grantMany(request)
    await grant(variantId, 7)
    expect(await inventory.grantMany(request)).toEqual(first)
    const tooMany = { shopId: world.shopId, items: [itemOf(variantId, 1), itemOf(variantId, 100)] }
    expect(await inventory.withdrawMany(tooMany)).toMatchObject({ withdrawn: false })
    await grant(variantId, 100)
    expect(await inventory.withdrawMany(tooMany)).toMatchObject({ withdrawn: false, remaining: [12n, 12n] })
    expect(await world.remaining(variantId)).toBe(112)
  })

  test('withdraws many or none, and is told what is left of each', async () => {
    const [a, b] = [await world.variant({ units: 5 }), await world.variant({ units: 5 })]
    const withdraw = (...quantities: [number, number]) =>
      inventory.withdrawMany({
        shopId: world.shopId,
        items: [itemOf(a.variantId, quantities[0]), itemOf(b.variantId, quantities[1])],
      })
    expect(await withdraw(1, 6)).toMatchObject({ withdrawn: false, remaining: [5n, 5n] })
    expect(await withdraw(1, 5)).toMatchObject({ withdrawn: true, remaining: [4n, 0n] })
  })

  test('sees all it granted, also what lies with sales; variants nobody granted are left out', async () => {
    const thing = await world.variant({ units: 10 })
    await catalog.setAside(saleOf(thing, 4))
    await world.placed([{ variantId: thing.variantId, quantity: 1 }])
    const { allotments } = await inventory.listAllotments({
      shopId: world.shopId,
      variantIds: [thing.variantId, randomUUID()],
    })
    expect(allotments).toMatchObject([{ variantId: thing.variantId, granted: 10n, remaining: 6n, setAside: 3n }])
  })
})

describe('catalog', () => {
  test('sets units aside for a sale, which is on at once also where the variant is remembered without it', async () => {
    const thing = await world.variant({ units: 10 })
    const deps = world.deps({ memory })
    await placeOrders(deps, [ask(thing.variantId)])
    const sale = saleOf(thing, 4)
    expect(await catalog.setAside(sale)).toMatchObject({ setAside: true, remaining: 5n })
    expect(await catalog.setAside(sale)).toMatchObject({ setAside: true, remaining: 5n })
    expect(await placeOrders(deps, [ask(thing.variantId)])).toMatchObject([{ order: { totalMinor: 500 } }])
    expect(await catalog.endSale({ saleWindowId: sale.saleWindowId, shopId: world.shopId })).toMatchObject({
      returned: 3n,
    })
    expect(await catalog.endSale({ saleWindowId: sale.saleWindowId, shopId: world.shopId })).toMatchObject({
      returned: 0n,
    })
    expect(await placeOrders(deps, [ask(thing.variantId)])).toMatchObject([{ order: { totalMinor: 1_999 } }])
  })

  test('is told how many units are left when there are too few to set aside', async () => {
    const thing = await world.variant({ units: 3 })
    expect(await catalog.setAside(saleOf(thing, 4))).toMatchObject({ setAside: false, remaining: 3n })
    expect(await world.remaining(thing.variantId)).toBe(3)
  })
})

test('a shop that is suspended sells nothing from the moment the call returns, and again when it is let', async () => {
  const { variantId } = await world.variant({ units: 10 })
  const deps = world.deps({ memory })
  const buy = async () => answers(await placeOrders(deps, [ask(variantId)]))
  const setSelling = (selling: boolean, version: number) =>
    catalog.setSelling({ shopId: world.shopId, selling, version: BigInt(version) })
  expect(await buy()).toEqual(['placed'])
  await setSelling(false, 5)
  expect(await buy()).toEqual(['shop-not-selling'])
  await setSelling(true, 4)
  expect(await buy()).toEqual(['shop-not-selling'])
  await setSelling(true, 6)
  expect(await buy()).toEqual(['placed'])
})
