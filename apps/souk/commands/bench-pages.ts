import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { measurePages, type PagesAnswered, phone } from '@souk/bench'
import { choosePort } from '../choose-port.ts'
import { type Console, number, table } from '../console.ts'
import { startOwnMarketplace } from '../own-marketplace.ts'

export type BenchPagesOptions = { rate: number; seconds: number; paints: number; seed: number; json?: string | true }

/** `souk bench pages`: a marketplace of its own with the demo in it, as `souk start` opens one, and how fast its pages are. */
export async function benchPages(io: Console, { rate, seconds, paints, seed, json }: BenchPagesOptions): Promise<void> {
  const storefrontPort = await choosePort('127.0.0.1', 30_000 + (process.pid % 10_000), false)
  const own = await startOwnMarketplace({
    settings: {
      SOUK_DEMO: 'on',
      SOUK_STOREFRONT: 'on',
      SOUK_STOREFRONT_PORT: String(storefrontPort),
      // All pages come from one address here; shoppers are counted one by one where they have one each.
      SOUK_ADDRESS_PER_MINUTE: '10000000',
    },
    onProgress: (line) => io.say(`  ${line.trim()}`),
  })
  try {
    const storefrontPid = pidOf(own.pid, 'apps/storefront/main.ts')
    const result = await measurePages({
      storefrontUrl: `http://127.0.0.1:${storefrontPort}`,
      apiUrl: own.url,
      ...(storefrontPid !== undefined && { storefrontPid }),
      ratePerSecond: rate,
      seconds,
      paints,
      seed,
      onProgress: (text) => io.say(`  ${text}`),
    })
    if (json === true) io.print(JSON.stringify(result, null, 2))
    else {
      io.print(
        table(
          ['', 'pages', 'p50', 'p95', 'p99', 'longest', 'not 200'],
          [rowOf('cold', result.cold), rowOf('warm', result.warm)],
        ),
      )
      io.print(
        `\nProcessor time of the storefront: ${number(result.cpuMicrosPerPage ?? 0)} µs a page.\n` +
          `Largest content on a phone (${phone.slowerProcessor} times slower, ${phone.latencyMs} ms, 1.6 Mbit/s): ` +
          `${number(result.largestContentMs)} ms, the middle of ${result.painted.map(({ largestContentMs }) => largestContentMs).join(', ')}.`,
      )
    }
    if (typeof json === 'string') await writeFile(resolve(json), `${JSON.stringify(result, null, 2)}\n`)
  } finally {
    await own.stop()
  }
}

const rowOf = (name: string, { pages, statuses, p50Ms, p95Ms, p99Ms, maxMs }: PagesAnswered): string[] => [
  name,
  number(pages),
  `${p50Ms} ms`,
  `${p95Ms} ms`,
  `${p99Ms} ms`,
  `${maxMs} ms`,
  String(pages - (statuses['200'] ?? 0)),
]

function pidOf(parent: number, program: string): number | undefined {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const found = list.split('\n').find((line) => {
    const [, ppid] = line.trim().split(/\s+/)
    return Number(ppid) === parent && line.includes(program)
  })
  return found === undefined ? undefined : Number(found.trim().split(/\s+/)[0])
}
