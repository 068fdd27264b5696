import type { Tone } from '@souk/ui'

const locale = 'en-GB'
const moment = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
const whole = new Intl.NumberFormat(locale)
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })

export const formatMoment = (iso: string): string => moment.format(new Date(iso))
export const formatExact = (iso: string): string => exact.format(new Date(iso))
export const formatDay = (iso: string): string => day.format(new Date(iso))
export const formatCount = (count: number): string => whole.format(count)
export const formatCompact = (count: number): string => compact.format(count)

const steps: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** "5 min. ago", "in 2 hr." */
export function formatAgo(iso: string, nowMs: number): string {
  const differenceMs = Date.parse(iso) - nowMs
  const [unit, ms] = steps.find(([, ms]) => Math.abs(differenceMs) >= ms) ?? ['second', 1_000]
  return relative.format(Math.round(differenceMs / ms), unit)
}

/** 3,725,000 → "1:02:05" */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const two = (value: number) => value.toString().padStart(2, '0')
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600)]
  const rest = `${two(Math.floor((seconds % 3_600) / 60))}:${two(seconds % 60)}`
  if (days > 0) return `${days} d ${hours}:${rest}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/** What nobody should have to read whole: the end of an id, which is its random part. */
export const shortId = (id: string): string => id.slice(-8)

/** "partly-shipped" → "Partly shipped" */
export const humanise = (word: string): string => {
  const words = word.replaceAll(/[-_]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const tones: Readonly<Record<string, Tone>> = {
  placed: 'info',
  confirmed: 'accent',
  'partly-shipped': 'warn',
  shipped: 'info',
  delivered: 'good',
  cancelled: 'neutral',
  requested: 'warn',
  approved: 'info',
  receiving: 'info',
  received: 'info',
  settled: 'good',
  refused: 'bad',
  open: 'good',
  registered: 'info',
  suspended: 'bad',
  closed: 'neutral',
  verified: 'good',
  pending: 'warn',
  rejected: 'bad',
  unverified: 'neutral',
  active: 'good',
  draft: 'warn',
  archived: 'neutral',
  disabled: 'bad',
  running: 'good',
  upcoming: 'info',
  planned: 'info',
  past: 'neutral',
  ended: 'neutral',
  parked: 'bad',
  replayed: 'good',
  discarded: 'neutral',
  failed: 'bad',
  sent: 'good',
  queued: 'info',
  completed: 'good',
  retrying: 'warn',
  waiting: 'info',
  captured: 'good',
  authorised: 'info',
  refunded: 'neutral',
  'partly-refunded': 'warn',
  voided: 'neutral',
  stuck: 'bad',
  'undo-stuck': 'bad',
  undoing: 'warn',
  due: 'info',
  done: 'good',
  undone: 'neutral',
  held: 'info',
  issued: 'good',
  issuing: 'info',
  published: 'good',
  hidden: 'neutral',
  in: 'good',
  low: 'warn',
  out: 'bad',
}

export const toneOf = (state: string): Tone => tones[state] ?? 'neutral'
