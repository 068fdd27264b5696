import { digitsOf, isCurrency, parseMinor, parseQuantity } from './amounts.ts'
import { dateParser } from './dates.ts'
import type { Mapping, Places } from './mapping.ts'

/** One line of the file, as it is handed on. */
export type ReadLine = {
  lineNumber: number
  number: string
  code: string
  title: string
  /** Positive, also when it takes something back. */
  quantity: number
  unitPriceMinor: number
  currency: string
  atMs: number
  customer: string
  service: boolean
  cancels: boolean
}

export type LineFault = { field: string; reason: string }

/** What a line adds to the sum of the source. Nothing, in no currency, when its amount cannot be read. */
export type Share = { month: string; currency: string; minor: number }

export type Read =
  | { line: ReadLine; fault: undefined; share: Share }
  | { line: undefined; fault: LineFault; share: Share }

/** As many as an order may have of one thing; a line costs at most what the database keeps. */
const mostUnits = 1_000_000_000
const mostMinor = 1_000_000_000_000
const longest = { number: 64, product: 64, customer: 100, title: 200 }

/** Reads records of a file whose columns are known. */
export function lineReader(mapping: Mapping, places: Places, columns: number) {
  const parseDate = dateParser(mapping.dateFormats, mapping.timeZone)
  const digits = new Map<string, number>()
  const digitsFor = (currency: string) => {
    let found = digits.get(currency)
    if (found === undefined) {
      found = digitsOf(currency)
      digits.set(currency, found)
    }
    return found
  }
  const months = new Map<number, string>()
  const monthOf = (atMs: number) => {
    // Days are few; asking for the month of each line by itself is what costs.
    const day = Math.floor(atMs / 86_400_000)
    let month = months.get(day)
    if (month === undefined) {
      if (months.size > 10_000) months.clear()
      month = new Date(atMs).toISOString().slice(0, 7)
      months.set(day, month)
    }
    return month
  }

  return function read(record: readonly string[], lineNumber: number, raw: string): Read {
    const at = (place: number) => (place < 0 ? '' : (record[place] ?? '').trim())
    const atMs = parseDate(at(places.date))
    const currency = mapping.currency ?? at(places.currency).toUpperCase()
    const quantity = parseQuantity(at(places.quantity))
    const known = mapping.currency !== undefined || isCurrency(currency)
    const price = known ? parseMinor(at(places.price), mapping.decimal, digitsFor(currency)) : 'has no currency'
    const minor = typeof quantity === 'number' && typeof price === 'number' ? quantity * price : Number.NaN
    const counted = Number.isSafeInteger(minor) && record.length === columns
    const share: Share = counted
      ? { month: atMs === undefined ? '' : monthOf(atMs), currency, minor: minor === 0 ? 0 : minor }
      : { month: '', currency: '', minor: 0 }
    const refuse = (field: string, reason: string): Read => ({ line: undefined, fault: { field, reason }, share })

    if (record.length !== columns) return refuse('line', `has ${record.length} fields, the header has ${columns}`)
    if (raw.includes('\ufffd'))
      return refuse('line', 'is not UTF-8; if all of the file is written so, say encoding=latin1')
    if (raw.includes('\0')) return refuse('line', 'contains a zero byte')
    const number = at(places.number)
    if (number === '') return refuse('number', 'is empty')
    const code = at(places.product)
    if (code === '') return refuse('product', 'is empty')
    if (atMs === undefined)
      return refuse(
        'date',
        at(places.date) === '' ? 'is empty' : `is not a date like ${mapping.dateFormats.join(' or ')}`,
      )
    if (typeof quantity === 'string') return refuse('quantity', quantity)
    if (!known) return refuse('currency', currency === '' ? 'is empty' : 'is not a currency')
    if (typeof price === 'string') return refuse('price', price)
    const customer = plainNumber(at(places.customer))
    for (const [field, text] of [
      ['number', number],
      ['product', code],
      ['customer', customer],
    ] as const)
      if (text.length > longest[field]) return refuse(field, `is longer than ${longest[field]} characters`)
    if (quantity === 0) return refuse('quantity', 'is 0')
    if (Math.abs(quantity) > mostUnits) return refuse('quantity', 'is more than 1,000,000,000')
    if (price < 0) return refuse('price', 'is negative: a correction of accounts, not a sale')
    if (!counted || Math.abs(minor) > mostMinor) return refuse('price', 'makes the line too large')
    const named = mapping.cancelPrefix !== '' && number.startsWith(mapping.cancelPrefix)
    if (named && quantity > 0) return refuse('quantity', 'is positive in a cancellation')
    const cancels = quantity < 0 && (named || mapping.cancelNegative)
    if (quantity < 0 && !cancels) return refuse('quantity', 'is negative, and the number is not that of a cancellation')
    return {
      line: {
        lineNumber,
        number,
        code,
        title: at(places.title).slice(0, longest.title),
        quantity: Math.abs(quantity),
        unitPriceMinor: price,
        currency,
        atMs,
        customer,
        service: mapping.services.has(code.toUpperCase()),
        cancels,
      },
      fault: undefined,
      share,
    }
  }
}

/** Spreadsheets write the number 12431 as "12431.0" as soon as one cell of the column is empty. */
const plainNumber = (text: string) => text.replace(/^(\d+)\.0+$/, '$1')
