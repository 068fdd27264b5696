const parts = {
  yyyy: '(?<year>\\d{4})',
  yy: '(?<year>\\d{2})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{2})',
  d: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  m: '(?<minute>\\d{1,2})',
  ss: '(?<second>\\d{2})',
  s: '(?<second>\\d{1,2})',
} as const

const pieces = /yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s|[^A-Za-z]|T/g

/** Whatever is written so has its own zone, or is UTC. */
const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/

type Parse = (text: string) => number | undefined

/**
 * Reads dates written in one of the formats, as Unix milliseconds; undefined for what is no date in any of them.
 * @param formats "yyyy-MM-dd HH:mm:ss", "M/d/yyyy H:mm", "dd.MM.yyyy"; or "iso". At least one.
 * @param timeZone IANA name, for formats that do not say it.
 * @throws RangeError saying what cannot be understood of a format or zone
 */
export function dateParser(formats: readonly string[], timeZone = 'UTC'): Parse {
  const toUtc = zoned(timeZone)
  const parsers = formats.map((format) => (format === 'iso' ? parseIso : inFormat(format, toUtc)))
  // Lines of an order share their date: most are found here.
  const seen = new Map<string, number | undefined>()
  return (text) => {
    if (seen.has(text)) return seen.get(text)
    let atMs: number | undefined
    for (const parse of parsers) atMs ??= parse(text)
    if (seen.size > 10_000) seen.clear()
    seen.set(text, atMs)
    return atMs
  }
}

const parseIso: Parse = (text) => {
  const atMs = iso.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

function inFormat(format: string, toUtc: (wallMs: number) => number): Parse {
  const found = format.match(pieces) ?? []
  if (found.join('') !== format)
    throw new RangeError(`${format} has letters that mean nothing; there are ${Object.keys(parts).join(', ')}`)
  for (const needed of ['y', 'M', 'd'])
    if (!format.includes(needed)) throw new RangeError(`${format} has no ${needed}: a date needs year, month and day`)
  const pattern = found.map(
    (piece) => parts[piece as keyof typeof parts] ?? piece.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'),
  )
  let shape: RegExp
  try {
    shape = new RegExp(`^${pattern.join('')}$`)
  } catch {
    throw new RangeError(`${format} names a part of the date twice`)
  }
  return (text) => {
    const groups = shape.exec(text)?.groups
    if (groups === undefined) return undefined
    const of = (name: string) => Number(groups[name] ?? 0)
    const year = (groups.year ?? '').length === 2 ? 2000 + of('year') : of('year')
    const wallMs = Date.UTC(year, of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
    const date = new Date(wallMs)
    // 31 April would be 1 May, and 25 o'clock tomorrow: neither is what the file means.
    const meant =
      year >= 1970 &&
      date.getUTCMonth() === of('month') - 1 &&
      date.getUTCDate() === of('day') &&
      date.getUTCHours() === of('hour') &&
      date.getUTCMinutes() === of('minute')
    return meant ? toUtc(wallMs) : undefined
  }
}

/** From what the clock on the wall showed to the instant. In the hour that autumn repeats it is the first one. */
function zoned(timeZone: string): (wallMs: number) => number {
  if (timeZone === 'UTC') return (wallMs) => wallMs
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  } catch {
    throw new RangeError(`${timeZone} is no time zone; there are UTC, Europe/London, America/New_York, …`)
  }
  const offsetMs = (atMs: number) => {
    const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = 0, minutes = 0] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  }
  return (wallMs) => {
    const guess = wallMs - offsetMs(wallMs)
    return wallMs - offsetMs(guess)
  }
}
