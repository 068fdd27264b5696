import { ordersImported } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import { bucketOf, type Database, type Tx, uuidv7 } from '@souk/postgres'
import type { Clock } from '@souk/service'
import { addSums } from './import.sql.ts'
import {
  type Assembled,
  type AssembledOrder,
  assemble,
  maxLinesOfOrder,
  type SaleLine,
  tooManyLines,
} from './import-assemble.ts'
import {
  customersOf,
  insertLines,
  insertOrders,
  insertReturnedLines,
  insertReturns,
  type KnownProduct,
  linesOfOrders,
  lockSlice,
  type MadeLines,
  type MadeOrder,
  type MadeReturn,
  type MadeReturnLine,
  markReturnsMade,
  nextLines,
  ordersOfNumbers,
  productsOf,
  rejectLines,
  rejectRest,
  rejectReturns,
  restOfNumber,
  returnsOf,
  saveSlice,
  type StagedLine,
} from './import-make.sql.ts'
import { noImport } from './import-orders.ts'
import { sumsOf } from './import-prepare.ts'

export type MakeDeps = { db: Database; outbox: Outbox; clock: Clock }

/** Lines read for one transaction; the orders made of them are told in one event. */
const linesAtOnce = 4_000

/**
 * Make the next orders of a slice: read, decided in memory, written with a fixed number of statements, told, and the slice
 * moved on, in one transaction. @throws import-not-found
 */
export const makeOrders = (
  { db, outbox, clock }: MakeDeps,
  shopId: string,
  importId: string,
  slice: number,
): Promise<{ done: boolean; lines: number }> =>
  db.transaction(async (tx) => {
    const at = await lockSlice(tx, importId, slice)
    if (at === undefined) throw noImport()
    if (at.done) return { done: true, lines: 0 }
    const read = await nextLines(tx, importId, slice, at.after_number, linesAtOnce)
    const last = read.at(-1)
    if (last === undefined) {
      await saveSlice(tx, importId, slice, at.after_number, true, 0)
      return { done: true, lines: 0 }
    }
    const byNumber = Map.groupBy(read, (line) => line.number)
    let lines = read.length
    if (read.length === linesAtOnce) {
      const rest = await restOfNumber(tx, importId, slice, last.number, last.line_no, maxLinesOfOrder)
      byNumber.get(last.number)?.push(...rest)
      lines += rest.length
    }
    for (const [number, ofNumber] of byNumber)
      if (ofNumber.length > maxLinesOfOrder) {
        // There may be millions of them, so they are refused where they lie.
        lines += (await rejectRest(tx, importId, slice, number, 'number', tooManyLines)) - ofNumber.length
        byNumber.set(number, [])
      }
    const written = await makeThem(tx, { outbox, clock }, shopId, importId, slice, byNumber)
    await saveSlice(tx, importId, slice, last.number, false, written)
    return { done: false, lines }
  })

async function makeThem(
  tx: Tx,
  { outbox, clock }: Pick<MakeDeps, 'outbox' | 'clock'>,
  shopId: string,
  importId: string,
  slice: number,
  byNumber: ReadonlyMap<string, readonly StagedLine[]>,
): Promise<number> {
  const numbers = [...byNumber.keys()]
  const there = new Map((await ordersOfNumbers(tx, shopId, numbers)).map((row) => [row.number, row.order_id]))
  const codeKeys = [...new Set([...byNumber.values()].flat().map((line) => line.code_key))]
  const products = await productsOf(tx, shopId, codeKeys)
  const knownLines = there.size === 0 ? [] : await linesOfOrders(tx, [...there.values()])
  const codeOf = new Map(products.map((product) => [product.variant_id, product.code_key]))
  const knownByOrder = Map.groupBy(knownLines, (row) => row.order_id)
  const takenBack = Map.groupBy(await returnsOf(tx, importId, numbers), (row) => row.sale_number)

  const assembled: Assembled[] = []
  const rejects: { number: string; lineNo: number; field: string; reason: string }[] = []
  const returnRejects: Assembled['returnRejects'] = []
  for (const [number, staged] of byNumber) {
    const orderId = there.get(number)
    const taken = (takenBack.get(number) ?? []).map((row) => ({
      lineNo: row.line_no,
      number: row.number,
      saleLine: row.sale_line,
      quantity: row.quantity,
      unitPriceMinor: row.unit_price_minor,
      returnedAtMs: row.returned_ms,
    }))
    if (staged.length === 0) {
      for (const { lineNo } of taken)
        returnRejects.push({ lineNo, field: 'number', reason: 'the order it takes back could not be imported' })
      continue
    }
    const made = assemble({
      number,
      lines: staged.map(toSaleLine),
      takenBack: taken,
      ...(orderId !== undefined && {
        known: (knownByOrder.get(orderId) ?? []).map((row) => ({
          codeKey: codeOf.get(row.variant_id) ?? '',
          quantity: row.quantity,
          unitPriceMinor: row.unit_price_minor,
        })),
      }),
    })
    for (const reject of made.rejects) rejects.push({ number, ...reject })
    returnRejects.push(...made.returnRejects)
    assembled.push(made)
  }
  if (rejects.length > 0) await rejectLines(tx, importId, slice, rejects)
  if (returnRejects.length > 0) await rejectReturns(tx, importId, returnRejects)
  const known = assembled.flatMap((made) => made.known)
  if (known.length > 0)
    await addSums(
      tx,
      importId,
      sumsOf(
        known.map((line) => ({
          quantity: line.quantity,
          unit_price_minor: line.unitPriceMinor,
          currency: line.currency,
          atMs: line.placedAtMs,
          sign: 1,
        })),
      ),
    )
  const orders = assembled.flatMap(({ order }) => order ?? [])
  return orders.length > 0 ? write(tx, { outbox, clock }, shopId, importId, orders, products) : 0
}

const toSaleLine = (row: StagedLine): SaleLine => ({
  lineNo: row.line_no,
  codeKey: row.code_key,
  title: row.title,
  quantity: row.quantity,
  unitPriceMinor: row.unit_price_minor,
  currency: row.currency,
  placedAtMs: row.placed_ms,
  customer: row.customer,
})

async function write(
  tx: Tx,
  { outbox, clock }: Pick<MakeDeps, 'outbox' | 'clock'>,
  shopId: string,
  importId: string,
  orders: readonly AssembledOrder[],
  products: readonly KnownProduct[],
): Promise<number> {
  const bucket = bucketOf(shopId)
  const customers = await customersOf(tx, shopId, [...new Set(orders.map((order) => order.customer))])
  const customerOf = new Map(customers.map((row) => [row.number, row.customer_id]))
  // Numbered from 1, as the server numbers what it unnests.
  const placeOf = new Map(products.map((product, index) => [product.code_key, index + 1]))
  const made: MadeOrder[] = []
  const lines: MadeLines = { orderIds: [], numbers: [], products: [], titles: [], quantities: [], unitPricesMinor: [] }
  const returns: MadeReturn[] = []
  const returnedLines: MadeReturnLine[] = []
  const returnLines: { lineNo: number; orderId: string }[] = []
  for (const order of orders) {
    // Of the time it was placed: lists and partitions go by the id.
    const orderId = uuidv7(order.placedAtMs, bucket)
    const customerId = customerOf.get(order.customer) as string
    made.push({
      ...order,
      orderId,
      customerId,
      version: order.history.length,
      history: order.status === 'delivered' && order.returns.length === 0 ? null : JSON.stringify(order.history),
      moved: order.moved === null ? null : JSON.stringify(order.moved),
    })
    order.lines.forEach((line, index) => {
      const place = placeOf.get(line.codeKey) as number
      const product = products[place - 1] as KnownProduct
      lines.orderIds.push(orderId)
      lines.numbers.push(index + 1)
      lines.products.push(place)
      lines.titles.push(line.title.trim() || product.title || product.code)
      lines.quantities.push(line.quantity)
      lines.unitPricesMinor.push(line.unitPriceMinor)
    })
    for (const each of order.returns) {
      const returnId = uuidv7(each.atMs, bucket)
      returns.push({ ...each, returnId, orderId, customerId })
      for (const { index, quantity, refundMinor } of each.lines) {
        const place = placeOf.get((order.lines[index] as SaleLine).codeKey) as number
        const { variant_id: variantId } = products[place - 1] as KnownProduct
        returnedLines.push({ returnId, lineNo: index + 1, variantId, quantity, refundMinor })
      }
    }
    for (const lineNo of order.returnLines) returnLines.push({ lineNo, orderId })
  }
  await insertOrders(tx, importId, shopId, made)
  const written = await insertLines(tx, lines, products)
  // An article without a product would silently lose its lines.
  if (written !== lines.numbers.length)
    throw new Error(`${lines.numbers.length} lines were to be written, ${written} were`)
  if (returns.length > 0) {
    await insertReturns(tx, shopId, importId, returns)
    await insertReturnedLines(tx, returnedLines)
  }
  if (returnLines.length > 0) await markReturnsMade(tx, importId, returnLines)
  const nowMs = clock().getTime()
  await outbox.append(tx, [
    newEvent(
      ordersImported,
      {
        shopId,
        importId,
        importedAtMs: BigInt(nowMs),
        orders: made.map((order, index) => ({
          orderId: order.orderId,
          version: order.version,
          customerId: order.customerId,
          status: order.status,
          totalMinor: BigInt(order.totalMinor),
          currencyCode: order.currency,
          placedAtMs: BigInt(order.placedAtMs),
          sourceNumber: order.number,
          returnedMinor: BigInt((orders[index]?.returns ?? []).reduce((sum, each) => sum + each.refundMinor, 0)),
        })),
      },
      { occurredAtMs: nowMs, correlationId: importId },
    ),
  ])
  return written
}
