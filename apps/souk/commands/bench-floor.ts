import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { benchFloor as compare, type CompareProgress, type CompareResult } from '@souk/bench'
import { startEmbeddedPostgres } from '@souk/embedded-postgres'
import { type Console, liveLine, number, table } from '../console.ts'
import { createSoukUnderTest, raisedLimits } from '../souk-under-test.ts'

export type BenchFloorOptions = {
  seconds: number
  connections: number
  skus: number
  products: number
  rounds: number
  seed: number
  json?: string | true
}

/** Tokens come round again; so many customers that no two orders of one are under way together. */
const customers = 5_000

/** `souk bench floor`: Souk and the least code that does the same durable work, in turn on one PostgreSQL. */
export async function benchFloor(io: Console, options: BenchFloorOptions): Promise<void> {
  const stop = new AbortController()
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130)
    io.say('\nEnding after the run under way; Ctrl-C again ends at once.')
    stop.abort()
  })
  const folder = await mkdtemp(join(tmpdir(), 'souk-floor-'))
  const line = liveLine(io)
  let phase = ''
  const show = ({ phase: now, live }: CompareProgress) => {
    if (now !== phase) line.end()
    phase = now
    line.show(
      live === undefined
        ? `  ${now}`
        : `  ${now.padEnd(24)} ${number(live.acceptedPerSecond).padStart(7)} orders/s  p95 ${live.p95Ms} ms  ${(live.elapsedMs / 1000).toFixed(0)} s`,
    )
  }
  const postgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    onProgress: (text) => io.say(`  ${text}`),
  })
  try {
    const { json: _, ...plan } = options
    const result = await compare(
      {
        ...plan,
        databaseUrl: postgres.localUrl,
        startSouk: createSoukUnderTest({
          skus: options.skus,
          products: options.products,
          customers,
          onProgress: (text) => show({ phase: text }),
        }),
        signal: stop.signal,
      },
      show,
    )
    line.end()
    const text = JSON.stringify({ ...result, limitsRaised: raisedLimits }, null, 2)
    if (typeof options.json === 'string') await writeFile(resolve(options.json), `${text}\n`)
    if (options.json === true) io.print(text)
    else io.print(`\n${formatComparison(result)}`)
  } finally {
    line.end()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/** Floor and Souk beside each other, with the ratios that matter. */
export function formatComparison(result: CompareResult): string {
  const { floor, souk } = result
  const row = (name: string, of: (side: CompareResult['souk']) => string, ratio = '') => [
    name,
    of(floor),
    of(souk),
    ratio,
  ]
  const ms = (value: number) => `${value} ms`
  const rows = [
    row('accepted a second', (side) => number(side.acceptedPerSecond), result.acceptedRatio.toFixed(3)),
    row('completed a second', (side) => number(side.completedPerSecond), result.completedRatio.toFixed(3)),
    row('p50', (side) => ms(side.p50Ms)),
    row('p95', (side) => ms(side.p95Ms)),
    row('p99', (side) => ms(side.p99Ms)),
    row('accepted to confirmed, p95', ({ confirmDelayP95Ms }) =>
      confirmDelayP95Ms === null ? '' : `≤ ${ms(confirmDelayP95Ms)}`,
    ),
    row('one at a time, p50', (side) => ms(side.singleRequestP50Ms)),
    row('memory at most', (side) => `${number(side.rssMb.max)} MB`),
    row('refused', (side) => number(side.refused)),
    row('without an answer', (side) => number(side.errors)),
  ]
  const products = result.products ? `, ${number(result.products)} products` : ''
  const about = `${result.seconds} s, ${result.connections} connections, ${number(result.skus)} wanted${products}; two commits take ${result.twoCommitsMs} ms`
  const { tenth } = result
  const calm =
    tenth &&
    `At a tenth of it, ${number(tenth.ordersPerSecond)} orders a second: answered p95 ${tenth.p95Ms} ms, confirmed p95 ≤ ${tenth.confirmDelayP95Ms ?? '?'} ms.`
  return [
    table(['', 'floor', 'souk', 'ratio'], rows, ['left', 'right', 'right', 'right']),
    '',
    result.interrupted ? `${about}. Stopped early.` : `${about}.`,
    ...(calm ? [calm] : []),
  ].join('\n')
}
