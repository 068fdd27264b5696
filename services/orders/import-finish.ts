import type { Database } from '@souk/postgres'
import type { Clock } from '@souk/service'
import { finishImport, readSums } from './import.sql.ts'
import {
  countOrderLines,
  countReturned,
  forgetLines,
  type MonthSum,
  movedAmounts,
  rejectedByMonth,
  returnedByMonth,
  soldByMonth,
} from './import-finish.sql.ts'
import { slicesLeft } from './import-make.sql.ts'
import { orderErrors } from './errors.ts'
import { heldImport } from './import-orders.ts'

/** Of one month and currency. Sales and returns are what the orders say now, not what was meant to be written. */
export type ImportSum = {
  month: string
  currency: string
  sourceLines: number
  sourceMinor: number
  soldMinor: number
  returnedMinor: number
  rejectedLines: number
  rejectedMinor: number
}

export type ImportResult = {
  sums: ImportSum[]
  lines: number
  orders: number
  cancelled: number
  orderLines: number
  returnedLines: number
  rejected: number
  known: number
  products: number
  customers: number
  finishedAtMs: number
}

/**
 * Add up what became of the source, and forget the lines that were kept of it. Asked again it gives the first answer.
 * @throws import-not-found, import-moved-on while orders are still to be made
 */
export const endImport = (
  { db, clock }: { db: Database; clock: Clock },
  shopId: string,
  importId: string,
): Promise<ImportResult> =>
  db.transaction(
    async (tx) => {
      const row = await heldImport(tx, importId, shopId, ['making', 'done'])
      if (row.state === 'done') return row.result as ImportResult
      if ((await slicesLeft(tx, importId)) > 0)
        throw orderErrors.error('import-moved-on', 'Orders of this import are still to be made.')
      const table = sumTable()
      const source = await readSums(tx, importId)
      for (const { month, currency, lines, minor, known_minor } of source) {
        const sum = table.of(month, currency)
        sum.sourceLines += lines
        sum.sourceMinor += minor
        sum.soldMinor += known_minor
      }
      const sold = await soldByMonth(tx, shopId, importId)
      for (const { month, currency, minor } of sold) table.of(month, currency).soldMinor += minor
      for (const { moved, month, currency } of await movedAmounts(tx, shopId, importId))
        for (const [other, minor] of Object.entries(moved)) {
          table.of(other, currency).soldMinor += minor
          table.of(month, currency).soldMinor -= minor
        }
      for (const { month, currency, minor } of await returnedByMonth(tx, shopId, importId))
        table.of(month, currency).returnedMinor += minor
      for (const { month, currency, lines, minor } of await rejectedByMonth(tx, importId)) {
        const sum = table.of(month, currency)
        sum.rejectedLines += lines
        sum.rejectedMinor += minor
      }
      const orderLines = await countOrderLines(tx, importId)
      const returnedLines = await countReturned(tx, importId)
      const rejected = table.all().reduce((total, sum) => total + sum.rejectedLines, 0)
      const result: ImportResult = {
        sums: table.all(),
        lines: row.lines,
        orders: sold.reduce((total, month) => total + month.orders, 0),
        cancelled: sold.reduce((total, month) => total + month.cancelled, 0),
        orderLines,
        returnedLines,
        rejected,
        known: row.lines - rejected - orderLines - returnedLines,
        products: row.products,
        customers: row.customers,
        finishedAtMs: clock().getTime(),
      }
      await forgetLines(tx, importId)
      await finishImport(tx, importId, JSON.stringify(result), clock())
      return result
    },
    { statementTimeoutMs: 600_000 },
  )

function sumTable() {
  const sums = new Map<string, ImportSum>()
  return {
    of(month: string, currency: string): ImportSum {
      let sum = sums.get(`${month} ${currency}`)
      if (sum === undefined) {
        sum = {
          month,
          currency,
          sourceLines: 0,
          sourceMinor: 0,
          soldMinor: 0,
          returnedMinor: 0,
          rejectedLines: 0,
          rejectedMinor: 0,
        }
        sums.set(`${month} ${currency}`, sum)
      }
      return sum
    },
    all: () => [...sums.values()].sort((one, other) => (key(one) < key(other) ? -1 : 1)),
  }
}

const key = ({ month, currency }: Pick<MonthSum, 'month' | 'currency'>) => `${month} ${currency}`
