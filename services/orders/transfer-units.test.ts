import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Transfer, TransferOutcome } from './allotments.sql.ts'
import { placeOrders } from './place-orders.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'
import { transferUnits } from './transfer-units.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const transferOf = (variantId: string, quantity: number): Transfer => ({
  transferId: randomUUID(),
  shopId: world.shopId,
  variantId,
  quantity,
})
const transfer = (transfers: readonly Transfer[], allOrNone = false) =>
  world.db.transaction((tx) => transferUnits(tx, transfers, allOrNone))
/** A variant nothing was ever granted of has no allotment, and so nothing left. */
const left = async (variantId: string) => (await world.remaining(variantId)) || 0
const brief = (outcomes: readonly TransferOutcome[]) => outcomes.map(({ quantity, remaining }) => [quantity, remaining])

describe('units from inventory', () => {
  test('can be promised from then on, and be taken back as far as they are not', async () => {
    const { variantId } = await world.variant({ units: 0 })
    expect(brief(await transfer([transferOf(variantId, 10)]))).toEqual([[10, 10]])
    await world.placed([{ variantId, quantity: 6 }])
    expect(brief(await transfer([transferOf(variantId, -5)]))).toEqual([[0, 4]])
    expect(brief(await transfer([transferOf(variantId, -4)]))).toEqual([[-4, 0]])
    expect(await world.remaining(variantId)).toBe(0)
  })

  test('asked for again under the same id move once, and the first answer is given again', async () => {
    const { variantId } = await world.variant({ units: 0 })
    const [grant, withdrawal] = [transferOf(variantId, 10), transferOf(variantId, -3)]
    await transfer([grant])
    await transfer([withdrawal])
    await transfer([transferOf(variantId, 100)])
    expect(brief(await transfer([withdrawal, grant]))).toEqual([
      [-3, 7],
      [10, 10],
    ])
    expect(await world.remaining(variantId)).toBe(107)
  })

  test('refused stay refused under that id, also when there would be enough by now', async () => {
    const { variantId } = await world.variant({ units: 2 })
    const withdrawal = transferOf(variantId, -3)
    expect(brief(await transfer([withdrawal]))).toEqual([[0, 2]])
    await transfer([transferOf(variantId, 10)])
    expect(brief(await transfer([withdrawal]))).toEqual([[0, 2]])
    expect(await world.remaining(variantId)).toBe(12)
  })

  test('raced by fifty calls with one id move once, and all are told the same', async () => {
    const { variantId } = await world.variant({ units: 0 })
    const grant = transferOf(variantId, 10)
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => transfer([grant])))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
    expect(await world.remaining(variantId)).toBe(10)
  })

  test('raced by fifty withdrawals are taken back as often as they are there, and never below 0', async () => {
    const { variantId } = await world.variant({ units: 20 })
    const outcomes = (await Promise.all(Array.from({ length: 50 }, () => transfer([transferOf(variantId, -1)])))).flat()
    expect(outcomes.filter(({ quantity }) => quantity === -1)).toHaveLength(20)
    expect(await world.remaining(variantId)).toBe(0)
  })

  test('withdrawn while customers order go to the one or the other', async () => {
    const { variantId } = await world.variant({ units: 30 })
    const deps = world.deps()
    const [ordered, withdrawn] = await Promise.all([
      Promise.all(Array.from({ length: 25 }, () => placeOrders(deps, [ask(variantId)]))),
      Promise.all(Array.from({ length: 25 }, () => transfer([transferOf(variantId, -1)]))),
    ])
    const sold = ordered.flatMap(answers).filter((answer) => answer === 'placed').length
    const back = withdrawn.flat().filter(({ quantity }) => quantity === -1).length
    expect(sold + back).toBe(30)
    expect(await world.remaining(variantId)).toBe(0)
  })
})

describe('many transfers at once', () => {
  test('answer each on its own, in the order asked', async () => {
    const [a, b] = [await world.variant({ units: 5 }), await world.variant({ units: 5 })]
    const asked = [transferOf(b.variantId, -6), transferOf(a.variantId, 2), transferOf(b.variantId, -5)]
    const outcomes = await transfer(asked)
    expect(outcomes.map(({ transferId }) => transferId)).toEqual(asked.map(({ transferId }) => transferId))
    expect(brief(outcomes)).toEqual([
      [0, 5],
      [2, 7],
      [-5, 0],
    ])
  })

  test('that must all succeed change nothing when one cannot, and say what is left of each', async () => {
    const [a, b] = [await world.variant({ units: 5 }), await world.variant({ units: 5 })]
    const asked = [transferOf(a.variantId, -5), transferOf(b.variantId, -6)]
    expect(brief(await transfer(asked, true))).toEqual([
      [0, 5],
      [0, 5],
    ])
    await transfer([transferOf(b.variantId, 100)])
    expect(brief(await transfer(asked, true))).toEqual([
      [0, 5],
      [0, 5],
    ])
    expect([await world.remaining(a.variantId), await world.remaining(b.variantId)]).toEqual([5, 105])
  })

  test('naming the same variants in opposite order do not block each other', async () => {
    const things = await Promise.all(Array.from({ length: 10 }, () => world.variant({ units: 0 })))
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        transfer((index % 2 ? things : things.toReversed()).map(({ variantId }) => transferOf(variantId, 1))),
      ),
    )
    expect(await Promise.all(things.map(({ variantId }) => world.remaining(variantId)))).toEqual(Array(10).fill(30))
  })
})

/** What must come of transfers and orders, kept by hand. */
const model = () => {
  const left = [0, 0, 0]
  const answered = new Map<string, number[]>()
  return {
    left,
    transfer(transfers: readonly (Transfer & { thing: number })[], allOrNone: boolean): number[][] {
      const before = [...left]
      const fresh = transfers.filter(({ transferId }) => !answered.has(transferId))
      for (const { transferId, thing, quantity } of fresh) {
        const moved = (left[thing] as number) + quantity < 0 ? 0 : quantity
        left[thing] = (left[thing] as number) + moved
        answered.set(transferId, [moved, left[thing] as number])
      }
      if (allOrNone && fresh.some(({ transferId }) => answered.get(transferId)?.[0] === 0)) {
        left.splice(0, 3, ...before)
        for (const { transferId, thing } of fresh) answered.set(transferId, [0, before[thing] as number])
      }
      return transfers.map(({ transferId }) => answered.get(transferId) as number[])
    },
    order(thing: number, quantity: number): string {
      if ((left[thing] as number) < quantity) return 'out-of-stock'
      left[thing] = (left[thing] as number) - quantity
      return 'placed'
    },
  }
}

const thing = fc.nat(2)
const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('transfer' as const),
      items: fc.array(fc.record({ thing, quantity: fc.integer({ min: -8, max: 8 }).filter((units) => units !== 0) }), {
        minLength: 1,
        maxLength: 5,
      }),
      allOrNone: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('repeat' as const), of: fc.nat(20) }),
    fc.record({ kind: fc.constant('order' as const), thing, quantity: fc.integer({ min: 1, max: 6 }) }),
  ),
  { minLength: 1, maxLength: 12 },
)

test('whatever is granted, withdrawn, repeated and ordered, no unit appears or is lost', () =>
  fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const things = [
        await world.variant({ units: 0 }),
        await world.variant({ units: 0 }),
        await world.variant({ units: 0 }),
      ]
      const variantOf = (index: number) => things[index]?.variantId as string
      const expected = model()
      const deps = world.deps()
      const calls: { transfers: (Transfer & { thing: number })[]; allOrNone: boolean }[] = []
      for (const step of plan) {
        if (step.kind === 'order') {
          const lines = [{ variantId: variantOf(step.thing), quantity: step.quantity }]
          expect(answers(await placeOrders(deps, [ask(lines)]))).toEqual([expected.order(step.thing, step.quantity)])
          continue
        }
        if (step.kind === 'transfer')
          calls.push({
            transfers: step.items.map((item) => ({
              ...transferOf(variantOf(item.thing), item.quantity),
              thing: item.thing,
            })),
            allOrNone: step.allOrNone,
          })
        const call = step.kind === 'repeat' ? calls[step.of % Math.max(1, calls.length)] : calls.at(-1)
        if (call === undefined) continue
        const outcomes = await transfer(call.transfers, call.allOrNone)
        expect(brief(outcomes)).toEqual(expected.transfer(call.transfers, call.allOrNone))
      }
      expect(await Promise.all(things.map(({ variantId }) => left(variantId)))).toEqual(expected.left)
    }),
    { numRuns: 25 },
  ))
