import { number, table } from '../console.ts'
import { formatMinor } from './amounts.ts'

/** What became of the source, of one month and currency. Month and currency are empty where a line does not tell. */
export type CheckRow = {
  month: string
  currency: string
  sourceLines: number
  sourceMinor: number
  soldMinor: number
  /** Cancelled or returned, positive. */
  returnedMinor: number
  rejectedLines: number
  rejectedMinor: number
}

/** What is missing of the source, in minor units: 0 where it all adds up. */
export const difference = (row: CheckRow): number =>
  row.sourceMinor - (row.soldMinor - row.returnedMinor + row.rejectedMinor)

export const addsUp = (rows: readonly CheckRow[]): boolean => rows.every((row) => difference(row) === 0)

/** One row per month and currency, and the sum of each currency. */
export function formatCheck(rows: readonly CheckRow[]): string {
  const currencies = [...new Set(rows.map(({ currency }) => currency))].filter((currency) => currency !== '')
  const totals = currencies.map((currency) => totalOf(rows, currency))
  return table(
    ['month', 'currency', 'source', '= sold', '- returned', '+ rejected', 'difference', ''],
    [
      ...rows.map((row) => cells(row.month === '' ? '(no date)' : row.month, row)),
      ...totals.map((row) => cells('all', row)),
    ],
    ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  )
}

function cells(name: string, row: CheckRow): string[] {
  if (row.currency === '')
    return [
      '(unread)',
      '',
      '',
      '',
      '',
      '',
      '',
      `${number(row.rejectedLines)} lines without a readable amount, all rejected`,
    ]
  const amount = (minor: number) => formatMinor(minor, row.currency)
  return [
    name,
    row.currency,
    amount(row.sourceMinor),
    amount(row.soldMinor),
    amount(row.returnedMinor),
    amount(row.rejectedMinor),
    amount(difference(row)),
    difference(row) === 0 ? '✓' : '✗',
  ]
}

const totalOf = (rows: readonly CheckRow[], currency: string): CheckRow =>
  rows
    .filter((row) => row.currency === currency)
    .reduce((sum, row) => ({
      ...row,
      sourceLines: sum.sourceLines + row.sourceLines,
      sourceMinor: sum.sourceMinor + row.sourceMinor,
      soldMinor: sum.soldMinor + row.soldMinor,
      returnedMinor: sum.returnedMinor + row.returnedMinor,
      rejectedLines: sum.rejectedLines + row.rejectedLines,
      rejectedMinor: sum.rejectedMinor + row.rejectedMinor,
    }))
