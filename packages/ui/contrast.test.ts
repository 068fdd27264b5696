import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const colours = new Map(
  [...css.matchAll(/--color-([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name as string, { light: light as string, dark: dark as string }],
  ),
)

/** Relative luminance of WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['paper', 'surface', 'raised', 'sunken', 'hover']
const texts = ['ink', 'quiet', 'accent', 'accent-strong']
/** What is written in which colour on which ground. */
const written = [
  ...texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)),
  ...['good', 'warn', 'bad', 'info'].flatMap((tone) =>
    ['paper', 'surface', 'raised', `${tone}-soft`].map((ground) => [tone, ground] as const),
  ),
  ...['good', 'warn', 'bad', 'info', 'accent'].map((tone) => ['ink', `${tone}-soft`] as const),
  ['accent-ink', 'accent'],
  ['accent-ink', 'accent-strong'],
  ['accent-strong', 'accent-soft'],
  ['bad-ink', 'bad'],
] as const
/** What must be seen, not read: the edge of a control, a line of a chart. */
const seen = [
  ...['paper', 'surface', 'raised'].map((ground) => ['edge', ground] as const),
  ...[1, 2, 3, 4, 5, 6].map((number) => [`chart-${number}`, 'surface'] as const),
] as const

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const ratio = ([front, back]: readonly [string, string]) => {
    const [one, other] = [colours.get(front), colours.get(back)]
    if (!one || !other) throw new Error(`there is no colour ${one ? back : front}`)
    return { pair: `${front} on ${back}`, ratio: Math.round(contrast(one[theme], other[theme]) * 100) / 100 }
  }
  test('whatever is read stands out 4.5:1 from its ground', () => {
    expect(written.map(ratio).filter((each) => each.ratio < 4.5)).toEqual([])
  })
  test('edges of controls and lines of charts stand out 3:1', () => {
    expect(seen.map(ratio).filter((each) => each.ratio < 3)).toEqual([])
  })
})
