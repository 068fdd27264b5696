import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { demoMarketplace } from '../index.ts'
import { pictureSeed, pictureSvg, type ShapeName, shapes } from './index.ts'

const bytes = (text: string) => new TextEncoder().encode(text).length

/** Throws unless every tag is closed in order, every attribute quoted and every `&` an entity we write. */
const checkWellFormed = (svg: string): void => {
  const open: string[] = []
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>|([^<]+)/y
  while (tag.lastIndex < svg.length) {
    const at = tag.lastIndex
    const found = tag.exec(svg)
    if (!found) throw new Error(`not well-formed at ${at}: ${svg.slice(at, at + 60)}`)
    const [, closing, name = '', attributes = '', alone, text = ''] = found
    if (/&(?!amp;|lt;|gt;|quot;|#39;)/.test(text + attributes)) throw new Error(`bare & in ${found[0]}`)
    if (closing && open.pop() !== name) throw new Error(`</${name}> closes nothing`)
    if (name && !closing && !alone) open.push(name)
  }
  if (open.length > 0) throw new Error(`left open: ${open}`)
}

describe('pictures', () => {
  test('of everything in the marketplace are well-formed, under 4 kB and free of broken numbers', () => {
    const { products, shops } = demoMarketplace(new Date(0))
    const urls = [
      ...shops.map(({ pictureUrl }) => pictureUrl),
      ...products.flatMap((p) => p.pictures.map(({ url }) => url)),
    ]
    for (const url of urls) {
      const svg = pictureSvg(url.replace('/v1/pictures/', '').replace('.svg', ''), 'A label', 'A category')
      expect(() => checkWellFormed(svg), url).not.toThrow()
      expect(bytes(svg), url).toBeLessThan(4096)
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    }
  })

  test('stay under 4 kB in every shape, with the longest label', () => {
    for (const shape of Object.keys(shapes) as ShapeName[]) {
      for (let i = 0; i < 20; i++) {
        const svg = pictureSvg(
          pictureSeed(shape, `${i}`),
          'A sensible product title of eighty characters or so'.repeat(2),
          shape,
        )
        expect(bytes(svg), shape).toBeLessThan(4096)
      }
    }
  })

  test('carry any label without letting it out of its title', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        (label, category, seed) => {
          const svg = pictureSvg(seed, label, category)
          checkWellFormed(svg)
          expect(svg.match(/<title>/g)).toHaveLength(1)
          expect(
            [...svg]
              .filter((c) => c < ' ' || c === '\ufffe' || c === '\uffff')
              .join('')
              .trim(),
          ).toBe('')
          expect(svg.isWellFormed()).toBe(true)
          expect(bytes(svg)).toBeLessThan(4096)
        },
      ),
    )
    const hostile = pictureSvg('mug-123abc', '</title><script>alert(1)</script>', '"><image href="//evil.example"/>')
    expect(hostile).toContain('<title>&lt;/title&gt;&lt;script&gt;')
    expect(hostile).not.toMatch(/<script|<image|<\/title>.*<\/title>/)
    expect(bytes(pictureSvg('flower-123abc', '\u{1F9FA}&'.repeat(5000), "'".repeat(5000)))).toBeLessThan(4096)
  })

  test('are the same for the same seed and differ for different ones', () => {
    expect(pictureSvg('mug-123abc', 'Mug', 'Mugs')).toBe(pictureSvg('mug-123abc', 'Mug', 'Mugs'))
    expect(pictureSvg('mug-123abc', 'Mug', 'Mugs')).not.toBe(pictureSvg('mug-123abd', 'Mug', 'Mugs'))
    expect(pictureSvg('mug-8ea397-123abc', 'Mug', '')).toContain('#8ea397')
  })
})
