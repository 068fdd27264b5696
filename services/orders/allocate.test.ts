import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate } from './allocate.ts'
import type { Draw, PricedOrder } from './price-order.ts'

/** Few allotments and many orders, so that they meet. Some caps nobody has drawn on yet, some allotments unknown. */
const names = ['goods-1', 'goods-2', 'sale-1', 'cap-1', 'cap-2', 'unknown']
const drawsArbitrary = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.integer({ min: 1, max: 6 }).map((quantity): Draw => drawOf(id, quantity)))),
  )
const remainingArbitrary = fc.record({
  'goods-1': fc.nat(20),
  'goods-2': fc.nat(20),
  'sale-1': fc.nat(20),
  'cap-1': fc.nat(5),
})
const crowd = fc.array(drawsArbitrary, { maxLength: 40 })

const drawOf = (allotmentId: string, quantity: number): Draw => {
  const kind = allotmentId.startsWith('cap') ? 'cap' : allotmentId.startsWith('sale') ? 'sale' : 'goods'
  return { kind, allotmentId, quantity, variantId: `of ${allotmentId}`, shopId: 'shop', cap: kind === 'cap' ? 5 : 0 }
}

const run = (crowdOfDraws: readonly (readonly Draw[])[], remaining: Record<string, number>) => {
  const orders = crowdOfDraws.map((draws) => ({ draws, terms: [], order: {} as PricedOrder['order'] }))
  const { refusals, demand } = allocate(orders, (id) => remaining[id])
  const whole = (draw: Draw) => remaining[draw.allotmentId] ?? draw.cap
  return { refusals, demand, whole }
}

describe('a batch of orders', () => {
  test('never draws more from an allotment than remains of it', () =>
    fc.assert(
      fc.property(crowd, remainingArbitrary, (orders, remaining) => {
        const { demand, whole } = run(orders, remaining)
        for (const { draw, quantity } of demand.values()) expect(quantity).toBeLessThanOrEqual(whole(draw))
      }),
    ))

  test('draws for every line of an order or for none: the demand is the sum of the accepted, no unit more', () =>
    fc.assert(
      fc.property(crowd, remainingArbitrary, (orders, remaining) => {
        const { refusals, demand } = run(orders, remaining)
        const sums: Record<string, number> = {}
        orders.forEach((draws, index) => {
          if (refusals[index] !== undefined) return
          for (const draw of draws) sums[draw.allotmentId] = (sums[draw.allotmentId] ?? 0) + draw.quantity
        })
        expect(Object.fromEntries([...demand].map(([id, { quantity }]) => [id, quantity]))).toEqual(sums)
      }),
    ))

  test('serves who came first: refused is only who asks for more than earlier accepted orders left', () =>
    fc.assert(
      fc.property(crowd, remainingArbitrary, (orders, remaining) => {
        const { refusals, whole } = run(orders, remaining)
        const taken: Record<string, number> = {}
        orders.forEach((draws, index) => {
          const couldBeServed = draws.every((draw) => (taken[draw.allotmentId] ?? 0) + draw.quantity <= whole(draw))
          expect(refusals[index] === undefined).toBe(couldBeServed)
          if (couldBeServed)
            for (const draw of draws) taken[draw.allotmentId] = (taken[draw.allotmentId] ?? 0) + draw.quantity
        })
      }),
    ))

  test('tells a refused order which line ran out and what is left of it, never less than 0', () =>
    fc.assert(
      fc.property(crowd, remainingArbitrary, (orders, remaining) => {
        const { refusals } = run(orders, remaining)
        refusals.forEach((refusal, index) => {
          if (refusal === undefined) return
          const draw = orders[index]?.find(({ variantId }) => variantId === refusal.extra['variantId']) as Draw
          expect(refusal.code).toBe(draw.kind === 'cap' ? 'cap-reached' : 'out-of-stock')
          expect(refusal.extra['remaining']).toBeGreaterThanOrEqual(0)
          expect(refusal.extra['remaining']).toBeLessThan(draw.quantity)
        })
      }),
    ))

  test('finds a cap nobody has drawn on whole, and anything else unknown sold out', () => {
    const { refusals } = run([[drawOf('cap-2', 5)], [drawOf('cap-2', 1)], [drawOf('unknown', 1)]], {})
    expect(refusals.map((refusal) => refusal?.code)).toEqual([undefined, 'cap-reached', 'out-of-stock'])
  })
})
