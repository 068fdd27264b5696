import { testDatabase } from '@souk/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { writeOffExpired } from './expire-lots.ts'
import { inventory } from './index.ts'
import type { Goods } from './issue-lots.ts'
import { settleAbandoned } from './settle-transfers.ts'
import { shopWithLots } from './test-goods.ts'
import type { Trouble } from './test-inventory.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

type Shop = Awaited<ReturnType<typeof shopWithLots>>
/** What customers and the shop know: of each order, what was promised and what has become of it. */
type Order = {
  goods: Goods
  units: number[]
  assigned: boolean
  released: boolean
  /** It has been released: before whatever begins now. */
  over: boolean
  issued: number[]
  returned: number[]
}
type Step =
  | { kind: 'receive'; variant: number; units: number; lot: number }
  | { kind: 'take'; variant: number; units: number }
  | { kind: 'order'; units: number[] }
  | { kind: 'release' | 'assign again'; order: number }
  | { kind: 'issue'; order: number; variant: number; units: number }
  | { kind: 'take back'; order: number; variant: number; units: number; restock: boolean }
  | { kind: 'next day' | 'write off' | 'settle' }

/** Refusals that may come of it; anything else is a fault. */
const refusals = [
  'already-promised',
  'not-on-shelf',
  'lot-expired',
  'stock-busy',
  'stock-transfer-pending',
  'more-returned-than-issued',
]
const firstDay = Date.parse('2026-11-21T09:00:00Z')
const days = [undefined, '2026-11-21', '2026-11-22', '2026-11-24']

async function take(shop: Shop, orders: Order[], step: Step): Promise<void> {
  if (step.kind === 'receive')
    await shop.change({ variant: step.variant, by: step.units, code: `lot ${step.lot}`, expiresOn: days[step.lot] })
  if (step.kind === 'take') await shop.change({ variant: step.variant, by: -step.units })
  if (step.kind === 'next day') shop.clock.now = new Date(shop.clock.now.getTime() + 86_400_000)
  if (step.kind === 'write off') await writeOffExpired(shop.deps)
  if (step.kind === 'settle') await settleAbandoned(shop.deps, -86_400_000)
  if (step.kind === 'order') await placeAndAssign(shop, orders, step.units)
  if (!('order' in step)) return
  const order = orders[step.order % (orders.length || 1)]
  if (order === undefined) return
  if (step.kind === 'assign again') {
    // Of two that happen at once either may come first.
    const isOver = order.over
    const [answer] = await shop.assign(order.goods)
    // Where everything had left before the release there was nothing to put back: the first answer stands.
    if (isOver) expect(answer?.assigned).toBe(order.units.every((each, which) => order.issued[which] === each))
    order.assigned ||= answer?.assigned ?? false
  }
  if (step.kind === 'release') {
    order.released = true
    await shop.release(order.goods)
    order.over = true
  }
  if (step.kind === 'issue') {
    const line = { variantId: shop.variantOf(step.variant), quantity: step.units }
    const outcome = await shop.issue({ ...order.goods, lines: [line] })
    if (outcome.kind !== 'issued') return
    shop.orders.ship(line.variantId, step.units)
    order.issued[step.variant] = (order.issued[step.variant] ?? 0) + step.units
  }
  if (step.kind === 'take back') {
    const lines = [{ variantId: shop.variantOf(step.variant), quantity: step.units, restock: step.restock }]
    await shop.takeBackLines(order.goods, lines)
    order.returned[step.variant] = (order.returned[step.variant] ?? 0) + step.units
  }
}

async function placeAndAssign(shop: Shop, orders: Order[], units: number[]): Promise<void> {
  if (!units.every((each, variant) => shop.orders.remaining(shop.variantOf(variant)) >= each)) return
  for (const [variant, each] of units.entries()) shop.orders.promise(shop.variantOf(variant), each)
  const goods = shop.order(...units)
  const order: Order = { goods, units, assigned: false, released: false, over: false, issued: [0, 0], returned: [0, 0] }
  orders.push(order)
  const [answer] = await shop.assign(goods)
  order.assigned ||= answer?.assigned ?? false
}

const variant = fc.integer({ min: 0, max: 1 })
const order = fc.nat(20)
const units = fc.integer({ min: 1, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('receive' as const), variant, units: fc.integer({ min: 1, max: 9 }), lot: fc.nat(3) }),
  fc.record({ kind: fc.constant('take' as const), variant, units }),
  fc.record({ kind: fc.constant('order' as const), units: fc.tuple(units, units).map((pair) => [...pair]) }),
  fc.record({ kind: fc.constantFrom('release' as const, 'assign again' as const), order }),
  fc.record({ kind: fc.constant('issue' as const), order, variant, units }),
  fc.record({ kind: fc.constant('take back' as const), order, variant, units, restock: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('next day' as const, 'write off' as const, 'settle' as const) }),
)
const trouble = fc.constantFrom<Trouble>('none', 'none', 'none', 'down', 'answer-lost')
/** What happens at the same time, and what befalls the calls to orders meanwhile. */
const moments = fc.array(
  fc.tuple(fc.array(step, { minLength: 1, maxLength: 4 }), fc.array(trouble, { maxLength: 3 })),
  {
    maxLength: 14,
  },
)

test(
  'whatever is received, ordered, shipped, returned and expires at the same time, lots, shelves, orders and ledger agree',
  () =>
    fc.assert(
      fc.asyncProperty(moments, async (happening) => {
        const shop = await shopWithLots(
          shards,
          { 'lot 0': { units: 6 }, 'lot 3': { units: 6, variant: 1, expiresOn: '2026-11-24' } },
          2,
        )
        shop.clock.now = new Date(firstDay)
        const orders: Order[] = []
        for (const [steps, troubles] of happening) {
          shop.orders.troubles.splice(0, Infinity, ...troubles)
          const outcomes = await Promise.allSettled(steps.map((each) => take(shop, orders, each)))
          for (const outcome of outcomes)
            if (outcome.status === 'rejected' && !refusals.includes(outcome.reason.code)) throw outcome.reason
          // The clock jumps by days, so that a transfer which waits a moment seems to hang.
          expect((await shop.audit()).filter((finding) => !finding.includes('pending since'))).toEqual([])
        }
        shop.orders.troubles.length = 0
        await settleAbandoned(shop.deps, -86_400_000)
        for (const each of orders) {
          const held = await shop.held(each.goods)
          const [quantity, issued, released] = [0, 1, 2].map((column) =>
            held.reduce((sum, row) => sum + (row[column] ?? 0), 0),
          )
          const wanted = each.assigned ? each.units.reduce((sum, one) => sum + one, 0) : 0
          expect(issued).toBe(each.issued.reduce((sum, one) => sum + one, 0))
          // Stand-ins for expired goods add to both.
          expect((quantity ?? 0) - (released ?? 0)).toBe(each.released ? issued : wanted)
          for (const which of [0, 1]) {
            expect(each.issued[which]).toBeLessThanOrEqual(each.units[which] ?? 0)
            expect(each.returned[which]).toBeLessThanOrEqual(each.issued[which] ?? 0)
          }
        }
        for (const which of [0, 1]) {
          const books = await shop.books(which)
          expect(books?.allotted).toBe(books?.onHand)
          expect(shop.orders.granted(shop.variantOf(which))).toBe(books?.allotted)
        }
        expect(await shop.audit()).toEqual([])
      }),
      { numRuns: 40, endOnFailure: true },
    ),
  120_000,
)
