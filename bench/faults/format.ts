import type { LiveStats } from '../load/index.ts'
import type { FaultsResult, Strike } from './types.ts'

const number = (value: number) => Math.round(value).toLocaleString('en-US')
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

/** A fault, the moment it is over. */
export const strikeLine = ({ atMs, kind, what, tookMs }: Strike): string =>
  `${seconds(atMs).padStart(8)}  ${kind.padEnd(16)}  ${what} (${seconds(tookMs)})`

/** What the load sees now. */
export const loadLine = (live: LiveStats): string =>
  `${seconds(live.elapsedMs).padStart(8)}  ${number(live.rate)} answers/s, p99 ${Math.round(live.p99Ms)} ms, ${number(live.accepted)} orders, ${number(live.refused)} refused, ${number(live.inFlight + live.waiting)} without an answer yet, ${number(live.retries)} asked again`

/** The whole story: every fault with what the load saw, then what was checked. */
export function formatFaults(result: FaultsResult): string {
  const { figures, checks, strikes } = result
  const wide = Math.max(...checks.map(({ id }) => id.length))
  const causes = (errors: Record<string, number>) =>
    Object.entries(errors)
      .map(([cause, count]) => `${number(count)} × ${cause}`)
      .join(', ') || 'nobody was told of an error'
  const story = strikes.map(
    (strike) =>
      `${strikeLine(strike)}\n${' '.repeat(28)}${strike.recoveredMs === null ? 'not as before until the end' : strike.recoveredMs === 0 ? 'answers came as before' : `as before after ${seconds(strike.recoveredMs)}`}; ${causes(strike.errors)}`,
  )
  const table = checks.flatMap(({ id, title, checked, broken, examples }) => [
    `${broken === 0 ? '✓' : '✗'} ${id.padEnd(wide)}  ${number(checked).padStart(9)}  ${title}`,
    ...(broken === 0 ? [] : examples.map((example) => `${' '.repeat(wide + 15)}${example}`)),
  ])
  const broken = checks.filter((check) => check.broken > 0)
  return [
    ...(story.length > 0 ? ['What happened', ...story, ''] : []),
    'What was checked',
    ...table,
    '',
    ...figureLines(figures),
    '',
    broken.length === 0 && result.good
      ? `✓ Every promise was kept: ${checks.length} checks, ${seconds(result.tookMs)}.`
      : `✗ ${broken.length} of ${checks.length} checks found something.`,
    `Again: ${result.command}`,
  ].join('\n')
}

const counts = (by: Record<string, number>) =>
  Object.entries(by)
    .map(([what, count]) => `${number(count)} ${what}`)
    .join(', ')

function figureLines(figures: FaultsResult['figures']): string[] {
  const { overload, payments, powerCut } = figures
  const refused = Object.entries(figures.refusedByReason).map(([reason, count]) => `${number(count)} ${reason}`)
  return [
    `${number(figures.sent)} requests, ${number(figures.accepted)} orders accepted, ${number(figures.cancelled)} cancelled, ${number(figures.completed)} completed; asked again ${number(figures.askedAgain)} times`,
    `refused: ${refused.join(', ') || 'none'}`,
    `${figures.connectionsCut} connections cut with a batch on them; oversold ${figures.oversold}, duplicates ${figures.duplicates}, lost ${figures.lost}`,
    `recovery ${seconds(figures.recoveryMs)} at most; memory ${figures.maxRssMb} MB at most`,
    ...(payments === null
      ? []
      : [
          `payments: ${number(payments.orders)} orders (${counts(payments.byStatus)}); ${payments.cancelled} cancelled by customers, ${payments.shipped} shipped, ${payments.delivered} arrived or came back, ${payments.returned} returns`,
          `provider: ${number(payments.charges)} payments, ${number(payments.capturedMinor)} captured, ${number(payments.refundedMinor)} sent back, in minor units; paid on its page ${payments.paidThere}, declined ${payments.declinedThere}, never ${payments.neverPaid}; differences: ${counts(payments.differences) || 'none'}; at rest after ${payments.drainMs === null ? 'more than was waited' : seconds(payments.drainMs)}`,
        ]),
    ...(overload === null
      ? []
      : [
          `overload: peak ${number(overload.peakPerSecond)}/s, offered ${number(overload.offeredPerSecond)}/s, sold ${number(overload.goodputPerSecond)}/s; ${number(overload.turnedAway)} turned away, p99 after ${number(overload.turnedAwayP99Ms)} ms; afterwards ${number(overload.afterwardsPerSecond)}/s`,
        ]),
    ...(powerCut === null
      ? []
      : [
          `power cut: ${number(powerCut.answered)} answered, ${powerCut.lost} lost; without waiting for the disk ${number(powerCut.control.answered)} answered, ${powerCut.control.lost} lost${powerCut.control.lost === 0 ? ' (this time the control saw nothing: run longer)' : ''}`,
        ]),
  ]
}
