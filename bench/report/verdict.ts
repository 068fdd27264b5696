import type { FlashSaleResult } from './types.ts'

export type Verdict = { good: boolean; headline: string; details: string[] }

/** What happened, in words that need no explanation. Good only when nothing at all is wrong. */
export function verdictOf(result: FlashSaleResult): Verdict {
  const sold = result.units - result.remaining
  const faults: string[] = []
  if (result.oversold > 0) faults.push(`${count(result.oversold, 'unit')} sold that did not exist`)
  if (result.duplicates > 0) faults.push(`${count(result.duplicates, 'request')} became two orders`)
  if (result.lost > 0) faults.push(`${count(result.lost, 'accepted order')} lost`)
  const broken = result.audit.filter((check) => check.broken > 0)
  if (faults.length === 0 && (broken.length > 0 || !result.balanced))
    faults.push(
      broken.length > 0
        ? `the books do not balance: ${broken.map(({ title }) => title).join('; ')}`
        : 'the books do not balance',
    )
  const soldText = `${number(sold)} of ${number(result.units)} units sold`
  if (faults.length > 0)
    return { good: false, headline: `${soldText}, but ${faults.join(', ')}`, details: detailsOf(result) }
  const unclear = result.indeterminate > 0 ? `; ${count(result.indeterminate, 'request')} stayed without an answer` : ''
  const headline = `${result.interrupted ? 'Stopped early: ' : ''}${soldText}, none twice${unclear}`
  return { good: true, headline, details: detailsOf(result) }
}

function detailsOf(result: FlashSaleResult): string[] {
  const how =
    result.rate > 0 ? `arriving at ${number(result.rate)} a second` : `over ${number(result.connections)} connections`
  const details = [
    `${number(result.buyers)} signed-in buyers, ${how}, for ${number(result.units)} units.`,
    `${number(result.placed)} orders placed and ${number(result.completed)} confirmed; ${number(result.refused)} buyers were told no.`,
    `19 of 20 answers came within ${milliseconds(result.p95Ms)}.`,
  ]
  if (result.faults.length > 0) details.push(`${count(result.faults.length, 'fault')} injected while it ran.`)
  return details
}

/** 12345.6 → "12,346". */
export const number = (value: number) => Math.round(value).toLocaleString('en-US')

/** "1 order", "2 orders". */
export const count = (amount: number, noun: string) => `${number(amount)} ${noun}${amount === 1 ? '' : 's'}`

/** 0.85 → "0.85 ms", 12.3 → "12 ms", 1500 → "1.5 s". */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`
  return `${ms >= 10 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`
}
