import { createHash } from 'node:crypto'
import { ImportService, type Reject, type SourceSum } from '@souk/contracts/orders'
import type { Client, Directory } from '@souk/rpc'
import { Refusal } from '../explain.ts'
import type { Mapping } from './mapping.ts'
import { placesIn } from './mapping.ts'
import { lineReader } from './read-line.ts'
import { recordsOf, type SourceFile, type SourceRecord } from './source-file.ts'
import type { CheckRow } from './check.ts'

export type ImportProgress = {
  phase: 'reading' | 'preparing' | 'making'
  /** Lines of the source that this phase is through with. */
  lines: number
  perSecond: number
}

export type ImportReport = {
  importId: string
  /** Whether the file had been imported whole before: nothing was changed. */
  before: boolean
  lines: number
  orders: number
  cancelled: number
  orderLines: number
  returnedLines: number
  rejected: number
  known: number
  products: number
  customers: number
  rows: CheckRow[]
  seconds: number
}

export type ImportOptions = {
  directory: Directory
  shopId: string
  file: SourceFile
  mapping: Mapping
  onProgress?: (progress: ImportProgress) => void
  /** For tests of interruptions: called between steps. */
  onStep?: () => void | Promise<void>
}

/** Lines handed over together: one transaction each. */
const linesAtOnce = 4_000

/**
 * Import a file. Memory does not grow with it: lines are handed over as they are read, and orders are made of them where
 * they are kept. Interrupted at any point, the same call goes on where it was. @throws Refusal, UsageError
 */
export async function importFile(options: ImportOptions): Promise<ImportReport> {
  const { directory, shopId, file, mapping } = options
  const beganAt = performance.now()
  const service = directory.client(ImportService)
  const begun = await service.beginImport({
    shopId,
    // The rules of reading are part of it: another mapping makes other orders of the same file.
    fingerprint: createHash('sha256').update(`1 ${file.digest} ${mapping.text}`).digest('hex'),
    name: file.path.split(/[\\/]/).at(-1) ?? file.path,
  })
  const { importId, slices } = begun
  const before = begun.state === 'done'
  if (begun.state === 'staging') await stage(service, options, importId, Number(begun.lines))
  if (!before) {
    options.onProgress?.({ phase: 'preparing', lines: file.lines, perSecond: 0 })
    for (let done = false; !done; ) {
      await options.onStep?.()
      done = (await service.prepareOrders({ shopId, importId })).done
    }
    await make(service, options, importId, slices)
  }
  const finished = await service.finishImport({ shopId, importId })
  return {
    importId,
    before,
    lines: Number(finished.lines),
    orders: Number(finished.orders),
    cancelled: Number(finished.cancelled),
    orderLines: Number(finished.orderLines),
    returnedLines: Number(finished.returnedLines),
    rejected: Number(finished.rejected),
    known: Number(finished.known),
    products: Number(finished.products),
    customers: Number(finished.customers),
    rows: finished.sums.map((sum) => ({
      month: sum.month,
      currency: sum.currencyCode,
      sourceLines: Number(sum.sourceLines),
      sourceMinor: Number(sum.sourceMinor),
      soldMinor: Number(sum.soldMinor),
      returnedMinor: Number(sum.returnedMinor),
      rejectedLines: Number(sum.rejectedLines),
      rejectedMinor: Number(sum.rejectedMinor),
    })),
    seconds: (performance.now() - beganAt) / 1_000,
  }
}

/** Read the file from behind the lines that are kept, and hand over the rest. The next lines are read meanwhile. */
async function stage(
  service: Client<typeof ImportService>,
  { shopId, file, mapping, onProgress, onStep }: ImportOptions,
  importId: string,
  kept: number,
): Promise<void> {
  const rate = rateFrom(kept)
  const batches = recordsOf(file, mapping, linesAtOnce)
  const header = (await batches.next()).value?.[0]?.record
  if (header === undefined) throw new Refusal(`${file.path} has no lines.`)
  const read = lineReader(mapping, placesIn(header, mapping), header.length)
  let lines = 0
  let underWay: Promise<unknown> = Promise.resolve()
  const handOver = async (records: readonly SourceRecord[], complete: boolean) => {
    const firstLine = Math.max(lines, kept)
    const fresh = records.slice(firstLine - lines)
    lines += records.length
    if (fresh.length === 0 && !complete) return
    const request = requestOf(fresh, read)
    await underWay
    await onStep?.()
    const until = firstLine + fresh.length
    underWay = service
      .stageLines({ ...request, shopId, importId, firstLine: BigInt(firstLine), lines: BigInt(fresh.length), complete })
      .then(() => onProgress?.({ phase: 'reading', lines: until, perSecond: rate(until) }))
    // Awaited a round later; meanwhile its failure must not pass for one nobody looks at.
    underWay.catch(() => {})
  }
  let held: SourceRecord[] | undefined
  for await (const records of batches) {
    if (held !== undefined) await handOver(held, false)
    held = records
  }
  await handOver(held ?? [], true)
  await underWay
}

function requestOf(records: readonly SourceRecord[], read: ReturnType<typeof lineReader>) {
  const request = {
    lineNumbers: [] as number[],
    numbers: [] as string[],
    codes: [] as string[],
    titles: [] as string[],
    quantities: [] as number[],
    unitPricesMinor: [] as bigint[],
    placedAtMs: [] as bigint[],
    customers: [] as string[],
    raws: [] as string[],
    currencyCodes: [] as string[],
    services: [] as boolean[],
    cancels: [] as boolean[],
    rejects: [] as Omit<Reject, '$typeName'>[],
  }
  const sums = new Map<string, Pick<SourceSum, 'month' | 'currencyCode'> & { lines: number; minor: number }>()
  for (const { record, line: lineNumber, raw } of records) {
    const { line, fault, share } = read(record, lineNumber, raw)
    const key = `${share.month} ${share.currency}`
    let sum = sums.get(key)
    if (sum === undefined) {
      sum = { month: share.month, currencyCode: share.currency, lines: 0, minor: 0 }
      sums.set(key, sum)
    }
    sum.lines += 1
    sum.minor += share.minor
    if (line === undefined) {
      request.rejects.push({
        lineNumber,
        ...fault,
        raw: raw.replaceAll('\0', '\ufffd'),
        month: share.month,
        currencyCode: share.currency,
        minor: BigInt(share.minor),
      })
      continue
    }
    request.lineNumbers.push(lineNumber)
    request.numbers.push(line.number)
    request.codes.push(line.code)
    request.titles.push(line.title)
    request.quantities.push(line.quantity)
    request.unitPricesMinor.push(BigInt(line.unitPriceMinor))
    request.placedAtMs.push(BigInt(line.atMs))
    request.customers.push(line.customer)
    request.raws.push(raw)
    request.currencyCodes.push(line.currency)
    request.services.push(line.service)
    request.cancels.push(line.cancels)
  }
  return {
    ...request,
    sums: [...sums.values()].map((sum) => ({ ...sum, lines: BigInt(sum.lines), minor: BigInt(sum.minor) })),
  }
}

/** All slices at once: while one is being written the next is decided. */
async function make(
  service: Client<typeof ImportService>,
  { shopId, file, onProgress, onStep }: ImportOptions,
  importId: string,
  slices: number,
): Promise<void> {
  const rate = rateFrom(0)
  let lines = 0
  await Promise.all(
    Array.from({ length: slices }, async (_, slice) => {
      for (let done = false; !done; ) {
        await onStep?.()
        const answer = await service.makeOrders({ shopId, importId, slice })
        done = answer.done
        lines += Number(answer.lines)
        onProgress?.({ phase: 'making', lines: Math.min(lines, file.lines), perSecond: rate(lines) })
      }
    }),
  )
}

function rateFrom(begin: number): (lines: number) => number {
  const beganAt = performance.now()
  return (lines) => ((lines - begin) * 1_000) / Math.max(1, performance.now() - beganAt)
}
