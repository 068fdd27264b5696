import { html, type Html } from './markup.ts'
import { number } from './verdict.ts'

export type Series = { name: string; tone: string; values: number[]; filled?: boolean }
export type Marker = { at: number; label: string }

const width = 640
const height = 220
const left = 52
const right = 12
const top = 14
const bottom = 30
const plotWidth = width - left - right
const plotHeight = height - top - bottom
// Of the histogram's buckets, relative to their upper end: between 1/64 and 1/32.
const bucketWidth = 1 / 32

/**
 * Lines over time. All series share the points in `seconds`, ascending.
 *
 * @param unit stands behind the values in tool tips, e.g. `ms`.
 */
export function lineChart(
  title: string,
  seconds: number[],
  series: Series[],
  unit: string,
  markers: Marker[] = [],
): Html {
  const highest = niceCeiling(Math.max(1, ...series.flatMap(({ values }) => values)))
  const lastSecond = Math.max(seconds.at(-1) ?? 1, 0.5)
  const x = (second: number) => left + (second / lastSecond) * plotWidth
  const y = (value: number) => top + plotHeight * (1 - value / highest)
  const points = (values: number[]) => values.map((value, index) => `${f(x(seconds[index] ?? 0))},${f(y(value))}`)
  const drawn = series.map(({ values, tone, filled }) => {
    const line = points(values)
    const area = filled
      ? html`<polygon class="area ${tone}" points="${f(x(seconds[0] ?? 0))},${f(y(0))} ${line.join(' ')} ${f(x(lastSecond))},${f(y(0))}"/>`
      : html``
    return html`${area}<polyline class="line ${tone}" points="${line.join(' ')}"/>`
  })
  const tips = seconds.map((second, index) => {
    const before = seconds[index - 1] ?? 0
    const told = series.map(({ name, values }) => `${name} ${short(values[index] ?? 0)} ${unit}`.trim()).join(', ')
    return html`<rect class="tip" x="${f(x(before))}" y="${top}" width="${f(Math.max(1, x(second) - x(before)))}" height="${plotHeight}"><title>${second.toFixed(1)} s: ${told}</title></rect>`
  })
  const marks = markers.map(
    ({ at, label }) =>
      html`<g class="marker"><line x1="${f(x(at))}" x2="${f(x(at))}" y1="${top}" y2="${top + plotHeight}"/><circle cx="${f(x(at))}" cy="${top}" r="4"><title>${label}</title></circle></g>`,
  )
  return frame(title, html`${grid(highest)}${timeAxis(lastSecond, x)}${drawn}${marks}${tips}`, series)
}

/** How many answers took how long, in buckets of equal width on a logarithmic scale. */
export function distributionChart(title: string, buckets: { upToMs: number; count: number }[], marks: Marker[]): Html {
  const from = Math.log10(Math.max(0.1, (buckets[0]?.upToMs ?? 0.1) / 1.4))
  const to = Math.log10(Math.max(1, (buckets.at(-1)?.upToMs ?? 1) * 1.2))
  const barCount = 48
  const bars = Array.from({ length: barCount }, () => 0)
  const place = (ms: number) => (Math.log10(Math.max(0.1, ms)) - from) / Math.max(0.01, to - from)
  // A bucket that lies across two bars is shared between them, else bars that catch one more bucket stand out as teeth.
  for (const { upToMs, count } of buckets) {
    const start = place(upToMs * (1 - bucketWidth)) * barCount
    const end = Math.max(start + 0.001, place(upToMs) * barCount)
    for (let bar = Math.max(0, Math.floor(start)); bar < Math.min(barCount, end); bar++) {
      const share = (Math.min(bar + 1, end) - Math.max(bar, start)) / (end - start)
      bars[bar] = (bars[bar] ?? 0) + count * share
    }
  }
  const highest = niceCeiling(Math.max(1, ...bars))
  const barWidth = plotWidth / barCount
  const drawn = bars.map((count, bar) => {
    const barHeight = (count / highest) * plotHeight
    const upTo = 10 ** (from + ((bar + 1) / barCount) * (to - from))
    return html`<rect class="bar" x="${f(left + bar * barWidth + 0.5)}" y="${f(top + plotHeight - barHeight)}" width="${f(barWidth - 1)}" height="${f(barHeight)}" rx="1.5"><title>up to ${short(upTo)} ms: ${number(count)} answers</title></rect>`
  })
  const ticks = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000]
    .filter((ms) => place(ms) >= 0 && place(ms) <= 1)
    .map(
      (ms) =>
        html`<text class="tick" x="${f(left + place(ms) * plotWidth)}" y="${height - 10}" text-anchor="middle">${ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`}</text>`,
    )
  const lines = marks.map(({ at, label }, index) => {
    const x = left + Math.min(1, place(at)) * plotWidth
    return html`<g class="mark"><line x1="${f(x)}" x2="${f(x)}" y1="${top}" y2="${top + plotHeight}"/><text x="${f(x - 4)}" y="${top + 10 + index * 14}" text-anchor="end">${label}</text></g>`
  })
  return frame(title, html`${grid(highest)}${ticks}${drawn}${lines}`, [])
}

/** Parts of a whole in one bar, with a legend that says how many. Parts of nothing are left out. */
export function outcomeBar(title: string, parts: { name: string; tone: string; amount: number }[]): Html {
  const shown = parts.filter(({ amount }) => amount > 0)
  const total = Math.max(
    1,
    shown.reduce((sum, { amount }) => sum + amount, 0),
  )
  let x = 0
  const drawn = shown.map(({ name, tone, amount }) => {
    const from = x
    x += (amount / total) * 1000
    return html`<rect class="part ${tone}" x="${f(from)}" y="0" width="${f(Math.max(1.5, x - from - 2))}" height="28"><title>${name}: ${number(amount)}</title></rect>`
  })
  const legend = shown.map(
    ({ name, tone, amount }) =>
      html`<li><i class="swatch ${tone}"></i><span>${name}</span><b>${number(amount)}</b><small>${percent(amount / total)}</small></li>`,
  )
  return html`<figure class="wide"><figcaption>${title}</figcaption><svg class="outcome" viewBox="0 0 1000 28" preserveAspectRatio="none" role="img" aria-label="${title}">${drawn}</svg><ul class="legend amounts">${legend}</ul></figure>`
}

const frame = (title: string, inside: Html, series: Series[]) => {
  const legend = series.map(({ name, tone }) => html`<li><i class="swatch ${tone}"></i><span>${name}</span></li>`)
  return html`<figure><figcaption>${title}${series.length > 1 ? html`<ul class="legend">${legend}</ul>` : html``}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${inside}</svg></figure>`
}

const grid = (highest: number) =>
  html`${[0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = top + plotHeight * (1 - share)
    return html`<line class="grid" x1="${left}" x2="${width - right}" y1="${f(y)}" y2="${f(y)}"/><text class="tick" x="${left - 8}" y="${f(y + 4)}" text-anchor="end">${short(highest * share)}</text>`
  })}`

const timeAxis = (lastSecond: number, x: (second: number) => number) => {
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300].find((each) => lastSecond / each <= 8) ?? 600
  const ticks = Array.from({ length: Math.floor(lastSecond / step) + 1 }, (_, index) => index * step)
  return html`${ticks.map((second) => html`<text class="tick" x="${f(x(second))}" y="${height - 10}" text-anchor="middle">${second} s</text>`)}`
}

/** The next number above that is 1, 1.2, 1.6, 2, 3, 4, 6 or 8 times a power of ten: quarters of it are easy to read. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.2, 1.6, 2, 3, 4, 6, 8].find((step) => step * power >= value) ?? 10) * power
}

const short = (value: number) => {
  if (value >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`
  return value >= 100 ? number(value) : String(Number(value.toPrecision(2)))
}
const percent = (share: number) =>
  `${share > 0 && share < 0.001 ? '<0.1' : (share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
const f = (coordinate: number) => String(Math.round(coordinate * 10) / 10)
