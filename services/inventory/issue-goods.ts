import type { Held, HeldChange } from './assignments.sql.ts'
import type { GoodsLine, IssuableLot } from './issue-lots.ts'
import { byRule, freeIn, isExpired } from './lots.ts'

/** What leaves: from lots, and in which rows of the order that is entered. */
export type Handout = {
  kind: 'issue'
  /** By lot; `held`: of the units, those that were set apart in this lot. */
  goods: { lot: IssuableLot; units: number; held: number }[]
  held: HeldChange[]
  standIns: { line: number; lotId: string; units: number }[]
  /** Units set apart in lots that have expired since, which others stand in for. */
  swapped: { lotId: string; units: number }[]
}
export type HandoutRefusal = { kind: 'refused'; variantId: string; reason: 'short' | 'expired' | 'released' }

/**
 * Which goods leave for an order: those set apart for it. For units whose lot has expired since, free units of lots that
 * have not stand in; when there are too few the shipment is refused whole. Never more than was set apart.
 * @param lots all lots of these variants that hold goods, locked.
 */
export function issueGoods(
  lines: readonly GoodsLine[],
  rows: readonly Held[],
  lots: readonly IssuableLot[],
  today: string,
): Handout | HandoutRefusal {
  const lotOf = new Map(lots.map((lot) => [lot.lotId, lot]))
  const handout: Handout = { kind: 'issue', goods: [], held: [], standIns: [], swapped: [] }
  let nextLine = Math.max(0, ...rows.map((row) => row.line)) + 1
  for (const { variantId, quantity } of lines) {
    const open = rows.flatMap((row) => {
      const lot = lotOf.get(row.lotId ?? '')
      const units = row.quantity - row.issued - row.released
      return row.variantId === variantId && units > 0 && lot !== undefined ? [{ row, lot, units }] : []
    })
    if (open.reduce((sum, each) => sum + each.units, 0) < quantity)
      return { kind: 'refused', variantId, reason: rows.some((row) => row.releasedAt !== null) ? 'released' : 'short' }
    let missing = quantity
    for (const { row, lot, units } of open.filter((each) => !isExpired(each.lot, today))) {
      const part = Math.min(units, missing)
      if (part === 0) break
      missing -= part
      handout.goods.push({ lot, units: part, held: part })
      handout.held.push({ line: row.line, issued: part, released: 0 })
    }
    const gone = open.filter((each) => isExpired(each.lot, today))
    for (const lot of freshOnes(lots, variantId, today)) {
      const part = Math.min(freeIn(lot), missing)
      if (part === 0) break
      missing -= part
      handout.goods.push({ lot, units: part, held: 0 })
      handout.standIns.push({ line: nextLine, lotId: lot.lotId, units: part })
      nextLine += 1
      swap(handout, gone, part)
    }
    if (missing > 0) return { kind: 'refused', variantId, reason: 'expired' }
  }
  return handout
}

function freshOnes(lots: readonly IssuableLot[], variantId: string, today: string): IssuableLot[] {
  const fresh = lots.filter((lot) => lot.variantId === variantId && !isExpired(lot, today) && freeIn(lot) > 0)
  const [first] = fresh
  return first === undefined ? [] : fresh.sort(byRule(first.rule))
}

/** Give up `units` of what was set apart in lots that have expired. */
function swap(handout: Handout, gone: { row: Held; lot: IssuableLot; units: number }[], units: number): void {
  let left = units
  for (const each of gone) {
    const part = Math.min(each.units, left)
    if (part === 0) continue
    each.units -= part
    left -= part
    handout.held.push({ line: each.row.line, issued: 0, released: part })
    handout.swapped.push({ lotId: each.lot.lotId, units: part })
  }
}
