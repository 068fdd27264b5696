import { randomUUID } from 'node:crypto'
import { operator } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { editProduct } from './edit-product.ts'
import { aProduct, type Body, type Setting, setting } from './fixtures.ts'

let s: Setting
let statements: number
beforeAll(async () => {
  s = await setting()
  // Counts what reaches the database, of everything pages are made of.
  const { autocommit } = s.db
  for (const how of ['many', 'maybeOne', 'one'] as const) {
    const ask = autocommit[how]
    Object.assign(autocommit, {
      [how]: (statement: never) => {
        statements += 1
        return ask(statement)
      },
    })
  }
})
afterAll(() => s.database.close())

const get = (productId: string, headers: Record<string, string> = {}) =>
  s.call('getProduct', undefined, { params: { productId }, headers })
const asked = async (work: () => Promise<unknown>) => {
  statements = 0
  await work()
  return statements
}
async function aShopWithAProduct() {
  const shop = await s.announce()
  const { body } = await s.call('createProduct', shop.clerk, { body: aProduct(shop.shopId) })
  return { ...shop, product: body }
}

describe('pages of products', () => {
  test('are read from the tables once, and from then on until something changes', async () => {
    const { product, clerk } = await aShopWithAProduct()
    expect(await asked(() => get(product.id))).toBeGreaterThan(0)
    expect(await asked(() => get(product.id))).toBe(0)
    const variantId = product.variants[0]?.id
    await s.call('setPrice', clerk, { params: { productId: product.id, variantId }, body: { priceMinor: 777 } })
    expect((await get(product.id)).body.variants[0]?.priceMinor).toBe(777)
    expect(await asked(() => get(product.id))).toBe(0)
  })

  test('are not sent again to who has them; and say so again once they changed', async () => {
    const { product, clerk } = await aShopWithAProduct()
    const { headers = {} } = await get(product.id)
    const again = await get(product.id, { 'if-none-match': headers.etag as string })
    expect(again).toMatchObject({ status: 304, headers: { etag: headers.etag, 'cache-control': 'private, no-cache' } })
    await s.call('editProduct', clerk, {
      params: { productId: product.id },
      body: { title: 'Another lamp' },
      headers: { 'if-match': headers.etag as string },
    })
    const changed = await get(product.id, { 'if-none-match': headers.etag as string })
    expect(changed).toMatchObject({ status: 200, body: { title: 'Another lamp' } })
  })

  test('who works in the shop always sees them as they are', async () => {
    const { product, clerk } = await aShopWithAProduct()
    await get(product.id)
    for (const principal of [clerk, operator()])
      expect(await asked(() => s.call('getProduct', principal, { params: { productId: product.id } }))).toBeGreaterThan(
        0,
      )
    await s.database.query(`update catalog.products set title = 'Behind its back' where product_id = $1`, [product.id])
    const seen = await s.call('getProduct', clerk, { params: { productId: product.id } })
    expect(seen.body.title).toBe('Behind its back')
  })

  test('read between a change and its commit are not kept', async () => {
    const { product } = await aShopWithAProduct()
    await s.db.transaction(async (tx) => {
      await editProduct(
        s.deps,
        tx,
        product.id,
        product.version,
        { title: 'New' },
        { accountId: randomUUID(), correlationId: '' },
      )
      expect((await get(product.id)).body.title).toBe(product.title)
    })
    expect((await get(product.id)).body.title).toBe('New')
  })

  test('vanish with their shop, and with themselves', async () => {
    const { product, clerk, shopId, slug } = await aShopWithAProduct()
    const bySlug = () => s.call('getProductBySlug', undefined, { params: { shopSlug: slug, slug: product.slug } })
    expect((await get(product.id)).status).toBe(200)
    expect((await bySlug()).status).toBe(200)
    expect(await asked(bySlug)).toBe(0)
    await s.announce({ shopId, slug, status: 'suspended', version: 2n })
    expect((await get(product.id)).status).toBe(404)
    expect((await bySlug()).status).toBe(404)
    await s.announce({ shopId, slug, version: 3n })
    expect((await get(product.id)).status).toBe(200)
    await s.call('archiveProduct', clerk, { params: { productId: product.id } })
    expect((await get(product.id)).status).toBe(404)
    expect((await bySlug()).status).toBe(404)
  })
})

describe('first pages of lists', () => {
  test('are kept until a product or the shop changes; what follows them is not', async () => {
    const { shopId, clerk, product } = await aShopWithAProduct()
    await s.call('createProduct', clerk, { body: aProduct(shopId) })
    const list = (query: object = {}) => s.call('listProducts', undefined, { query: { shopId, limit: 1, ...query } })
    const { nextCursor } = (await list()).body
    expect(await asked(() => list())).toBe(0)
    expect(await asked(() => list({ cursor: nextCursor }))).toBeGreaterThan(0)
    expect(await asked(() => list({ sort: 'price' }))).toBeGreaterThan(0)
    const variantId = product.variants[0]?.id
    await s.call('setPrice', clerk, { params: { productId: product.id, variantId }, body: { priceMinor: 1 } })
    const cheapest = (await list({ sort: 'price' })).body.items[0] as unknown as Body
    expect(cheapest.variants[0]?.priceMinor).toBe(1)
  })

  test('the tree of categories is kept until one changes', async () => {
    const tree = () => s.call('listCategories', undefined)
    await tree()
    expect(await asked(tree)).toBe(0)
    await s.call('createCategory', operator(), { body: { slug: 'lamps', title: 'Lamps' } })
    expect((await tree()).body.items.map(({ title }) => title)).toContain('Lamps')
  })
})
