import { randomUUID } from 'node:crypto'
import { uuidv7 } from '@souk/postgres'
import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SearchDocument } from './document.ts'
import type { EngineQuery, SearchEngine } from './engine.ts'

let clockMs = Date.parse('2026-01-15T10:00:00Z')
const [shopA, shopB] = [randomUUID(), randomUUID()] as const
const [home, lamps, clothes] = [randomUUID(), randomUUID(), randomUUID()] as const

export function aDocument(given: Partial<SearchDocument> = {}): SearchDocument {
  clockMs += 1_000
  const productId = given.productId ?? uuidv7(clockMs)
  return {
    productId,
    mark: 1,
    shopId: shopA,
    title: 'A thing',
    tags: [],
    description: '',
    language: 'english',
    categoryIds: [],
    priceMinor: 1_000,
    currency: 'EUR',
    ratingTenths: 0,
    ratingCount: 0,
    available: true,
    ...given,
    card: {
      slug: 'a-thing',
      regularPriceMinor: given.priceMinor ?? 1_000,
      saleEndsAt: null,
      pictureUrl: '',
      pictureAlt: '',
      ratingCount: given.ratingCount ?? 0,
      ...given.card,
    },
  }
}

export const aQuery = (words: string, given: Partial<EngineQuery> = {}): EngineQuery => ({
  words: words === '' ? [] : words.split(' '),
  language: 'english',
  categoryId: undefined,
  shopId: undefined,
  currency: undefined,
  minPriceMinor: undefined,
  maxPriceMinor: undefined,
  minStars: undefined,
  availableOnly: false,
  hiddenShopIds: [],
  sort: 'relevance',
  after: undefined,
  limit: 20,
  withFacets: false,
  ...given,
})

const stock = {
  lamp: aDocument({
    title: 'Brass desk lamp',
    tags: ['light'],
    categoryIds: [home, lamps],
    priceMinor: 4_500,
    ratingTenths: 47,
    ratingCount: 30,
  }),
  book: aDocument({
    title: 'Book of rooms',
    description: 'How to place a lamp in a room.',
    priceMinor: 2_000,
    ratingTenths: 31,
    ratingCount: 2,
  }),
  floorLamp: aDocument({
    title: 'Floor lamps, tall',
    categoryIds: [home, lamps],
    priceMinor: 12_000,
    available: false,
    shopId: shopB,
  }),
  cafe: aDocument({ title: 'Café chair', categoryIds: [home], priceMinor: 8_000, ratingTenths: 50, ratingCount: 1 }),
  schuhe: aDocument({
    title: 'Rote Schuhe',
    language: 'german',
    categoryIds: [clothes],
    priceMinor: 6_000,
    shopId: shopB,
  }),
  yen: aDocument({ title: 'Paper lantern', categoryIds: [home, lamps], priceMinor: 300_000, currency: 'JPY' }),
}
type Name = keyof typeof stock
const nameOf = (productId: string) =>
  (Object.keys(stock) as Name[]).find((name) => stock[name].productId === productId) ?? productId

/** What every engine must do alike. `settled` waits until what was written is found. */
export function searchEngineConformance(open: () => Promise<{ engine: SearchEngine; close(): Promise<void> }>): void {
  describe('finds products', () => {
    let engine: SearchEngine
    let close: () => Promise<void>
    const found = async (words: string, given: Partial<EngineQuery> = {}) =>
      (await engine.search(aQuery(words, given))).hits.map((hit) => nameOf(hit.productId))

    beforeAll(async () => {
      ;({ engine, close } = await open())
      await engine.ready()
      await engine.write(Object.values(stock), [])
      await eventually(async () => expect((await engine.search(aQuery(''))).total.count).toBe(6))
    }, 60_000)
    afterAll(() => close())

    test('by a word in the title before one in the description', async () => {
      const names = await found('lamp')
      expect(names.toSorted()).toEqual(['book', 'floorLamp', 'lamp'])
      expect(names.at(-1)).toBe('book')
    })
    test('by any form of a word, in English and in the language of the shop', async () => {
      expect(await found('chairs')).toEqual(['cafe'])
      expect(await found('schuh', { language: 'german' })).toEqual(['schuhe'])
    })
    test('whatever the accents and the case', async () => {
      expect(await found('cafe')).toEqual(['cafe'])
      expect(await found('café')).toEqual(['cafe'])
    })
    test('by all words, not by some of them', async () => {
      expect(await found('brass lamp')).toEqual(['lamp'])
      expect(await found('brass chair')).toEqual([])
    })
    test('by tags', async () => expect(await found('light')).toEqual(['lamp']))
    test('under a category with what is below it, without words', async () => {
      expect((await found('', { categoryId: home })).toSorted()).toEqual(['cafe', 'floorLamp', 'lamp', 'yen'])
      expect((await found('', { categoryId: clothes })).toSorted()).toEqual(['schuhe'])
    })
    test('under every filter, and under all of them together', async () => {
      expect((await found('', { shopId: shopB })).toSorted()).toEqual(['floorLamp', 'schuhe'])
      expect((await found('lamp', { availableOnly: true })).toSorted()).toEqual(['book', 'lamp'])
      expect(await found('', { minStars: 4 })).toHaveLength(2)
      expect(await found('', { currency: 'JPY' })).toEqual(['yen'])
      expect((await found('', { minPriceMinor: 4_500, maxPriceMinor: 8_000, currency: 'EUR' })).toSorted()).toEqual([
        'cafe',
        'lamp',
        'schuhe',
      ])
      expect(
        await found('lamp', {
          categoryId: lamps,
          shopId: shopA,
          availableOnly: true,
          minStars: 4,
          currency: 'EUR',
          minPriceMinor: 1,
          maxPriceMinor: 4_500,
        }),
      ).toEqual(['lamp'])
    })
    test('never of a shop that is hidden', async () =>
      expect((await found('lamp', { hiddenShopIds: [shopB] })).toSorted()).toEqual(['book', 'lamp']))
    test('in the order asked for', async () => {
      const euros = { currency: 'EUR' }
      expect(await found('', { ...euros, sort: 'price' })).toEqual(['book', 'lamp', 'schuhe', 'cafe', 'floorLamp'])
      expect(await found('', { ...euros, sort: 'price-desc' })).toEqual(['floorLamp', 'cafe', 'schuhe', 'lamp', 'book'])
      expect(await found('', { sort: 'newest' })).toEqual(['yen', 'schuhe', 'cafe', 'floorLamp', 'book', 'lamp'])
      // A single 5 does not stand before thirty voices for 4.7.
      expect((await found('', { sort: 'rating' })).slice(0, 2)).toEqual(['lamp', 'cafe'])
    })
    test('page by page, each once, in every order', async () => {
      for (const sort of ['relevance', 'price', 'price-desc', 'newest', 'rating'] as const)
        for (const words of ['', 'lamp']) {
          const whole = await found(words, { sort })
          const paged: string[] = []
          for (let after: EngineQuery['after'], pages = 0; pages < 10; pages += 1) {
            const page = await engine.search(aQuery(words, { sort, after, limit: 2 }))
            paged.push(...page.hits.map((hit) => nameOf(hit.productId)))
            after = page.next
            if (after === undefined) break
          }
          expect(paged, `${sort} "${words}"`).toEqual(whole)
        }
    })
    test('and counts what the matches have in common', async () => {
      const { facets, total } = await engine.search(aQuery('', { withFacets: true }))
      expect(total).toEqual({ count: 6, exact: true })
      expect(Object.fromEntries(facets?.categories.map(({ categoryId, count }) => [categoryId, count]) ?? [])).toEqual({
        [home]: 4,
        [lamps]: 3,
        [clothes]: 1,
      })
      expect(facets?.shops).toEqual([
        { shopId: shopA, count: 4 },
        { shopId: shopB, count: 2 },
      ])
      expect(facets?.stars).toEqual([
        { stars: 4, count: 2 },
        { stars: 3, count: 3 },
        { stars: 2, count: 3 },
        { stars: 1, count: 3 },
      ])
      expect(facets?.available).toBe(5)
      expect(facets?.prices?.currency).toBe('EUR')
      expect(facets?.prices?.buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(5)
    })
    test('nothing where there is nothing: no facets either', async () => {
      const none = await engine.search(aQuery('zeppelin', { withFacets: true }))
      expect(none).toMatchObject({ hits: [], total: { count: 0, exact: true } })
      expect(none.facets).toMatchObject({ categories: [], shops: [], available: 0 })
    })
    test('typing errors are corrected to words there are, right ones left alone', async () => {
      expect(await engine.correct(['brsas', 'lamp'])).toEqual(['brass', 'lamp'])
      expect(await engine.correct(['lanterm'])).toEqual(['lantern'])
      expect(await engine.correct(['lamp'])).toBeUndefined()
      expect(await engine.correct(['qqqqxyzzy'])).toBeUndefined()
    })
    test('what is being typed is completed by words that lead somewhere', async () => {
      expect((await engine.complete(['lan'], 5)).map(({ text }) => text)).toEqual(['lantern'])
      expect((await engine.complete(['brass', 'la'], 5)).map(({ text }) => text)[0]).toBe('brass lamp')
      expect(await engine.complete(['zz'], 5)).toEqual([])
      expect((await engine.titles('brass', 5, [])).map(({ productId }) => nameOf(productId))).toEqual(['lamp'])
      expect(await engine.titles('rote', 5, [shopB])).toEqual([])
    })
    test('signs that mean something to the engine are only signs', async () => {
      for (const words of [
        "o'clock",
        '!',
        '&|',
        '*',
        '"',
        '\\',
        ':*',
        '<->',
        '%',
        '_',
        '(',
        'AND',
        'a:b',
        '{}',
        '~1',
        '+-',
      ])
        expect(await found(words)).toEqual([])
      for (const prefix of ['%', '_', '\\', '*', '"']) expect(await engine.titles(prefix, 5, [])).toEqual([])
    })
  })

  describe('keeps what it is given', () => {
    let engine: SearchEngine
    let close: () => Promise<void>
    const ids = async (words: string) => (await engine.search(aQuery(words))).hits.map((hit) => hit.productId)
    beforeAll(async () => {
      ;({ engine, close } = await open())
      await engine.ready()
    }, 60_000)
    afterAll(() => close())

    test('the newest of a product, in whatever order it comes, and not what is gone', async () => {
      const old = aDocument({ title: 'Old kettle', mark: 5 })
      await engine.write([old], [])
      await engine.write([{ ...old, title: 'New kettle', mark: 7 }], [])
      await engine.write([{ ...old, title: 'Stale kettle', mark: 6 }], [])
      await eventually(async () => expect(await ids('new')).toEqual([old.productId]))
      expect(await ids('stale')).toEqual([])
      await engine.write([], [{ productId: old.productId, mark: 6 }])
      await engine.write([], [{ productId: randomUUID(), mark: 6 }])
      expect(await ids('new')).toEqual([old.productId])
      await engine.write([], [{ productId: old.productId, mark: 8 }])
      await eventually(async () => expect(await ids('kettle')).toEqual([]))
    })

    test('a new index is filled beside the old one: what changes meanwhile is in both, what is gone in neither', async () => {
      const [kept, changed, gone] = [
        aDocument({ title: 'Kept pan' }),
        aDocument({ title: 'Pan to change' }),
        aDocument({ title: 'Pan to go' }),
      ]
      await engine.write([kept, changed, gone], [])
      await eventually(async () => expect(await ids('pan')).toHaveLength(3))
      await engine.beginRebuild()
      expect(await ids('pan')).toHaveLength(3)
      await engine.write([{ ...changed, title: 'Changed pan', mark: 9 }], [{ productId: gone.productId, mark: 9 }])
      await eventually(async () =>
        expect((await ids('pan')).toSorted()).toEqual([kept.productId, changed.productId].toSorted()),
      )
      await engine.write(
        [
          { ...kept, mark: 0 },
          { ...changed, mark: 0 },
        ],
        [],
      )
      await engine.finishRebuild()
      await eventually(async () => {
        expect((await ids('pan')).toSorted()).toEqual([kept.productId, changed.productId].toSorted())
        expect(await ids('changed')).toEqual([changed.productId])
      })
      const listed = await engine.listed('00000000-0000-0000-0000-000000000000', 100)
      expect(listed.map(({ productId }) => productId)).toEqual([kept.productId, changed.productId].toSorted())
    })
  })
}
