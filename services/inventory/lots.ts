/** Goods of a variant that came together and expire together, at one location. Units; see migrations/0002_lots.sql. */
export type Lot = {
  lotId: string
  variantId: string
  locationId: string
  shopId: string
  /** '' for goods that came without one. */
  code: string
  /** The last day on which they may be handed over, as 2026-11-21, UTC; null: they keep. */
  expiresOn: string | null
  receivedAt: Date
  onHand: number
  /** Of these, set apart for orders. */
  assigned: number
  /** Of these, to be taken off the shelf once orders has given them back. */
  leaving: number
}

/** First expired, first out; first in, first out. */
export type IssueRule = (typeof issueRules)[number]
export const issueRules = ['fefo', 'fifo'] as const

/** Units taken from a lot. */
export type Take = { lotId: string; variantId: string; units: number }

/** How a lot is found or made when goods come. */
export type LotName = { code: string; expiresOn: string | null }

/** The day it is, in UTC, as lots write it: such days compare as text. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

/** The day named on the lot is still a good one. */
export const isExpired = (lot: Pick<Lot, 'expiresOn'>, today: string): boolean =>
  lot.expiresOn !== null && lot.expiresOn < today

/** Neither set apart for an order nor about to leave. */
export const freeIn = (lot: Pick<Lot, 'onHand' | 'assigned' | 'leaving'>): number =>
  lot.onHand - lot.assigned - lot.leaving

/** Goods that keep come after all that do not; of the same day, those that came first. */
export const byRule =
  (rule: IssueRule) =>
  (one: Lot, other: Lot): number => {
    if (rule === 'fefo' && one.expiresOn !== other.expiresOn)
      return one.expiresOn === null || (other.expiresOn !== null && one.expiresOn > other.expiresOn) ? 1 : -1
    return one.receivedAt.getTime() - other.receivedAt.getTime() || (one.lotId < other.lotId ? -1 : 1)
  }

/** Take units that nobody is to have (damaged, counted out) from where they are missed least. Throws when too few are free. */
export function takeFrom(lots: readonly Lot[], units: number): Take[] {
  const takes: Take[] = []
  let missing = units
  for (const lot of lots.toSorted(byRule('fefo'))) {
    const taken = Math.min(freeIn(lot), missing)
    if (taken > 0) takes.push({ lotId: lot.lotId, variantId: lot.variantId, units: taken })
    missing -= taken
  }
  if (missing > 0) throw new RangeError(`${missing} of ${units} units are not free in these lots`)
  return takes
}
