import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { ImportService } from '@souk/contracts/orders'
import { seedAccounts } from '@souk/identity'
import type { Directory } from '@souk/rpc'
import { withBackOffice } from '../back-office.ts'
import { bar, type Console, liveLine, number, tame } from '../console.ts'
import { openDesk } from '../desk.ts'
import { UsageError } from '../explain.ts'
import type { House } from '../house.ts'
import { addsUp, difference, formatCheck } from '../import/check.ts'
import { dryRun } from '../import/dry-run.ts'
import { ensureImportShop, findShop } from '../import/find-shop.ts'
import { type Mapping, parseMapping } from '../import/mapping.ts'
import { type RejectedLine, writeRejects } from '../import/rejects-file.ts'
import { type ImportProgress, type ImportReport, importFile } from '../import/run.ts'
import { inspectFile, type SourceFile } from '../import/source-file.ts'
import { seedContext, untilHandled } from '../seed/context.ts'

export type ImportCommandOptions = {
  shop?: string
  mapping: string
  createShop?: true
  dryRun?: true
  rejects?: string
  json?: true
}

/** `souk import orders FILE`: orders of another system, with their history. Exit code 1 when they do not add up. */
export async function importOrders(io: Console, path: string, options: ImportCommandOptions): Promise<number> {
  const mapping = parseMapping(options.mapping)
  const rejectsPath = resolve(options.rejects ?? `${path.replace(/\.gz$/, '')}.rejects.csv`)
  if (options.shop === undefined && !options.dryRun)
    throw new UsageError('--shop says whose orders these are; --dry-run reads the file without importing it.')
  const file = await inspectFile(path)
  if (options.dryRun) return rehearse(io, file, mapping, options)
  // Work is done here too; what it logs goes where results go, so only what is serious is let through.
  const quiet = { ...io, env: { ...io.env, SOUK_LOG_LEVEL: io.env.SOUK_LOG_LEVEL ?? 'error' } }
  return withBackOffice(
    quiet,
    async (house) => {
      const shopId = await shopFor(house, options.shop as string, mapping, options.createShop === true)
      const line = liveLine(io)
      const report = await importFile({
        directory: house.directory,
        shopId,
        file,
        mapping,
        onProgress: (progress) => line.show(progressLine(progress, file.lines)),
      })
      // New products are heard of by whoever sells and stores them, also when no marketplace runs here that would see to it.
      if (!report.before)
        await untilHandled(house, {
          patienceMs: 60_000,
          onWaiting: (events) => line.show(`  telling the others: ${number(events)} events to go`),
        })
      line.end()
      const rejected = await writeRejects(rejectsPath, rejectsOf(house.directory, shopId, report.importId))
      const good = addsUp(report.rows) && report.known >= 0
      if (options.json) {
        const checks = report.rows.map((row) => ({ ...row, difference: difference(row) }))
        io.print(JSON.stringify({ ...report, rows: checks, good, rejects: rejected > 0 ? rejectsPath : null }, null, 2))
      } else io.print(formatReport(report, good, rejected > 0 ? rejectsPath : undefined))
      return good ? 0 : 1
    },
    true,
  )
}

async function shopFor(house: House, given: string, mapping: Mapping, create: boolean): Promise<string> {
  const desk = openDesk(house.running)
  if (!create) return (await findShop(desk, given)).id
  if (mapping.currency === undefined)
    throw new UsageError('--create-shop needs a mapping with one currency; open the shop first and name it.')
  const shop = await ensureImportShop(desk, given, mapping.currency, async () => {
    const [accountId = ''] = await seedAccounts(seedContext(house, 'identity'), [
      // Nobody is to sign in to it: an operator gives the shop its members.
      { email: `imports@${given}.example`, name: 'Imports', password: randomBytes(24).toString('base64url') },
    ])
    return accountId
  })
  return shop.id
}

async function* rejectsOf(directory: Directory, shopId: string, importId: string): AsyncGenerator<RejectedLine> {
  const service = directory.client(ImportService)
  for (let afterLine = 0; ; ) {
    const { rejects } = await service.listRejects({ shopId, importId, afterLine, limit: 1_000 })
    for (const { lineNumber: line, field, reason, raw } of rejects) yield { line, field, reason, raw }
    const last = rejects.at(-1)
    if (last === undefined) return
    afterLine = last.lineNumber
  }
}

const phases = { reading: 'reading', preparing: 'products, customers, cancellations', making: 'orders' } as const

const progressLine = ({ phase, lines, perSecond }: ImportProgress, total: number) =>
  `  ${bar(phase === 'reading' ? lines / total / 2 : phase === 'preparing' ? 0.5 : 0.5 + lines / total / 2)}  ` +
  `${phases[phase]}  ${number(lines)} of ${number(total)} lines${perSecond > 0 ? `  ${number(perSecond)}/s` : ''}`

function formatReport(report: ImportReport, good: boolean, rejects: string | undefined): string {
  const rate = report.lines / Math.max(0.001, report.seconds)
  return [
    formatCheck(report.rows),
    '',
    report.before
      ? 'This file had been imported whole before: nothing was changed.'
      : `${number(report.lines)} lines in ${report.seconds.toFixed(1)} s (${number(rate)}/s).`,
    `${number(report.orders)} orders with ${number(report.orderLines)} lines, ${number(report.cancelled)} of them cancelled; ` +
      `${number(report.returnedLines)} lines taken back; ${number(report.products)} new products, ${number(report.customers)} new customers.`,
    ...(report.known > 0 ? [`${number(report.known)} lines were there from an earlier import.`] : []),
    ...(report.rejected > 0 ? [`${number(report.rejected)} lines were rejected; why stands in ${rejects}`] : []),
    '',
    good
      ? '✓ Imported and rejected make up the source, per month and currency, to the last unit.'
      : '✗ The sums do not agree. Nothing was lost silently: the table shows where.',
  ].join('\n')
}

async function rehearse(
  io: Console,
  file: SourceFile,
  mapping: Mapping,
  options: ImportCommandOptions,
): Promise<number> {
  const line = liveLine(io)
  const first: RejectedLine[] = []
  const found = await dryRun(
    file,
    mapping,
    (lines) => line.show(`  ${bar(lines / file.lines)}  ${number(lines)} of ${number(file.lines)} lines`),
    (reject) => void (first.length < 1_000 && first.push(reject)),
  )
  line.end()
  if (options.json) {
    io.print(JSON.stringify({ ...found, examples: first.slice(0, 20) }, null, 2))
    return 0
  }
  const reasons = Object.entries(found.reasons).sort(([, one], [, other]) => other - one)
  io.print(
    [
      formatCheck(found.rows),
      '',
      `${number(found.lines)} lines: ${number(found.sales)} sold, ${number(found.cancelling)} take something back, ${number(found.rejected)} cannot be imported.`,
      ...reasons.slice(0, 20).map(([reason, count]) => `  ${number(count)} × ${tame(reason)}`),
      ...first.slice(0, 5).map((reject) => `  line ${reject.line}: ${tame(reject.raw.slice(0, 100))}`),
      `Nothing was imported. Which order a cancellation is about, and what was imported before, shows in the import itself.`,
    ].join('\n'),
  )
  return 0
}
