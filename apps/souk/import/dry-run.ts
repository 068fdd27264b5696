import { Refusal } from '../explain.ts'
import type { CheckRow } from './check.ts'
import { type Mapping, placesIn } from './mapping.ts'
import { lineReader } from './read-line.ts'
import type { RejectedLine } from './rejects-file.ts'
import { recordsOf, type SourceFile } from './source-file.ts'

export type DryRun = {
  lines: number
  sales: number
  cancelling: number
  rejected: number
  /** How often each thing was wrong. */
  reasons: Record<string, number>
  rows: CheckRow[]
}

/** Read a file as an import would and say what is in it. What only shows against other orders is not looked for. */
export async function dryRun(
  file: SourceFile,
  mapping: Mapping,
  onProgress: (lines: number) => void,
  onReject: (reject: RejectedLine) => void,
): Promise<DryRun> {
  const batches = recordsOf(file, mapping, 4_000)
  const header = (await batches.next()).value?.[0]?.record
  if (header === undefined) throw new Refusal(`${file.path} has no lines.`)
  const read = lineReader(mapping, placesIn(header, mapping), header.length)
  const result: DryRun = { lines: 0, sales: 0, cancelling: 0, rejected: 0, reasons: {}, rows: [] }
  const rows = new Map<string, CheckRow>()
  for await (const batch of batches) {
    for (const { record, line: lineNumber, raw } of batch) {
      const { line, fault, share } = read(record, lineNumber, raw)
      const key = `${share.month} ${share.currency}`
      const row = rows.get(key) ?? { ...emptyRow, month: share.month, currency: share.currency }
      rows.set(key, row)
      row.sourceLines += 1
      row.sourceMinor += share.minor
      result.lines += 1
      if (fault !== undefined) {
        result.rejected += 1
        row.rejectedLines += 1
        row.rejectedMinor += share.minor
        const what = `${fault.field} ${fault.reason}`
        result.reasons[what] = (result.reasons[what] ?? 0) + 1
        onReject({ line: lineNumber, ...fault, raw })
      } else if (line.cancels) {
        result.cancelling += 1
        row.returnedMinor -= share.minor
      } else {
        result.sales += 1
        row.soldMinor += share.minor
      }
    }
    onProgress(result.lines)
  }
  return { ...result, rows: [...rows.values()].sort((one, other) => (one.month < other.month ? -1 : 1)) }
}

const emptyRow: CheckRow = {
  month: '',
  currency: '',
  sourceLines: 0,
  sourceMinor: 0,
  soldMinor: 0,
  returnedMinor: 0,
  rejectedLines: 0,
  rejectedMinor: 0,
}
