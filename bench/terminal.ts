import type { LiveStats } from './load/index.ts'
import type { FlashSaleResult } from './report/index.ts'
import { milliseconds, number, verdictOf } from './report/verdict.ts'

/** What the panel draws on: standard output, or a list of strings in a test. */
export type Screen = { write(text: string): unknown; isTTY?: boolean; columns?: number }

export type LivePanel = {
  /** Call it as often as there is news; off a terminal it prints at most one line in 2 s. `remaining` in units. */
  update(live: LiveStats, remaining: number): void
  /** Leaves the last state standing and prints the verdict below. */
  finish(result: FlashSaleResult): void
}

const plainEveryMs = 2_000
const barWidth = 24

/** A panel of three lines that rewrites itself on a terminal; plain lines everywhere else. */
export function createLivePanel(screen: Screen, units: number): LivePanel {
  const rates: number[] = []
  let lastPlainAt = Number.NEGATIVE_INFINITY
  let linesShown = 0

  return {
    update(live, remaining) {
      rates.push(live.acceptedPerSecond)
      if (!screen.isTTY) {
        if (live.elapsedMs - lastPlainAt < plainEveryMs) return
        lastPlainAt = live.elapsedMs
        screen.write(`${plainLine(live, remaining)}\n`)
        return
      }
      // \x1b[2K clears a line: figures get shorter as the sale runs out.
      const lines = panel(live, remaining, units, rates, screen.columns ?? 80).map((line) => `\x1b[2K${line}\n`)
      screen.write((linesShown > 0 ? `\x1b[${linesShown}A` : '') + lines.join(''))
      linesShown = lines.length
    },
    finish(result) {
      screen.write(`\n${verdictTable(result)}\n`)
    },
  }
}

const latencies = ({ p50Ms, p95Ms, p99Ms }: Pick<LiveStats, 'p50Ms' | 'p95Ms' | 'p99Ms'>) =>
  `p50 ${milliseconds(p50Ms)}  p95 ${milliseconds(p95Ms)}  p99 ${milliseconds(p99Ms)}`

function plainLine(live: LiveStats, remaining: number): string {
  const seconds = (live.elapsedMs / 1000).toFixed(1).padStart(6)
  return `${seconds} s  ${number(live.acceptedPerSecond)} orders/s  ${latencies(live)}  ${number(remaining)} units left  ${number(live.refused + live.shed)} refused`
}

function panel(live: LiveStats, remaining: number, units: number, rates: number[], columns: number): string[] {
  const seconds = `${(live.elapsedMs / 1000).toFixed(1)} s`
  const sold = Math.round((1 - remaining / Math.max(1, units)) * barWidth)
  const bar = '█'.repeat(Math.max(0, sold)) + '░'.repeat(Math.max(0, barWidth - sold))
  const unclear = live.inFlight + live.waiting
  return [
    `  ${number(live.acceptedPerSecond).padStart(7)} orders/s  ${sparkline(rates, Math.min(40, columns - 24))}`,
    `  ${latencies(live)}   ${number(live.sent)} sent  ${number(live.refused + live.shed)} refused  ${number(unclear)} open`,
    `  ${bar}  ${number(remaining)} of ${number(units)} units left  ${seconds}`,
  ].map((line) => line.slice(0, Math.max(20, columns - 1)))
}

const levels = '▁▂▃▄▅▆▇█'

/** The last `width` values as bars of eighths, the highest of them full. */
export function sparkline(values: number[], width: number): string {
  const shown = values.slice(-Math.max(1, width))
  const highest = Math.max(1, ...shown)
  return shown.map((value) => levels[Math.min(7, Math.floor((value / highest) * 7.999))]).join('')
}

/** The outcome as an aligned table with the verdict as its first line. */
export function verdictTable(result: FlashSaleResult): string {
  const verdict = verdictOf(result)
  const reasons = Object.entries(result.refusedByReason)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, amount]): Row => [`  ${reason}`, number(amount)])
  const rows: Row[] = [
    ['accepted', `${number(result.acceptedPerSecond)}/s`],
    ['completed', `${number(result.completedPerSecond)}/s`],
    ['latency p50', milliseconds(result.p50Ms)],
    ['latency p95', milliseconds(result.p95Ms)],
    ['latency p99', milliseconds(result.p99Ms)],
    ['placed', number(result.placed)],
    ['refused', number(result.refused)],
    ...reasons,
    ['no definite answer', number(result.indeterminate)],
    ['oversold', number(result.oversold)],
    ['duplicates', number(result.duplicates)],
    ['lost', number(result.lost)],
    ['audit', result.balanced ? 'balanced' : 'NOT BALANCED'],
  ]
  const nameWidth = Math.max(...rows.map(([name]) => name.length))
  const valueWidth = Math.max(...rows.map(([, value]) => value.length))
  const table = rows.map(([name, value]) => `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}`)
  const raised = result.limitsRaised.map((limit) => `  limit raised: ${limit}`)
  return [
    `${verdict.good ? '✓' : '✗'} ${verdict.headline}`,
    '',
    ...table,
    ...(raised.length > 0 ? ['', ...raised] : []),
  ].join('\n')
}

type Row = [name: string, value: string]
