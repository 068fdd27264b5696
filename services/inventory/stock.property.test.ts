import { randomUUID } from 'node:crypto'
import { testDatabase } from '@souk/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { changeStock } from './change-stock.ts'
import { findChange } from './changes.sql.ts'
import { inventory } from './index.ts'
import { findItems } from './inventory.sql.ts'
import { itemsOfShop } from './know-items.ts'
import { settleAbandoned } from './settle-transfers.ts'
import { newShop, type Product, testInventory, type Trouble } from './test-inventory.ts'

const database = await testDatabase([inventory])
const shards = database.shards('inventory')
afterAll(() => database.close())

/** What must be true, kept by hand: by variant, what lies there and what customers were promised. */
type Model = { onHand: Map<string, number>; promised: Map<string, number>; undecided: { id: string; lines: Lines }[] }
type Lines = { variantId: string; by: number }[]
type Real = { inv: ReturnType<typeof testInventory>; product: Product }
type Step = fc.AsyncCommand<Model, Real>

const add = (map: Map<string, number>, key: string, by: number) => map.set(key, (map.get(key) ?? 0) + by)
const definite = ['already-promised', 'not-on-shelf', 'stock-busy']

/** Change stock, perhaps while orders has trouble; note what is known of the outcome. */
async function attempt(model: Model, { inv, product }: Real, lines: Lines): Promise<void> {
  const id = randomUUID()
  const request = { id, shopId: product.shopId, reason: 'counted', note: '', actor: 'test', correlationId: '', lines }
  try {
    await changeStock(inv.deps, request)
    for (const line of lines) add(model.onHand, line.variantId, line.by)
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string }
    if (definite.includes(code)) return
    if (code !== 'stock-transfer-pending' && !message.startsWith('crashed')) throw error
    model.undecided.push({ id, lines })
  }
}

/** At every moment: the books add up, and what customers were promised lies on the shelf. */
async function check(model: Model, { inv, product }: Real): Promise<void> {
  expect(await inv.audit()).toEqual([])
  for (const item of await findItems(shards.ofOwner(product.shopId).db.autocommit, product.variantIds)) {
    expect(model.promised.get(item.variantId) ?? 0).toBeLessThanOrEqual(item.onHand)
    expect(inv.orders.granted(item.variantId)).toBeLessThanOrEqual(item.onHand)
  }
}

class Change implements Step {
  readonly changes: { variant: number; by: number }[][]
  readonly troubles: Trouble[]
  constructor(changes: { variant: number; by: number }[][], troubles: Trouble[]) {
    this.changes = changes
    this.troubles = troubles
  }
  check = () => true
  async run(model: Model, real: Real) {
    real.inv.orders.troubles.splice(0, Infinity, ...this.troubles)
    const linesOf = (lines: { variant: number; by: number }[]) =>
      lines.map(({ variant, by }) => ({ variantId: real.product.variantIds[variant] as string, by }))
    await Promise.all(this.changes.map((lines) => attempt(model, real, linesOf(lines))))
    await check(model, real)
  }
  toString = () => `change(${JSON.stringify(this.changes)}, ${this.troubles})`
}

class Promised implements Step {
  readonly variant: number
  readonly units: number
  constructor(variant: number, units: number) {
    this.variant = variant
    this.units = units
  }
  check = () => true
  async run(model: Model, real: Real) {
    const variantId = real.product.variantIds[this.variant] as string
    if (real.inv.orders.promise(variantId, this.units)) add(model.promised, variantId, this.units)
    await check(model, real)
  }
  toString = () => `promise(${this.variant}, ${this.units})`
}

class Settle implements Step {
  readonly trouble: Trouble
  constructor(trouble: Trouble) {
    this.trouble = trouble
  }
  check = () => true
  async run(model: Model, real: Real) {
    real.inv.orders.troubles.splice(0, Infinity, this.trouble)
    await settleAbandoned(real.inv.deps, -1_000)
    await check(model, real)
  }
  toString = () => `settle(${this.trouble})`
}

const trouble = fc.constantFrom<Trouble>('none', 'none', 'down', 'answer-lost', 'crash')
const variant = fc.integer({ min: 0, max: 2 })
const line = fc.record({ variant, by: fc.integer({ min: -8, max: 10 }).filter((by) => by !== 0) })
const lines = fc.uniqueArray(line, { minLength: 1, maxLength: 3, selector: (each) => each.variant })
const steps = [
  fc.tuple(lines, fc.array(trouble, { maxLength: 3 })).map(([one, troubles]) => new Change([one], troubles)),
  fc.tuple(lines, lines, fc.array(trouble, { maxLength: 4 })).map(([a, b, troubles]) => new Change([a, b], troubles)),
  fc.tuple(variant, fc.integer({ min: 1, max: 5 })).map(([which, units]) => new Promised(which, units)),
  trouble.map((befalls) => new Settle(befalls)),
]

test(
  'whatever refuses, gets lost or crashes, in the end inventory and orders agree',
  () =>
    fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 15 }), async (commands) => {
        const inv = testInventory(shards)
        const product = inv.product(newShop(), 3)
        const real = { inv, product }
        const model: Model = { onHand: new Map(), promised: new Map(), undecided: [] }
        await itemsOfShop(inv.deps, product.shopId, product.variantIds)
        await fc.asyncModelRun(() => ({ model, real }), commands)

        inv.orders.troubles.length = 0
        await settleAbandoned(inv.deps, -1_000)
        expect(await settleAbandoned(inv.deps, -1_000)).toBe(0)
        const tx = shards.ofOwner(product.shopId).db.autocommit
        for (const { id, lines } of model.undecided)
          if ((await findChange(tx, id, product.shopId))?.state === 'applied')
            for (const each of lines) add(model.onHand, each.variantId, each.by)
        for (const item of await findItems(tx, product.variantIds)) {
          const onHand = model.onHand.get(item.variantId) ?? 0
          expect(item).toMatchObject({ onHand, allotted: onHand, granting: 0, withdrawing: 0, leaving: 0 })
          expect(inv.orders.granted(item.variantId)).toBe(onHand)
          expect(inv.orders.remaining(item.variantId)).toBe(onHand - (model.promised.get(item.variantId) ?? 0))
        }
        expect(await inv.audit()).toEqual([])
      }),
      { numRuns: 40, endOnFailure: true },
    ),
  120_000,
)
