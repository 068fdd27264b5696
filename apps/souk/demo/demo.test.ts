import { describe, expect, test } from 'vitest'
import { demoMarketplace } from './index.ts'

const now = new Date('2026-05-08T09:30:00Z')
const market = demoMarketplace(now)
const { categories, shops, people, products, sales } = market
const variants = products.flatMap((product) => product.variants)

const repeated = (values: string[]) => values.filter((value, index) => values.indexOf(value) !== index)
const keys = (things: { key: string }[]) => new Set(things.map(({ key }) => key))

describe('the demo marketplace', () => {
  test('has twelve shops in different trades with forty to sixty products each, about six hundred together', () => {
    expect(shops).toHaveLength(12)
    expect(new Set(shops.map(({ trade }) => trade)).size).toBe(12)
    for (const shop of shops) {
      const count = products.filter(({ shopKey }) => shopKey === shop.key).length
      expect(count, shop.key).toBeGreaterThanOrEqual(40)
      expect(count, shop.key).toBeLessThanOrEqual(60)
    }
    expect(products.length).toBeGreaterThan(570)
    expect(products.length).toBeLessThan(630)
  })

  test('never uses a key, slug, title, address or stock keeping unit twice', () => {
    expect(repeated(products.map(({ key }) => key))).toEqual([])
    expect(repeated(products.map(({ slug }) => slug))).toEqual([])
    expect(repeated(products.map(({ title }) => title))).toEqual([])
    expect(repeated(variants.map(({ sku }) => sku))).toEqual([])
    expect(repeated(shops.map(({ slug }) => slug))).toEqual([])
    expect(repeated(categories.map(({ slug }) => slug))).toEqual([])
    expect(repeated(people.map(({ key }) => key))).toEqual([])
    expect(repeated([...people, ...shops].map(({ email }) => email))).toEqual([])
  })

  test('writes slugs and stock keeping units that fit in an address', () => {
    for (const { slug } of [...products, ...shops, ...categories]) expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    for (const { sku } of variants) expect(sku).toMatch(/^[A-Z]{3}-\d{3}(-[A-Z0-9]+)*$/)
  })

  test('names only shops, people, categories and products that exist', () => {
    const [shopKeys, personKeys, categoryKeys] = [keys(shops), keys(people), keys(categories)]
    for (const product of products) {
      expect(shopKeys).toContain(product.shopKey)
      expect(product.categoryKeys.length).toBeGreaterThan(0)
      for (const key of product.categoryKeys) expect(categoryKeys).toContain(key)
    }
    for (const shop of shops) expect(personKeys).toContain(shop.ownerKey)
    for (const { shopKey } of people) if (shopKey) expect(shopKeys).toContain(shopKey)
  })

  test('prices everything in positive whole minor units of the shop’s one currency, yen among them', () => {
    for (const variant of variants) {
      expect(Number.isSafeInteger(variant.priceMinor) && variant.priceMinor > 0, variant.sku).toBe(true)
      expect(Number.isSafeInteger(variant.weightGrams) && variant.weightGrams > 0, variant.sku).toBe(true)
      expect(Number.isSafeInteger(variant.onHand) && variant.onHand >= 0, variant.sku).toBe(true)
    }
    expect(new Set(shops.map(({ currency }) => currency))).toEqual(new Set(['EUR', 'GBP', 'JPY']))
  })

  test('has exactly one variant for each combination of a product’s options', () => {
    for (const { title, options, variants } of products) {
      const possible = options.reduce((count, { values }) => count * values.length, 1)
      const seen = variants.map(({ optionValues }) => options.map(({ name }) => optionValues[name]).join('/'))
      expect(new Set(seen).size, title).toBe(possible)
      expect(variants, title).toHaveLength(possible)
      for (const { optionValues } of variants) {
        expect(Object.keys(optionValues)).toEqual(options.map(({ name }) => name))
        for (const { name, values } of options) expect(values).toContain(optionValues[name])
      }
    }
  })

  test('describes every product in two or three sentences and shows at least one picture of it', () => {
    for (const { title, description, pictures } of products) {
      const sentences = description.split(/(?<=[.?!])\s+(?=[\p{Lu}\d])/u)
      expect(sentences.length, `${title}: ${description}`).toBeGreaterThanOrEqual(2)
      expect(sentences.length, `${title}: ${description}`).toBeLessThanOrEqual(4)
      expect(description).not.toMatch(/undefined|NaN|lorem|\{|\|/i)
      for (const { url } of pictures) expect(url).toMatch(/^\/v1\/pictures\/[a-z]+(-[0-9a-f]{6}){1,2}\.svg$/)
      expect(pictures.length).toBeGreaterThan(0)
    }
  })

  test('is mostly for sale, with some drafts, some archived products and some empty shelves', () => {
    const share = (status: string) => products.filter((product) => product.status === status).length / products.length
    expect(share('active')).toBeGreaterThan(0.9)
    expect(share('draft')).toBeGreaterThan(0)
    expect(share('archived')).toBeGreaterThan(0)
    expect(variants.some(({ onHand }) => onHand === 0)).toBe(true)
  })

  test('is the same each time it is asked for', () => {
    expect(demoMarketplace(now)).toEqual(market)
    const later = demoMarketplace(new Date('2031-01-01T00:00:00Z'))
    expect({ ...later, sales: [] }).toEqual({ ...market, sales: [] })
  })
})

describe('the category tree', () => {
  test('is two or three levels deep and lists parents before their children', () => {
    const depth = new Map<string, number>()
    for (const { key, parentKey } of categories)
      depth.set(key, parentKey ? (depth.get(parentKey) ?? Number.NaN) + 1 : 1)
    expect(Math.max(...depth.values())).toBe(3)
    expect(categories.length).toBeGreaterThan(40)
    expect(categories.length).toBeLessThan(60)
  })

  test('has products in every category that has no categories below it', () => {
    const parents = new Set(categories.map(({ parentKey }) => parentKey))
    const used = new Set(products.flatMap(({ categoryKeys }) => categoryKeys))
    expect(categories.filter(({ key }) => !parents.has(key) && !used.has(key))).toEqual([])
  })
})

describe('the people', () => {
  test('are one operator, two staff in each shop and eight shoppers', () => {
    const count = (role: string) => people.filter((person) => person.role === role).length
    expect([count('operator'), count('staff'), count('shopper')]).toEqual([1, 24, 8])
    for (const shop of shops) {
      const staff = people.filter(({ shopKey }) => shopKey === shop.key)
      expect(staff).toHaveLength(2)
      const [owner, helper] = [
        staff.find(({ key }) => key === shop.ownerKey),
        staff.find(({ key }) => key !== shop.ownerKey),
      ]
      expect(owner?.duties).toEqual(expect.arrayContaining(helper?.duties ?? []))
      expect(owner?.duties?.length).toBeGreaterThan(helper?.duties?.length ?? 0)
    }
  })

  test('sign in with printable passwords of twelve characters or more, at addresses nobody can own', () => {
    for (const { email, password } of people) {
      expect(email).toMatch(/^[a-z.]+@souk\.example$/)
      expect(password).toMatch(/^[\x21-\x7e]{12,}$/)
    }
    expect(repeated(people.map(({ password }) => password))).toEqual([])
  })
})

describe('the sales', () => {
  test('are one that started ten minutes ago and one that starts in fifteen', () => {
    const minutes = (at: Date) => (at.getTime() - now.getTime()) / 60_000
    expect(sales.map(({ startsAt, endsAt }) => [minutes(startsAt), minutes(endsAt)])).toEqual([
      [-10, 350],
      [15, 135],
    ])
    expect(sales.map(({ units, capPerCustomer }) => [units, capPerCustomer])).toEqual([
      [200, 2],
      [500, 1],
    ])
  })

  test('offer an active product below its price, with the units on the shelf', () => {
    for (const sale of sales) {
      const product = products.find(({ key }) => key === sale.productKey)
      expect(product).toMatchObject({ status: 'active', shopKey: sale.shopKey })
      expect(product?.variants).toHaveLength(1)
      expect(product?.variants[0]?.onHand).toBeGreaterThanOrEqual(sale.units)
      expect(product?.variants[0]?.priceMinor).toBeGreaterThan(sale.priceMinor)
    }
  })
})

describe('the demo’s reviews', () => {
  const { reviews } = market
  test('are of products on show, by its shoppers, one each; some wait for a moderator', () => {
    const shown = new Map(products.filter(({ status }) => status === 'active').map((product) => [product.key, product]))
    const shoppers = keys(people.filter(({ role }) => role === 'shopper'))
    for (const { productKey, shopKey, personKey } of reviews) {
      expect(shown.get(productKey)?.shopKey).toBe(shopKey)
      expect(shoppers).toContain(personKey)
    }
    expect(repeated(reviews.map(({ productKey, personKey }) => `${productKey} ${personKey}`))).toEqual([])
    expect(reviews.filter(({ pending }) => pending).length).toBeGreaterThan(5)
    expect(reviews.length).toBeGreaterThan(500)
  })

  test('are mostly content, and of every kind', () => {
    const average = reviews.reduce((sum, { rating }) => sum + rating, 0) / reviews.length
    expect(average).toBeGreaterThan(3.8)
    expect(average).toBeLessThan(4.6)
    expect(new Set(reviews.map(({ rating }) => rating))).toEqual(new Set([1, 2, 3, 4, 5]))
  })
})
