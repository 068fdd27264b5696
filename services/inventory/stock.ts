import { freeIn, type Lot, type LotName, type Take, takeFrom } from './lots.ts'

/** A variant as the books have it. Units; see migrations/0001_inventory.sql for what each means. */
export type Item = {
  variantId: string
  productId: string
  shopId: string
  sku: string
  title: string
  active: boolean
  onHand: number
  leaving: number
  allotted: number
  granting: number
  withdrawing: number
  alertLevel: number | null
  version: number
}

/** What lies of a variant at one location. */
export type Shelf = { variantId: string; locationId: string; onHand: number; leaving: number }

/**
 * What somebody wants: so many units more or fewer (`by`), exactly so many (`to`), or of a lot none that is not set apart
 * for an order (`clear`). With a lot named, units come into that one or are taken from it alone.
 */
export type WantedLine = { variantId: string; locationId: string; lot?: LotName | undefined } & Wanted
export type Wanted = { by: number } | { to: number } | { clear: true }

/** What is to be done: `withdraw` of the units taken (delta < 0) must be had back from orders first. */
export type Line = {
  variantId: string
  locationId: string
  delta: number
  withdraw: number
  /** delta > 0: where the goods go. */
  into: LotName | undefined
  /** delta < 0: where they are taken from. */
  takes: readonly Take[]
}

export type Decision =
  | { kind: 'nothing' }
  | { kind: 'apply'; lines: Line[] }
  | { kind: 'withdraw'; lines: Line[] }
  /** It depends on how a change under way ends. */
  | { kind: 'wait' }
  | { kind: 'short'; lines: { variantId: string; atMost: number }[] }
  /** So many lie there, but set apart for orders. */
  | { kind: 'set-apart'; lines: { variantId: string; atMost: number }[] }
  | { kind: 'too-many'; variantId: string }

export const maxOnHand = 1_000_000_000

/** Goods that come without a lot's code are in the shelf's lot without one, and keep. */
export const unnamedLot: LotName = { code: '', expiresOn: null }

const shelfKey = (variantId: string, locationId: string) => `${variantId} ${locationId}`

/**
 * Decide a change of stock, whole or not at all. What is on the shelf and not allotted leaves at once; the rest must be
 * withdrawn from orders first. Nothing is decided on units whose transfer has not ended: that could refuse for no reason.
 * @param lots all lots of these variants that hold goods: a shelf is what its lots have.
 */
export function decideChange(wanted: readonly WantedLine[], items: readonly Item[], lots: readonly Lot[]): Decision {
  const itemOf = new Map(items.map((item) => [item.variantId, item]))
  const lotsOf = Map.groupBy(lots, (lot) => shelfKey(lot.variantId, lot.locationId))
  const lines: Line[] = []
  const short: { variantId: string; atMost: number }[] = []
  const setApart: { variantId: string; atMost: number }[] = []
  let wait = false
  for (const want of wanted) {
    const { variantId, locationId, lot } = want
    const item = itemOf.get(variantId)
    if (item === undefined) throw new Error(`variant ${variantId} was not locked before deciding about it`)
    const shelf = lotsOf.get(shelfKey(variantId, locationId)) ?? []
    const from = lot === undefined ? shelf : shelf.filter((each) => each.code === lot.code)
    const lying = sum(from, (each) => each.onHand - each.leaving)
    const free = sum(from, freeIn)
    const underWay = from.some((each) => each.leaving > 0)
    if ('to' in want && underWay) wait = true
    const delta = 'by' in want ? want.by : 'to' in want ? want.to - lying : -free
    if (delta === 0) continue
    if (item.onHand + delta > maxOnHand) return { kind: 'too-many', variantId }
    if (free + delta < 0) {
      if (underWay) wait = true
      else (lying + delta < 0 ? short : setApart).push({ variantId, atMost: free })
      continue
    }
    const withdraw = delta < 0 ? toWithdraw(item, -delta) : 0
    if (withdraw > item.allotted - item.withdrawing) wait = true
    const into = delta > 0 ? (lot ?? unnamedLot) : undefined
    lines.push({ variantId, locationId, delta, withdraw, into, takes: delta < 0 ? takeFrom(from, -delta) : [] })
  }
  if (wait) return { kind: 'wait' }
  if (short.length > 0) return { kind: 'short', lines: [...short, ...setApart] }
  if (setApart.length > 0) return { kind: 'set-apart', lines: setApart }
  if (lines.length === 0) return { kind: 'nothing' }
  return { kind: lines.some((line) => line.withdraw > 0) ? 'withdraw' : 'apply', lines }
}

const sum = (lots: readonly Lot[], of: (lot: Lot) => number): number => lots.reduce((all, lot) => all + of(lot), 0)

/** Units that may be promised beyond what would be left after taking `units`. */
const toWithdraw = (item: Item, units: number): number =>
  Math.max(0, item.allotted + item.granting - item.withdrawing - (item.onHand - item.leaving - units))

/** On the shelf, staying there, and not yet granted to orders: all of it is granted. */
export const ungranted = (item: Item): number =>
  item.onHand - item.leaving - (item.allotted + item.granting - item.withdrawing)

/** Whether a change of what is on hand made the stock fall to or below its alert level. */
export const ranLow = (item: Item, onHandBefore: number): boolean =>
  item.alertLevel !== null && onHandBefore > item.alertLevel && item.onHand <= item.alertLevel

/** One number for a product's stock: it grows whenever that of any of its variants changes. */
export const versionOf = (items: readonly Item[]): number => items.reduce((sum, item) => sum + item.version, 0)

export type Reason = (typeof reasons)[number]
export const reasons = ['received', 'returned', 'damaged', 'lost', 'expired', 'counted', 'other'] as const

/** The kind of movement that a change for `reason` leaves in the ledger. */
export function movementKind(reason: string, delta: number): 'receipt' | 'write-off' | 'adjustment' {
  if (delta > 0 && (reason === 'received' || reason === 'returned')) return 'receipt'
  if (delta < 0 && (reason === 'damaged' || reason === 'lost' || reason === 'expired')) return 'write-off'
  return 'adjustment'
}
