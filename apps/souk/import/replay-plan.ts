import { Refusal } from '../explain.ts'
import { type Mapping, placesIn } from './mapping.ts'
import { lineReader } from './read-line.ts'
import { recordsOf, type SourceFile } from './source-file.ts'

export type ReplayOrder = {
  number: string
  atMs: number
  /** Empty: not known; such an order has a customer of its own. */
  customer: string
  /** Units by article number in capitals. */
  units: Map<string, number>
}

export type ReplayProduct = { code: string; title: string; priceMinor: number; units: number }

export type ReplayPlan = {
  /** In the order of time. */
  orders: ReplayOrder[]
  /** What they need, by article number in capitals. */
  products: Map<string, ReplayProduct>
  /** Lines that are no sale of goods: cancellations, postage, what cannot be read. */
  skippedLines: number
}

/** The most one order may have of one thing, as for everybody who orders. */
const mostUnits = 1_000_000

/**
 * Read a file as a plan of what to order when. Cancellations are left out: their orders are placed as they were. The plan
 * is kept in memory, some 100 bytes a line.
 */
export async function planReplay(file: SourceFile, mapping: Mapping, limit: number): Promise<ReplayPlan> {
  const batches = recordsOf(file, mapping, 4_000)
  const header = (await batches.next()).value?.[0]?.record
  if (header === undefined) throw new Refusal(`${file.path} has no lines.`)
  const read = lineReader(mapping, placesIn(header, mapping), header.length)
  const byNumber = new Map<string, ReplayOrder>()
  const known = new Map<string, { code: string; title: string; priceMinor: number }>()
  let skippedLines = 0
  for await (const batch of batches)
    for (const { record, line: lineNumber, raw } of batch) {
      const { line } = read(record, lineNumber, raw)
      if (line === undefined || line.cancels || line.service) {
        skippedLines += 1
        continue
      }
      const key = line.code.toUpperCase()
      const product = known.get(key)
      if (product === undefined) known.set(key, { code: line.code, title: line.title, priceMinor: line.unitPriceMinor })
      else {
        product.title ||= line.title
        product.priceMinor ||= line.unitPriceMinor
      }
      const order = byNumber.get(line.number)
      if (order === undefined) {
        const { number, atMs, customer } = line
        byNumber.set(number, { number, atMs, customer, units: new Map([[key, line.quantity]]) })
      } else {
        order.atMs = Math.min(order.atMs, line.atMs)
        order.units.set(key, (order.units.get(key) ?? 0) + line.quantity)
      }
    }
  const possible = [...byNumber.values()].filter(
    ({ units }) => units.size <= 1_000 && [...units.values()].every((each) => each <= mostUnits),
  )
  const orders = possible
    .sort((one, other) => one.atMs - other.atMs || (one.number < other.number ? -1 : 1))
    .slice(0, limit)
  const products = new Map<string, ReplayProduct>()
  for (const { units } of orders)
    for (const [key, quantity] of units) {
      const product = products.get(key)
      if (product !== undefined) product.units += quantity
      else products.set(key, { ...(known.get(key) as Omit<ReplayProduct, 'units'>), units: quantity })
    }
  return { orders, products, skippedLines }
}
