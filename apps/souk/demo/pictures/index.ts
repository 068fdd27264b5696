import { type Backdrop, backdrops, distance, mix, shades } from './colour.ts'
import { area, circle, each, ellipse, type Paint, rect, ring, type Shape, stroke, turned } from './draw.ts'
import { desk } from './desk.ts'
import { gadgets } from './gadgets.ts'
import { garden } from './garden.ts'
import { kitchen } from './kitchen.ts'
import { leisure } from './leisure.ts'
import { workshop } from './workshop.ts'

export const shapes = { ...kitchen, ...leisure, ...workshop, ...desk, ...garden, ...gadgets }
export type ShapeName = keyof typeof shapes

const isShapeName = (name: string): name is ShapeName => Object.hasOwn(shapes, name)

/** FNV-1a over UTF-16 units: the same text gives the same 32 bits everywhere. */
export const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  // Murmur's finaliser: without it, texts that differ in the last letter differ in few bits.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** `mug-3f9a1c`, or `mug-8ea397-3f9a1c` when the thing has a colour of its own (`tint` as `#rrggbb`). */
export const pictureSeed = (shape: ShapeName, identity: string, tint?: string): string =>
  [shape, ...(tint ? [tint.slice(1)] : []), (hash(identity) & 0xffffff).toString(16).padStart(6, '0')].join('-')

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

// Characters XML 1.0 forbids even when escaped, lone surrogates included, would make the whole file unreadable.
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** At most 300 bytes when escaped, so that two long texts cannot push a picture past its 4 kB. */
const safeText = (text: string): string => {
  let safe = ''
  let room = 300
  for (const character of text.slice(0, 300).replace(forbidden, '')) {
    const written = escapes[character] ?? character
    room -= Buffer.byteLength(written)
    if (room < 0) break
    safe += written
  }
  return safe
}

const scenery = (b: Backdrop, pick: (n: number) => number): string => {
  const left = pick(2) === 0
  const x = left ? 270 : 530
  const sun = [
    circle(x, 330, 270, b.sun),
    rect(x - 190, 110, 380, 500, 190, b.sun),
    area(left ? 'M0 180q220-170 420 0t240 430h-660z' : 'M800 180q-220-170-420 0t-240 430h660z', b.sun),
    circle(400, 370, 310, b.sun) + ring(400, 370, 345, b.sun, 8),
  ][pick(4)]
  const far = left ? 660 : 140
  const trim = [
    each([0, 1, 2, 3, 4, 5, 6, 7, 8], (i) => circle(far - 50 + (i % 3) * 50, 90 + Math.floor(i / 3) * 50, 8, b.sun)),
    stroke(`M${far} 240q-10-90 0-160M${far} 180q40-6 50-50M${far} 150q-40-6-50-50`, b.sun, 10),
    stroke(`M${far - 70} 100q35-40 70 0t70 0M${far - 70} 150q35-40 70 0t70 0`, b.sun, 12),
    '',
  ][pick(4)]
  return rect(0, 0, 800, 800, 0, b.wall) + sun + trim + rect(0, 600, 800, 200, 0, b.table)
}

/** The backdrop the thing stands out from: the seed's own choice, or the next one that differs enough. */
const chooseBackdrop = (tint: string, pick: (n: number) => number): Backdrop => {
  const first = pick(backdrops.length)
  const ordered = [...backdrops.slice(first), ...backdrops.slice(0, first)]
  const clears = (b: Backdrop) => Math.min(distance(tint, b.sun), distance(tint, b.wall)) > 90
  return ordered.find(clears) ?? { ...backdrops[0]!, wall: '#ffffff' }
}

/**
 * An 800×800 illustration as SVG text, always the same for the same arguments and under 4 kB.
 *
 * @param seed     as `pictureSeed` makes it; any other text gives a picture too.
 * @param label    becomes the accessible title; any text, escaped.
 * @param category becomes the description; any text, escaped. Empty means no description.
 */
export const pictureSvg = (seed: string, label: string, category: string): string => {
  const [, name = '', given] = /^([a-z]+)(?:-([0-9a-f]{6}))?-[0-9a-f]{6}$/.exec(seed) ?? []
  let drawn = 0
  const pick = (n: number) => hash(`${seed}/${drawn++}`) % n
  const names = Object.keys(shapes) as ShapeName[]
  const shape: Shape = shapes[isShapeName(name) ? name : names[pick(names.length)]!]
  const tint = given ? `#${given}` : shape.tints[pick(shape.tints.length)]!
  const backdrop = chooseBackdrop(tint, pick)
  const paint: Paint = {
    ...shades(tint),
    accent: backdrop.accent,
    accentDark: mix(backdrop.accent, '#2a1c33', 0.3),
    paper: '#fdf6e8',
    ink: '#3a3442',
    pick,
  }
  const [title, about] = [safeText(label), safeText(category)]
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" role="img"><title>${title}</title>` +
    (about ? `<desc>${about}</desc>` : '') +
    scenery(backdrop, pick) +
    `<g opacity=".22">${ellipse(410, 606, 290, 24, '#2a1c33')}</g>` +
    turned(pick(5) - 2, 400, 600, shape.draw(paint)) +
    '</svg>'
  )
}
