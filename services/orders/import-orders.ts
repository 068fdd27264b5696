import type { StageLinesRequest } from '@souk/contracts/orders'
import { bucketOf, type Database, type Tx, uuidv7 } from '@souk/postgres'
import type { Clock } from '@souk/service'
import { orderErrors } from './errors.ts'
import {
  addSums,
  findImportByPrint,
  forgetAbandoned,
  type ImportRow,
  insertImport,
  insertRejects,
  insertReturnLines,
  insertSales,
  lockImport,
  saveImport,
  type StagedSales,
} from './import.sql.ts'

/**
 * Orders of another system, taken over from a file. The lines of an order may lie anywhere in it, and a cancellation may
 * stand before what it cancels: so all lines are kept first, then matched (import-prepare.ts), then made into orders, a
 * number at a time (import-make.ts, import-assemble.ts). Each step is a transaction with its own checkpoint: killed at any
 * point, the next run goes on behind the last one.
 */

/** Workers may make orders of so many disjoint parts of a file at the same time. */
export const sliceCount = 4

/** Whoever goes on with an import does so within a week. */
const abandonedAfterMs = 7 * 24 * 3_600_000

export const noImport = () => orderErrors.error('import-not-found', 'There is no import with this id in this shop.')

/** A new import, or the one that was begun with the same content. */
export async function beginImport(
  db: Database,
  clock: Clock,
  given: { shopId: string; fingerprint: string; name: string },
): Promise<ImportRow> {
  const now = clock()
  await forgetAbandoned(db.autocommit, given.shopId, new Date(now.getTime() - abandonedAfterMs))
  await insertImport(db.autocommit, { ...given, importId: uuidv7(now.getTime(), bucketOf(given.shopId)) }, now)
  return (await findImportByPrint(db.autocommit, given.shopId, given.fingerprint)) as ImportRow
}

/** The import under lock, if it is in a state in which this may be asked of it. @throws import-not-found, import-moved-on */
export async function heldImport(
  tx: Tx,
  importId: string,
  shopId: string,
  states: readonly ImportRow['state'][],
): Promise<ImportRow> {
  const row = await lockImport(tx, importId)
  if (row === undefined || row.shopId !== shopId) throw noImport()
  if (!states.includes(row.state))
    throw orderErrors.error('import-moved-on', `The import is ${row.state}; another program goes on with it.`)
  return row
}

/** Keep lines of the source with how far it was read, and what it adds up to so far. Resolves to the lines kept. */
export function stageLines(db: Database, request: StageLinesRequest): Promise<number> {
  return db.transaction(async (tx) => {
    const row = await heldImport(tx, request.importId, request.shopId, ['staging'])
    if (Number(request.firstLine) !== row.lines)
      throw orderErrors.error('import-moved-on', `${row.lines} lines are kept already; begin the import again.`)
    const { sales, returns } = divided(request)
    if (sales.numbers.length > 0) await insertSales(tx, row.importId, sales)
    if (returns.numbers.length > 0) await insertReturnLines(tx, row.importId, request.shopId, returns)
    await insertRejects(
      tx,
      row.importId,
      request.rejects.map((reject) => ({
        lineNo: reject.lineNumber,
        field: reject.field,
        reason: reject.reason,
        raw: reject.raw,
        month: reject.month,
        currency: reject.currencyCode,
        minor: Number(reject.minor),
      })),
    )
    await addSums(
      tx,
      row.importId,
      request.sums.map((sum) => ({
        month: sum.month,
        currency: sum.currencyCode,
        lines: Number(sum.lines),
        minor: Number(sum.minor),
        knownMinor: 0,
      })),
    )
    const lines = row.lines + Number(request.lines)
    await saveImport(tx, { ...row, lines, state: request.complete ? 'preparing' : 'staging' })
    return lines
  })
}

type Columns = { [Name in keyof StagedSales]: StagedSales[Name][number][] }

const emptyColumns = (): Columns => ({
  slices: [],
  lineNumbers: [],
  numbers: [],
  codeKeys: [],
  codes: [],
  titles: [],
  quantities: [],
  unitPricesMinor: [],
  currencies: [],
  placedAtMs: [],
  customers: [],
  services: [],
  raws: [],
})

function divided(request: StageLinesRequest): { sales: Columns; returns: Columns } {
  const sales = emptyColumns()
  const returns = emptyColumns()
  for (let index = 0; index < request.numbers.length; index += 1) {
    const into = request.cancels[index] ? returns : sales
    const number = request.numbers[index] as string
    const code = request.codes[index] as string
    into.slices.push(sliceOf(number))
    into.lineNumbers.push(request.lineNumbers[index] as number)
    into.numbers.push(number)
    into.codeKeys.push(code.toUpperCase())
    into.codes.push(code)
    into.titles.push(request.titles[index] as string)
    into.quantities.push(request.quantities[index] as number)
    into.unitPricesMinor.push(Number(request.unitPricesMinor[index]))
    into.currencies.push(request.currencyCodes[index] as string)
    into.placedAtMs.push(Number(request.placedAtMs[index]))
    into.customers.push(request.customers[index] as string)
    into.services.push(request.services[index] as boolean)
    into.raws.push(request.raws[index] as string)
  }
  return { sales, returns }
}

const sliceOf = (number: string): number => bucketOf(number) % sliceCount
