import { eventually } from '@souk/testing'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { etagOf, stockedProduct, verifiedShop } from './recipes/fresh.ts'
import { openStage } from './stage.ts'
import { untilQuiet } from './tables.ts'
import { buildWorld, type Person, unique } from './world.ts'

const stage = await openStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const { a, operator } = world
const buyer = a.customer

type Audit = { checks: { findings: object[]; failure: string | null }[] }
type Adjustment = { kind: string; label: string; amountMinor: number; code?: string }
type Order = {
  id: string
  status: string
  totalMinor: number
  lines: { totalMinor: number }[]
  adjustments?: Adjustment[]
  lineShares?: { paidMinor: number; taxMinor: number }[]
  taxes?: { taxMinor: number; included: boolean }[]
  delivery?: object
}
type Quote = { shops: { totalMinor: number; adjustments: Adjustment[]; refusals: { reason: string }[] }[] }

afterEach(async () => {
  await untilQuiet(stage.query)
  const { checks } = await world.do<Audit>(operator, 'GET', '/v1/operations/audit?full=true')
  expect(checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)).toEqual([])
})

const address = { name: 'Ada', line1: 'Street 1', postalCode: '10115', city: 'Berlin', country: 'DE' }
const voucherOf = async (shop: { owner: Person; shopId: string }, given: object) => {
  const code = `W${unique()}`.toUpperCase().slice(0, 30)
  const body = { code, title: 'A voucher', kind: 'percent', percent: 10, ...given }
  const { id } = await world.do<{ id: string }>(shop.owner, 'POST', `/v1/shops/${shop.shopId}/vouchers`, body)
  const taken = async () =>
    (await world.do<{ usesTaken: number }>(shop.owner, 'GET', `/v1/shops/${shop.shopId}/vouchers/${id}`)).usesTaken
  return { code, id, taken }
}
const confirmed = (orderId: string, person: Person = buyer) =>
  eventually(async () => {
    const order = await world.do<Order>(person, 'GET', `/v1/orders/${orderId}`)
    expect(order.status).toBe('confirmed')
    return order
  })
const addsUp = (order: Order) => {
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0)
  expect(
    sum(order.lines.map((line) => line.totalMinor)) + sum((order.adjustments ?? []).map((one) => one.amountMinor)),
  ).toBe(order.totalMinor)
  expect(sum((order.lineShares ?? []).map((share) => share.paidMinor))).toBe(order.totalMinor)
}

test('what was quoted is what the order costs, what its payment is about, and what a cancellation gives back', async () => {
  const { code, taken } = await voucherOf(a, { uses: 5, usesPerCustomer: 1 })
  const lines = [{ variantId: a.variantId, quantity: 3 }]
  const quoted = await world.do<Quote>(buyer, 'POST', '/v1/quotes', {
    lines,
    voucherCodes: [code.toLowerCase()],
    delivery: { country: 'DE' },
  })
  const order = await world.do<Order>(buyer, 'POST', '/v1/orders', {
    lines,
    voucherCodes: [code],
    delivery: { address },
    contact: { email: 'ada@souk.example' },
  })
  expect(order.adjustments).toEqual([
    { kind: 'voucher', label: 'A voucher', code, amountMinor: -600 },
    { kind: 'shipping', label: 'Parcel', amountMinor: 490 },
  ])
  expect(quoted.shops[0]).toMatchObject({ totalMinor: order.totalMinor, adjustments: order.adjustments, refusals: [] })
  const shown = await confirmed(order.id)
  expect(shown).toMatchObject({ delivery: { method: 'standard', address }, contact: { email: 'ada@souk.example' } })
  addsUp(shown)
  const { items } = await world.do<{ items: { amountMinor: number }[] }>(
    buyer,
    'GET',
    `/v1/orders/${order.id}/payments`,
  )
  expect(items[0]?.amountMinor).toBe(3 * 1_999 - 600 + 490)
  expect(await taken()).toBe(1)
  const again = await world.as(buyer, 'POST', '/v1/orders', { lines, voucherCodes: [code] })
  expect([again.status, again.code]).toEqual([409, 'voucher-cap-reached'])
  await world.do(buyer, 'POST', `/v1/orders/${order.id}/cancel`)
  expect(await taken()).toBe(0)
})

test('an order that a voucher makes free is confirmed all the same', async () => {
  const { code } = await voucherOf(a, { percent: 100 })
  const lines = [{ variantId: a.variantId, quantity: 1 }]
  const order = await world.do<Order>(buyer, 'POST', '/v1/orders', { lines, voucherCodes: [code] })
  expect(order.totalMinor).toBe(0)
  await confirmed(order.id)
})

test('an order for later is priced when it is placed, by the rules of then', async () => {
  const { code } = await voucherOf(a, { uses: 1 })
  const body = { lines: [{ variantId: a.variantId, quantity: 1 }], voucherCodes: [code] }
  const asked = async () =>
    (await world.as(buyer, 'POST', '/v1/orders', body, { prefer: 'respond-async' })).json as { id: string }
  const [first, second] = [await asked(), await asked()]
  const statusOf = async ({ id }: { id: string }) =>
    (await world.do<{ status: string }>(buyer, 'GET', `/v1/orders/${id}/status`)).status
  await eventually(async () =>
    expect([await statusOf(first), await statusOf(second)].toSorted()).toEqual(['confirmed', 'refused']),
  )
})

describe('a shop with rules of its own', async () => {
  const shop = await verifiedShop(world)
  const product = await stockedProduct(world, 1_000, { ...a, ...shop } as never)
  const seller = { ...shop, variantId: product.variantId, customer: buyer }
  const place = (given: object) => world.do<Order>(buyer, 'POST', '/v1/orders', given)
  const lines = [{ variantId: product.variantId, quantity: 3 }]
  const path = `/v1/shops/${shop.shopId}`

  type Loyalty = { balances: { shopId: string; points: number }[]; items: { orderId: string; points: number }[] }
  /** Newest first; the balance is their sum with those of other orders. */
  const pointsOf = async ({ id }: Order) => {
    const { balances, items } = await world.do<Loyalty>(buyer, 'GET', '/v1/loyalty')
    const ofShop = items.reduce((sum, { points }) => sum + points, 0)
    expect(balances.find(({ shopId }) => shopId === shop.shopId)?.points ?? 0).toBe(ofShop)
    return items.flatMap(({ orderId, points }) => (orderId === id ? [points] : []))
  }

  test('has every order priced by them from the answer on, tax added, and gives points for it', async () => {
    expect((await place({ lines })).totalMinor).toBe(7_500)
    await world.do(operator, 'PUT', '/v1/tax-rates/DE', {
      rates: [{ taxClass: 'standard', label: 'VAT 19 %', basisPoints: 1_900 }],
    })
    const settings = {
      collectsTax: true,
      pricesIncludeTax: false,
      country: 'DE',
      requiresDelivery: false,
      minorPerPoint: 100,
    }
    const ifMatch = await etagOf(world, shop.owner, `${path}/pricing-settings`)
    const set = await world.as(shop.owner, 'PUT', `${path}/pricing-settings`, settings, ifMatch)
    expect(set.status, set.text).toBe(200)
    await world.do(shop.owner, 'POST', `${path}/discounts`, {
      title: 'Three for less',
      kind: 'percent',
      percent: 20,
      minimumQuantity: 3,
    })
    const order = await place({ lines })
    expect(order).toMatchObject({
      totalMinor: 7_140,
      adjustments: [
        { kind: 'discount', label: 'Three for less', amountMinor: -1_500 },
        { kind: 'tax', label: 'VAT 19 %', amountMinor: 1_140 },
      ],
    })
    addsUp(order)
    await eventually(async () => expect(await pointsOf(order)).toEqual([71]))

    // One unit comes back: a third of what was paid, tax included; and its points.
    await confirmed(order.id)
    await world.do(shop.owner, 'POST', `${path}/orders/${order.id}/shipments`, {})
    await world.do(shop.owner, 'POST', `${path}/orders/${order.id}/delivery`, {})
    const asked = await world.do<{ id: string }>(buyer, 'POST', `/v1/orders/${order.id}/returns`, {
      lines: [{ variantId: seller.variantId, quantity: 1 }],
      reason: 'not-wanted',
      note: '',
    })
    await world.do(shop.owner, 'POST', `${path}/returns/${asked.id}/approve`, {})
    const returned = await world.do<{ refundMinor: number }>(
      shop.owner,
      'POST',
      `${path}/returns/${asked.id}/receive`,
      {
        lines: [{ variantId: seller.variantId, disposition: 'restock' }],
      },
    )
    expect(returned.refundMinor).toBe(2_380)
    await eventually(async () => expect(await pointsOf(order)).toEqual([-24, 71]))
  })

  test('gives the points back of an order that is cancelled, and asks for an address when it wants one', async () => {
    const order = await place({ lines })
    await eventually(async () => expect(await pointsOf(order)).toEqual([71]))
    await world.do(buyer, 'POST', `/v1/orders/${order.id}/cancel`)
    await eventually(async () => expect(await pointsOf(order)).toEqual([-71, 71]))
    const ifMatch = await etagOf(world, shop.owner, `${path}/pricing-settings`)
    const settings = {
      collectsTax: false,
      pricesIncludeTax: true,
      country: '',
      requiresDelivery: true,
      minorPerPoint: null,
    }
    await world.as(shop.owner, 'PUT', `${path}/pricing-settings`, settings, ifMatch)
    const refused = await world.as(buyer, 'POST', '/v1/orders', { lines })
    expect(refused.json).toMatchObject({ status: 409, code: 'delivery-refused', reason: 'required' })
    expect((await place({ lines, delivery: { address } })).totalMinor).toBe(6_000)
  })
})
