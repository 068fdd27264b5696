import { byRule, freeIn, type IssueRule, isExpired, type Lot } from './lots.ts'

/** What an order is to be given. Each variant once, 1 unit of it or more. */
export type Goods = { orderId: string; shopId: string; lines: readonly GoodsLine[] }
export type GoodsLine = { variantId: string; quantity: number }

/** A lot, with the rule of its variant or shop. */
export type IssuableLot = Lot & { rule: IssueRule }

export type Refusal = {
  /** Of which there was too little. */
  variantId: string
  /**
   * expired: what lies there may not be handed over any more. held: it is there, set apart for others; when orders had
   * promised it, one of those has given it up and is about to be released. short: it is not there.
   */
  reason: 'short' | 'held' | 'expired'
}

export type Issued = {
  /** By order, in their order; undefined: all of it was set apart. */
  refusals: (Refusal | undefined)[]
  /** The rows to write, column by column; `lot` counts from 1 in `lots`. */
  rows: { orderIds: string[]; lines: number[]; lots: number[]; quantities: number[] }
  /** Lots that were taken from, and how much. */
  lots: IssuableLot[]
  units: number[]
}

type Supply = {
  shopId: string
  lying: number
  free: number
  lots: IssuableLot[]
  left: number[]
  next: number
  expired: boolean
}

/**
 * Which lots serve which order, in the order the orders came: all lines of an order or none, by the rule of each
 * variant, from several lots where one has too little, never from one that has expired.
 * @param today as 2026-11-21.
 */
export function issueLots(orders: readonly Goods[], lots: readonly IssuableLot[], today: string): Issued {
  const supplies = supplyOf(lots, today)
  const rows: Issued['rows'] = { orderIds: [], lines: [], lots: [], quantities: [] }
  const taken = new Map<IssuableLot, number>()
  const units: number[] = []
  const refusals: Issued['refusals'] = []
  for (const order of orders) {
    const refusal = refusalOf(order, supplies)
    refusals.push(refusal)
    if (refusal !== undefined) continue
    let line = 0
    for (const { variantId, quantity } of order.lines) {
      const supply = supplies.get(variantId) as Supply
      supply.free -= quantity
      for (let missing = quantity; missing > 0; line += 1) {
        while (supply.left[supply.next] === 0) supply.next += 1
        const lot = supply.lots[supply.next] as IssuableLot
        const left = supply.left[supply.next] as number
        const part = left < missing ? left : missing
        supply.left[supply.next] = left - part
        missing -= part
        let index = taken.get(lot)
        if (index === undefined) {
          index = units.push(0)
          taken.set(lot, index)
        }
        units[index - 1] = (units[index - 1] as number) + part
        rows.orderIds.push(order.orderId)
        rows.lines.push(line)
        rows.lots.push(index)
        rows.quantities.push(part)
      }
    }
  }
  return { refusals, rows, lots: [...taken.keys()], units }
}

function refusalOf(order: Goods, supplies: ReadonlyMap<string, Supply>): Refusal | undefined {
  for (const { variantId, quantity } of order.lines) {
    const supply = supplies.get(variantId)
    if (supply === undefined || supply.shopId !== order.shopId) return { variantId, reason: 'short' }
    if (supply.free >= quantity) continue
    return { variantId, reason: supply.expired ? 'expired' : supply.lying >= quantity ? 'held' : 'short' }
  }
  return undefined
}

function supplyOf(lots: readonly IssuableLot[], today: string): Map<string, Supply> {
  const supplies = new Map<string, Supply>()
  for (const lot of lots) {
    let supply = supplies.get(lot.variantId)
    if (supply === undefined) {
      supply = { shopId: lot.shopId, lying: 0, free: 0, lots: [], left: [], next: 0, expired: false }
      supplies.set(lot.variantId, supply)
    }
    if (!isExpired(lot, today)) supply.lying += lot.onHand - lot.leaving
    if (isExpired(lot, today)) supply.expired = true
    else if (freeIn(lot) > 0) supply.lots.push(lot)
  }
  for (const supply of supplies.values()) {
    const [first] = supply.lots
    if (first === undefined) continue
    supply.lots.sort(byRule(first.rule))
    supply.left = supply.lots.map(freeIn)
    supply.free = supply.left.reduce((sum, left) => sum + left, 0)
  }
  return supplies
}
