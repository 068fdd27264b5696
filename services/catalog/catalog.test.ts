import { randomUUID } from 'node:crypto'
import { productChanged } from '@souk/contracts'
import { CatalogService } from '@souk/contracts/catalog'
import type { Principal } from '@souk/http'
import { createDirectory } from '@souk/rpc'
import { operator, shopper, staff } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { catalogAudits } from './audits.ts'
import { aProduct, type Setting, setting, shopNews } from './fixtures.ts'
import { catalogRpc } from './rpc.ts'
import { relistShops } from './shop-news.ts'
import { importProducts } from './write-products.ts'

let s: Setting
let shop: Awaited<ReturnType<Setting['announce']>>
beforeAll(async () => {
  s = await setting()
})
afterAll(() => s.database.close())
beforeEach(async () => {
  shop = await s.announce()
  s.outbox.clear()
})

async function create(given: object = {}) {
  // Ids of one millisecond are in no particular order.
  s.time.advance(1)
  const { status, body } = await s.call('createProduct', shop.clerk, { body: aProduct(shop.shopId, given) })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}
const ids = async (query: object, principal = shopper()) => {
  const { status, body } = await s.call('listProducts', principal, { query })
  expect(status, JSON.stringify(body)).toBe(200)
  return body.items.map((item) => item.id)
}
const patch = (id: string, version: number, body: object) =>
  s.call('editProduct', shop.clerk, { params: { productId: id }, body, headers: { 'if-match': `"${version}"` } })

describe('a product', () => {
  test('is announced whole on each change, with consecutive versions', async () => {
    const { id, variants } = await create({ slug: 'lamp' })
    await patch(id, 1, { title: 'Lamp two' })
    await s.call('setPrice', shop.clerk, {
      params: { productId: id, variantId: variants[0]?.id },
      body: { priceMinor: 900 },
    })
    await s.call('archiveProduct', shop.clerk, { params: { productId: id } })
    expect(
      s.outbox
        .of(productChanged)
        .map(({ version, title, status, created, variants: [variant] }) => [
          version,
          title,
          status,
          created,
          variant?.priceMinor,
          variant?.priceVersion,
        ]),
    ).toEqual([
      [1n, 'Lamp', 'active', true, 1_000n, 1n],
      [2n, 'Lamp two', 'active', false, 1_000n, 1n],
      [3n, 'Lamp two', 'active', false, 900n, 2n],
      [4n, 'Lamp two', 'archived', false, 900n, 2n],
    ])
  })
  test('keeps every price it had; the same price again is no new one', async () => {
    const { id, variants } = await create()
    const params = { productId: id, variantId: variants[0]?.id }
    for (const priceMinor of [900, 900, 800]) await s.call('setPrice', shop.clerk, { params, body: { priceMinor } })
    const first = await s.call('listPrices', shop.clerk, { params, query: { limit: 2 } })
    expect(first.body.items).toMatchObject([
      { priceVersion: 3, priceMinor: 800 },
      { priceVersion: 2, priceMinor: 900 },
    ])
    const rest = await s.call('listPrices', shop.clerk, { params, query: { cursor: first.body.nextCursor } })
    expect(rest.body.items).toMatchObject([{ priceVersion: 1, priceMinor: 1_000 }])
  })
  test('takes new variants and withdraws old ones; shoppers see those for sale', async () => {
    const options = [{ name: 'Colour', values: ['Blue', 'Red'] }]
    const { id, variants } = await create({
      options,
      variants: [{ sku: `B-${randomUUID()}`, options: { Colour: 'Blue' }, priceMinor: 500 }],
    })
    const added = await s.call('addVariant', shop.clerk, {
      params: { productId: id },
      headers: { 'if-match': '"1"' },
      body: { sku: `R-${randomUUID()}`, options: { Colour: 'Red' }, priceMinor: 700 },
    })
    expect(added.body.variants.map((variant) => variant.title)).toEqual(['Blue', 'Red'])
    await s.call('editVariant', shop.clerk, {
      params: { productId: id, variantId: variants[0]?.id },
      headers: { 'if-match': '"2"' },
      body: { active: false },
    })
    expect(
      (await s.call('getProduct', undefined, { params: { productId: id } })).body.variants.map(
        (variant) => variant.title,
      ),
    ).toEqual(['Red'])
    expect((await s.call('getProduct', shop.clerk, { params: { productId: id } })).body.variants).toHaveLength(2)
    const twin = await s.call('addVariant', shop.clerk, {
      params: { productId: id },
      headers: { 'if-match': '"3"' },
      body: { sku: `T-${randomUUID()}`, options: { Colour: 'Red' }, priceMinor: 1 },
    })
    expect([twin.status, twin.body.code]).toEqual([422, 'variants-do-not-fit'])
  })
  test('an edit made on an older version is refused, and so is one that names none', async () => {
    const { id } = await create()
    await patch(id, 1, { title: 'One' })
    expect((await patch(id, 1, { title: 'Two' })).status).toBe(412)
    expect((await s.call('editProduct', shop.clerk, { params: { productId: id }, body: { title: 'X' } })).status).toBe(
      428,
    )
  })
  test('two edits at once: one holds, one is told', async () => {
    const { id } = await create()
    const answers = await Promise.all([patch(id, 1, { title: 'A' }), patch(id, 1, { title: 'B' })])
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412])
  })
  test('a SKU names one variant of a shop; another shop may use it', async () => {
    await create({ variants: [{ sku: 'SAME', priceMinor: 1 }] })
    const again = await s.call('createProduct', shop.clerk, {
      body: aProduct(shop.shopId, { variants: [{ sku: 'SAME', priceMinor: 1 }] }),
    })
    expect([again.status, again.body.code]).toEqual([409, 'sku-taken'])
    const other = await s.announce()
    expect(
      (
        await s.call('createProduct', other.clerk, {
          body: aProduct(other.shopId, { variants: [{ sku: 'SAME', priceMinor: 1 }] }),
        })
      ).status,
    ).toBe(201)
  })
  test('the same title gives two addresses; an address given twice is refused', async () => {
    const [one, two] = [await create({ title: 'Blue Lamp' }), await create({ title: 'Blue Lamp' })]
    expect(one.slug).toBe('blue-lamp')
    expect(two.slug).toMatch(/^blue-lamp-[0-9a-f]{8}$/)
    expect(
      (await s.call('getProductBySlug', undefined, { params: { shopSlug: shop.slug, slug: 'blue-lamp' } })).body.id,
    ).toBe(one.id)
    expect(
      (await s.call('createProduct', shop.clerk, { body: aProduct(shop.shopId, { slug: 'blue-lamp' }) })).body.code,
    ).toBe('product-slug-taken')
  })
  test.each([
    '<script>alert(1)</script>',
    `'); drop table products;--`,
    '😀 𠜎𠜱 👩‍👩‍👧',
    'عربي \u202Ereversed',
    '${1+1} {{7*7}} %s \\',
  ])('the title and tag %s are kept as they were written', async (text) => {
    const { id } = await create({
      title: text,
      description: `${text}\n\t${text}`,
      tags: [text.slice(0, 2) === '😀' ? '😀' : text],
    })
    const { body } = await s.call('getProduct', undefined, { params: { productId: id } })
    expect(body).toMatchObject({ title: text, description: `${text}\n\t${text}` })
    expect(await ids({ tag: text.slice(0, 2) === '😀' ? '😀' : text, shopId: shop.shopId })).toContain(id)
  })
  test.each([
    ['a price of half a cent', { variants: [{ sku: 'A', priceMinor: 0.5 }] }],
    ['a negative price', { variants: [{ sku: 'A', priceMinor: -1 }] }],
    ['a price beyond counting', { variants: [{ sku: 'A', priceMinor: 2 ** 53 }] }],
    ['a price in words', { variants: [{ sku: 'A', priceMinor: '1e3' }] }],
    ['a currency of its own', { variants: [{ sku: 'A', priceMinor: 1, currency: 'USD' }] }],
    ['a version', { version: 7 }],
    ['no variant', { variants: [] }],
    ['a title too long', { title: 'x'.repeat(201) }],
    ['half a character', { title: '\ud83d' }],
    ['a picture by javascript', { pictures: [{ url: 'javascript:alert(1)', alt: '' }] }],
    ['a picture from a file', { pictures: [{ url: 'file:///etc/passwd', alt: '' }] }],
  ])('%s is refused', async (_, given) =>
    expect((await s.call('createProduct', shop.clerk, { body: aProduct(shop.shopId, given) })).status).toBe(400),
  )
  test('pictures are links to the web or to our own', async () => {
    const pictures = [
      { url: 'https://example.com/a.jpg?w=1', alt: 'A' },
      { url: '/v1/pictures/lamp-1.svg', alt: '' },
    ]
    expect(await create({ pictures })).toMatchObject({ pictures })
  })
  test('an archived one must be restored to draft before it is shown again', async () => {
    const { id } = await create()
    await s.call('archiveProduct', shop.clerk, { params: { productId: id } })
    expect((await patch(id, 2, { status: 'active' })).body.code).toBe('product-move-refused')
    expect((await patch(id, 2, { status: 'draft' })).status).toBe(200)
    expect((await patch(id, 3, { status: 'active' })).status).toBe(200)
  })
})

describe('who may do what', () => {
  test.each(['editProduct', 'archiveProduct', 'addVariant', 'editVariant', 'setPrice', 'listPrices'])(
    '%s: staff of another shop gets 404, a shopper 403, nobody 401, and nothing changes',
    async (operation) => {
      const { id, variants } = await create()
      const bodies: Record<string, object | undefined> = {
        editProduct: { title: 'Mine' },
        addVariant: { sku: 'X', priceMinor: 1 },
        editVariant: { active: false },
        setPrice: { priceMinor: 1 },
      }
      const given = {
        params: {
          productId: id,
          ...(/Variant$|Price/.test(operation) && operation !== 'addVariant' && { variantId: variants[0]?.id }),
        },
        headers: { 'if-match': '"1"' },
        ...(bodies[operation] && { body: bodies[operation] }),
      }
      expect((await s.call(operation, staff(randomUUID(), 'catalog'), given)).status).toBe(404)
      expect((await s.call(operation, staff(shop.shopId, 'orders'), given)).status).toBe(403)
      expect((await s.call(operation, shopper(), given)).status).toBe(403)
      expect((await s.call(operation, undefined, given)).status).toBe(401)
      expect((await s.call('getProduct', shop.clerk, { params: { productId: id } })).body.version).toBe(1)
    },
  )
  test('nobody creates products for a shop of others, and unknown shops are asked for', async () => {
    expect(
      (await s.call('createProduct', staff(randomUUID(), 'catalog'), { body: aProduct(shop.shopId) })).status,
    ).toBe(404)
    const shopId = randomUUID()
    expect((await s.call('createProduct', staff(shopId, 'catalog'), { body: aProduct(shopId) })).status).toBe(404)
    s.unannounced.set(shopId, shopNews({ shopId, slug: 'new-one' }))
    expect((await s.call('createProduct', staff(shopId, 'catalog'), { body: aProduct(shopId) })).status).toBe(201)
  })
  test('drafts are seen by the people of the shop alone, in every way of reading', async () => {
    const { id, slug } = await create({ status: 'draft', tags: ['secret'] })
    expect((await s.call('getProduct', shopper(), { params: { productId: id } })).status).toBe(404)
    expect((await s.call('getProductBySlug', shopper(), { params: { shopSlug: shop.slug, slug } })).status).toBe(404)
    expect((await s.call('getProducts', shopper(), { body: { ids: [id] } })).body.items).toEqual([])
    for (const query of [{ shopId: shop.shopId }, { shopId: shop.shopId, status: 'draft' }, { tag: 'secret' }])
      expect(await ids(query)).not.toContain(id)
    expect(await ids({ shopId: shop.shopId, status: 'draft' }, shop.clerk)).toEqual([id])
    expect((await s.call('getProducts', shop.clerk, { body: { ids: [id] } })).body.items).toHaveLength(1)
  })
})

describe('categories', () => {
  test('a category lists what is assigned to those below it, too', async () => {
    const made = async (slug: string, parentId?: string) =>
      (await s.call('createCategory', operator(), { body: { slug, title: slug, ...(parentId && { parentId }) } })).body
        .id
    const home = await made('home')
    const garden = await made('garden', home)
    const kitchen = await made('kitchen', home)
    const [lamp, pan] = [await create({ categoryIds: [garden] }), await create({ categoryIds: [kitchen] })]
    expect(await ids({ category: 'home' })).toEqual([pan.id, lamp.id])
    expect(await ids({ category: 'garden' })).toEqual([lamp.id])
    expect((await patch(lamp.id, 1, { categoryIds: [kitchen] })).status).toBe(200)
    expect(await ids({ category: 'garden' })).toEqual([])
    expect((await s.call('listCategories', undefined)).body.items).toMatchObject([
      { slug: 'home', children: [{ slug: 'garden', path: 'home/garden' }, { slug: 'kitchen' }] },
    ])
    expect((await s.call('listProducts', undefined, { query: { category: 'nowhere' } })).status).toBe(404)
    expect(
      (await s.call('createProduct', shop.clerk, { body: aProduct(shop.shopId, { categoryIds: [randomUUID()] }) })).body
        .code,
    ).toBe('unknown-category')
    expect((await s.call('createCategory', operator(), { body: { slug: 'home', title: 'x' } })).body.code).toBe(
      'category-slug-taken',
    )
    expect((await s.call('createCategory', shop.clerk, { body: { slug: 'mine', title: 'x' } })).status).toBe(403)
    const renamed = await s.call('editCategory', operator(), {
      params: { categoryId: home },
      headers: { 'if-match': '"1"' },
      body: { title: 'House', titles: { de: 'Haus' } },
    })
    expect(renamed.body).toMatchObject({ title: 'House', titles: { de: 'Haus' }, version: 2 })
    expect((await s.call('listCategories', undefined)).body.items).toMatchObject([
      { title: 'House', titles: { de: 'Haus' }, children: [{ titles: {} }, { titles: {} }] },
    ])
  })
})

describe('lists', () => {
  test('a shop finds its products by words of their titles and by article numbers, drafts too', async () => {
    const { shopId, clerk } = await s.announce()
    const make = async (title: string, sku: string, status = 'active') =>
      (
        await s.call('createProduct', clerk, {
          body: aProduct(shopId, { title, status, variants: [{ sku, priceMinor: 100 }] }),
        })
      ).body.id
    const [coat, hat] = [await make('Coat, grey/blue 1.5 kg', 'CO-17'), await make('Blue hat', 'ht_2', 'draft')]
    const ask = async (query: string, principal: Principal | undefined = clerk) =>
      (await s.call('listProducts', principal, { query: { shopId, query, sort: 'title' } })).body.items.map(
        ({ id }) => id,
      )
    expect(await ask('blu')).toEqual([hat, coat])
    expect(await ask('1.5 GREY')).toEqual([coat])
    expect(await ask('co-1')).toEqual([coat])
    expect(await ask('HT_')).toEqual([hat])
    expect(await ask("' | !a:* %")).toEqual([])
    expect(await s.call('listProducts', undefined, { query: { shopId, query: 'blue' } })).toMatchObject({
      body: { items: [{ id: coat }] },
    })
    expect((await s.call('listProducts', clerk, { query: { query: 'blue' } })).body.code).toBe('validation-failed')
  })
  test.each(['newest', 'price', 'price-desc', 'title'])(
    'pages sorted by %s hold each product once, in order, with ties',
    async (sort) => {
      const tag = `paged-${sort}`
      for (const [title, priceMinor] of [
        ['b', 3],
        ['a', 3],
        ['A', 1],
        ['c', 2],
        ['a', 3],
      ] as const)
        await create({ title, tags: [tag], variants: [{ sku: randomUUID(), priceMinor }] })
      for (const filter of [{ tag }, { shopId: shop.shopId }]) {
        const seen: { id: string; title: string; price: number }[] = []
        let cursor: string | null = null
        do {
          const { body } = await s.call('listProducts', undefined, {
            query: { ...filter, sort, limit: 2, ...(cursor !== null && { cursor }) },
          })
          seen.push(
            ...body.items.map(({ id, title, variants }) => ({ id, title, price: variants[0]?.priceMinor ?? -1 })),
          )
          cursor = body.nextCursor
        } while (cursor !== null)
        expect(new Set(seen.map(({ id }) => id)).size).toBe(5)
        const keys = seen.map(({ id, title, price }) =>
          sort === 'newest' ? id : sort === 'title' ? title.toLowerCase() : price,
        )
        const sorted = [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        expect(keys).toEqual(sort === 'newest' || sort === 'price-desc' ? sorted.reverse() : sorted)
      }
    },
  )
  test('filters are combined', async () => {
    const tag = 'combined'
    const cheap = await create({ tags: [tag, 'new'], variants: [{ sku: randomUUID(), priceMinor: 100 }] })
    const dear = await create({ tags: [tag], variants: [{ sku: randomUUID(), priceMinor: 900 }] })
    for (const sort of ['newest', 'price', 'title']) {
      expect(await ids({ tag, sort, maxPriceMinor: 500 })).toEqual([cheap.id])
      expect(await ids({ tag, sort, minPriceMinor: 500 })).toEqual([dear.id])
      expect(await ids({ tag, sort, minPriceMinor: 500, shopId: shop.shopId })).toEqual([dear.id])
    }
    expect(await ids({ tag: 'NEW', shopId: shop.shopId })).toEqual([cheap.id])
    expect(await ids({ tag, currency: 'USD' })).toEqual([])
  })
  test('a cursor of another list is refused, and so is one that was made up', async () => {
    await create({ tags: ['x1'] })
    await create({ tags: ['x1'] })
    const { body } = await s.call('listProducts', undefined, { query: { tag: 'x1', limit: 1 } })
    for (const query of [
      { tag: 'x1', sort: 'price', cursor: body.nextCursor },
      { cursor: body.nextCursor },
      { cursor: "' or 1=1" },
      { cursor: Buffer.from('[1]').toString('base64url') },
    ])
      expect((await s.call('listProducts', undefined, { query })).status).toBe(400)
  })
  test('a shop that is suspended disappears at once, and its lists are brought in line; reopened, it is back', async () => {
    const { id } = await create({ tags: ['gone'] })
    const change = (version: bigint, status: string) =>
      s.announce({ shopId: shop.shopId, slug: shop.slug, version, status })
    await change(2n, 'suspended')
    expect(await ids({ tag: 'gone' })).toEqual([])
    expect(await ids({ shopId: shop.shopId })).toEqual([])
    expect((await s.call('getProduct', undefined, { params: { productId: id } })).status).toBe(404)
    await relistShops(s.db, s.deps.cache)
    expect(await s.database.query('select from catalog.listings where product_id = $1', [id])).toEqual([])
    await change(1n, 'open')
    expect(await ids({ tag: 'gone' }), 'older news changes nothing').toEqual([])
    await change(3n, 'open')
    await relistShops(s.db, s.deps.cache)
    expect(await ids({ tag: 'gone' })).toEqual([id])
    expect(await ids({ limit: 100 })).toContain(id)
  })
})

describe('importing', () => {
  test('a thousand products come with their events, all or none', async () => {
    const products = Array.from({ length: 1_000 }, (_, index) => ({
      title: `Thing ${index % 10}`,
      status: 'active' as const,
      tags: ['imported', `t${index % 7}`],
      variants: [{ sku: `I-${index}`, priceMinor: index }],
    }))
    const by = { accountId: randomUUID(), correlationId: 'import' }
    const made = await s.db.transaction((tx) => importProducts(s.deps, tx, shop.shopId, products, by))
    expect(made.map((product) => product.title)).toEqual(products.map((product) => product.title))
    expect(s.outbox.of(productChanged)).toHaveLength(1_000)
    s.outbox.clear()
    await expect(
      s.db.transaction((tx) =>
        importProducts(
          s.deps,
          tx,
          shop.shopId,
          [{ title: 'New', variants: [{ sku: 'N', priceMinor: 1 }] }, ...products.slice(0, 1)],
          by,
        ),
      ),
    ).rejects.toMatchObject({ code: 'sku-taken' })
    expect(s.outbox.events).toEqual([])
    expect(
      await s.database.query("select from catalog.variants where shop_id = $1 and sku = 'N'", [shop.shopId]),
    ).toEqual([])
  })
})

test('others are told products by product and by variant', async () => {
  const { id, variants } = await create()
  const directory = createDirectory()
  directory.serve(catalogRpc(s.deps), [CatalogService])
  const client = directory.client(CatalogService)
  const { products } = await client.getProducts({
    productIds: [id, randomUUID(), 'no id'],
    variantIds: [variants[0]?.id ?? ''],
  })
  expect(products).toMatchObject([
    { productId: id, version: 1n, variants: [{ priceMinor: 1_000n, currencyCode: 'EUR', active: true }] },
  ])
})

test('the audit finds nothing, and finds a price and a listing nobody wrote', async () => {
  const { id } = await create({ tags: ['audited'] })
  const run = async () =>
    s.db.transaction(async (tx) => {
      const subjects: string[] = []
      for (const audit of catalogAudits) {
        const { findings } = await audit.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })
        subjects.push(...findings.map((finding) => finding.subject))
      }
      return subjects
    })
  expect(await run()).toEqual([])
  const [variant] = await s.database.query<{ variant_id: string }>(
    'update catalog.variants set price_minor = 1 where product_id = $1 returning variant_id',
    [id],
  )
  await s.database.query('delete from catalog.listings where product_id = $1', [id])
  expect(await run()).toEqual([`variant ${variant?.variant_id}`, `product ${id}`])
})
