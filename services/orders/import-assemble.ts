import type { OrderHistory } from './order.ts'

/** A line of a sale as the file has it. Amounts were checked when it was read: whole minor units, safe integers. */
export type SaleLine = {
  lineNo: number
  codeKey: string
  title: string
  quantity: number
  unitPriceMinor: number
  currency: string
  placedAtMs: number
  customer: string
}

/** A line that takes units of a sale's line back. */
export type TakenBack = {
  lineNo: number
  /** Of the cancelling document. */
  number: string
  saleLine: number
  quantity: number
  unitPriceMinor: number
  returnedAtMs: number
}

export type SourceOrder = {
  number: string
  lines: readonly SaleLine[]
  takenBack: readonly TakenBack[]
  /** The order that stands for this number already, if an earlier import made one. */
  known?: readonly { codeKey: string; quantity: number; unitPriceMinor: number }[]
}

export type LineReject = { lineNo: number; field: string; reason: string }

export type AssembledReturn = {
  number: string
  atMs: number
  refundMinor: number
  /** By place in the order's lines, from 0. */
  lines: { index: number; quantity: number; refundMinor: number }[]
}

export type AssembledOrder = {
  number: string
  customer: string
  currency: string
  placedAtMs: number
  totalMinor: number
  status: 'delivered' | 'cancelled'
  history: OrderHistory
  lines: SaleLine[]
  returns: AssembledReturn[]
  /** Lines of the file that took something of it back. */
  returnLines: number[]
  /** Amounts of lines dated in another month than the order. */
  moved: Record<string, number> | null
}

export type Assembled = {
  order: AssembledOrder | undefined
  rejects: LineReject[]
  returnRejects: LineReject[]
  /** Lines found in the order that was there. */
  known: SaleLine[]
}

/** The same limit as for orders placed today. */
export const maxLinesOfOrder = 1_000
/** As the database has it. */
const maxTotalMinor = 1_000_000_000_000
const dayMs = 24 * 3_600_000

export const monthOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7)

/**
 * Make one order of the lines that carry one number. All its lines have one customer, one currency and one day (24 hours
 * from the first); those that differ are rejected, for the number was used again. What was taken back whole, by one
 * document and at full price, was cancelled; what was taken back otherwise was delivered and returned.
 */
export function assemble(source: SourceOrder): Assembled {
  const rejects: LineReject[] = []
  const refuse = (lines: readonly SaleLine[], field: string, reason: string) => {
    for (const { lineNo } of lines) rejects.push({ lineNo, field, reason })
  }
  const result = (more: Partial<Assembled>): Assembled => ({
    order: undefined,
    rejects,
    returnRejects: [],
    known: [],
    ...more,
  })
  const without = (reason: string) =>
    source.takenBack.map(({ lineNo }): LineReject => ({ lineNo, field: 'number', reason }))
  if (source.known !== undefined) {
    const { found, missing } = compare(source.lines, source.known)
    refuse(missing, 'number', 'an earlier import made this order, without this line')
    return result({ known: found, returnRejects: without('the order it takes back was imported before, without it') })
  }
  const first = source.lines[0] as SaleLine
  const placedAtMs = source.lines.reduce((least, line) => Math.min(least, line.placedAtMs), first.placedAtMs)
  const lines = source.lines.filter((line) => {
    const [field, reason] =
      line.customer !== first.customer
        ? ['customer', `the number belongs to an order of ${first.customer || 'somebody unknown'}`]
        : line.currency !== first.currency
          ? ['currency', `the order is in ${first.currency}`]
          : line.placedAtMs - placedAtMs > dayMs
            ? ['date', 'the number was used on another day']
            : ['', '']
    if (field !== '') rejects.push({ lineNo: line.lineNo, field: field as string, reason: reason as string })
    return field === ''
  })
  const totalMinor = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0)
  if (lines.length > maxLinesOfOrder || totalMinor > maxTotalMinor) {
    const [field, reason] =
      lines.length > maxLinesOfOrder
        ? ['number', tooManyLines]
        : ['price', 'the order comes to more than 10,000,000,000.00']
    refuse(lines, field as string, reason as string)
    return result({ returnRejects: without('the order it takes back could not be imported') })
  }
  const indexOf = new Map(lines.map((line, index) => [line.lineNo, index]))
  const kept = source.takenBack.filter(({ saleLine }) => indexOf.has(saleLine))
  const returnRejects = source.takenBack
    .filter(({ saleLine }) => !indexOf.has(saleLine))
    .map(({ lineNo }) => ({ lineNo, field: 'number', reason: 'the line it takes back could not be imported' }))
  const returns = returnsOf(kept, indexOf)
  const [only] = returns
  const cancelled = returns.length === 1 && only !== undefined && only.refundMinor === totalMinor && wholly(only, lines)
  const history: OrderHistory = cancelled
    ? [
        ['placed', placedAtMs],
        ['cancelled', only.atMs],
      ]
    : [
        ...(['placed', 'confirmed', 'shipped', 'delivered'] as const).map((status) => [status, placedAtMs] as const),
        ...returns.map(({ atMs }) => ['returned', atMs] as const),
      ]
  const order: AssembledOrder = {
    number: source.number,
    customer: first.customer,
    currency: first.currency,
    placedAtMs,
    totalMinor,
    status: cancelled ? 'cancelled' : 'delivered',
    history,
    lines,
    returns: cancelled ? [] : returns,
    returnLines: kept.map(({ lineNo }) => lineNo),
    moved: movedAmounts(lines, placedAtMs),
  }
  return result({ order, returnRejects })
}

export const tooManyLines = `an order has ${maxLinesOfOrder.toLocaleString('en-US')} lines at most`

/** One per document and month, in the order of time. Two lines of it about the same line of the order become one. */
function returnsOf(taken: readonly TakenBack[], indexOf: ReadonlyMap<number, number>): AssembledReturn[] {
  const returns = new Map<string, AssembledReturn>()
  for (const { number, saleLine, quantity, unitPriceMinor, returnedAtMs } of taken) {
    const key = `${number} ${monthOf(returnedAtMs)}`
    let found = returns.get(key)
    if (found === undefined) {
      found = { number, atMs: returnedAtMs, refundMinor: 0, lines: [] }
      returns.set(key, found)
    }
    const index = indexOf.get(saleLine) as number
    const refundMinor = quantity * unitPriceMinor
    found.refundMinor += refundMinor
    const line = found.lines.find((each) => each.index === index)
    if (line === undefined) found.lines.push({ index, quantity, refundMinor })
    else {
      line.quantity += quantity
      line.refundMinor += refundMinor
    }
  }
  return [...returns.values()].sort((one, other) => one.atMs - other.atMs)
}

const wholly = (taken: AssembledReturn, lines: readonly SaleLine[]) =>
  taken.lines.length === lines.length && taken.lines.every(({ index, quantity }) => lines[index]?.quantity === quantity)

function movedAmounts(lines: readonly SaleLine[], placedAtMs: number): Record<string, number> | null {
  const month = monthOf(placedAtMs)
  // All lines of an order lie within a day: most have the very instant of the first.
  const others = lines.filter((line) => line.placedAtMs !== placedAtMs && monthOf(line.placedAtMs) !== month)
  if (others.length === 0) return null
  const moved: Record<string, number> = {}
  for (const line of others) {
    const other = monthOf(line.placedAtMs)
    moved[other] = (moved[other] ?? 0) + line.quantity * line.unitPriceMinor
  }
  return moved
}

const keyOf = (line: { codeKey: string; quantity: number; unitPriceMinor: number }) =>
  `${line.codeKey}\u0000${line.quantity}\u0000${line.unitPriceMinor}`

/** Which lines are among those known, each of which stands for one. */
export function compare<Line extends { codeKey: string; quantity: number; unitPriceMinor: number }>(
  lines: readonly Line[],
  known: readonly { codeKey: string; quantity: number; unitPriceMinor: number }[],
): { found: Line[]; missing: Line[] } {
  const left = new Map<string, number>()
  for (const line of known) left.set(keyOf(line), (left.get(keyOf(line)) ?? 0) + 1)
  const found: Line[] = []
  const missing: Line[] = []
  for (const line of lines) {
    const count = left.get(keyOf(line)) ?? 0
    if (count > 0) left.set(keyOf(line), count - 1)
    ;(count > 0 ? found : missing).push(line)
  }
  return { found, missing }
}

export type ReturnToMatch = { lineNo: number; quantity: number; customer: string; atMs: number }
export type Candidate = {
  returnLine: number
  number: string
  lineNo: number
  left: number
  unitPriceMinor: number
  placedAtMs: number
}

/**
 * Which sale each line takes back: one of exactly as many units before one of more, at the nearest price, the latest
 * before. Lines are decided in the order given; units taken by one are not there for the next.
 */
export function matchReturns(
  returns: readonly (ReturnToMatch & { unitPriceMinor: number })[],
  candidates: readonly Candidate[],
): Map<number, { number: string; lineNo: number }> {
  const taken = new Map<string, number>()
  const byReturn = Map.groupBy(candidates, ({ returnLine }) => returnLine)
  const matches = new Map<number, { number: string; lineNo: number }>()
  for (const { lineNo, quantity, unitPriceMinor } of returns) {
    let best: { candidate: Candidate; rank: readonly number[] } | undefined
    for (const candidate of byReturn.get(lineNo) ?? []) {
      const left = candidate.left - (taken.get(`${candidate.number} ${candidate.lineNo}`) ?? 0)
      if (left < quantity) continue
      const rank = [
        left === quantity ? 0 : 1,
        candidate.unitPriceMinor - unitPriceMinor,
        -candidate.placedAtMs,
        candidate.lineNo,
      ]
      if (best === undefined || before(rank, best.rank)) best = { candidate, rank }
    }
    if (best === undefined) continue
    const { number, lineNo: saleLine } = best.candidate
    taken.set(`${number} ${saleLine}`, (taken.get(`${number} ${saleLine}`) ?? 0) + quantity)
    matches.set(lineNo, { number, lineNo: saleLine })
  }
  return matches
}

const before = (one: readonly number[], other: readonly number[]): boolean => {
  for (let index = 0; index < one.length; index += 1)
    if (one[index] !== other[index]) return (one[index] as number) < (other[index] as number)
  return false
}
