import { CatalogService } from '@souk/contracts/catalog'
import { createDirectory } from '@souk/rpc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Setting, setting } from './fixtures.ts'
import { catalogRpc } from './rpc.ts'

let s: Setting
const directory = createDirectory()
const catalog = directory.client(CatalogService)
beforeAll(async () => {
  s = await setting()
  directory.serve(catalogRpc(s.deps), [CatalogService])
})
afterAll(() => s.database.close())

const wanted = (sku: string, more: object = {}) => ({
  sku,
  title: `Thing ${sku}`,
  priceMinor: 250n,
  active: true,
  tags: [],
  ...more,
})
const ensure = (shopId: string, ...products: ReturnType<typeof wanted>[]) =>
  catalog.ensureProducts({ shopId, products, actorId: '0198c0de-0000-7000-8000-000000000001', correlationId: 'test' })

describe('products that another system sold', () => {
  test('are made once, and found by their number however its case', async () => {
    const { shopId } = await s.announce()
    const first = await ensure(shopId, wanted('85123A'), wanted('POST', { active: false, tags: ['service'] }))
    expect(first.products.map(({ created }) => created)).toEqual([true, true])
    const second = await ensure(shopId, wanted('new'), wanted('85123a'))
    expect(second.products.map(({ created, sku }) => [created, sku])).toEqual([
      [true, 'new'],
      [false, '85123A'],
    ])
    expect(second.products[1]?.variantId).toBe(first.products[0]?.variantId)
    const rows = await s.database.query(
      'select v.sku, p.status, p.version from catalog.products p join catalog.variants v using (product_id) where p.shop_id = $1 order by v.sku',
      [shopId],
    )
    expect(rows).toEqual([
      { sku: '85123A', status: 'active', version: '1' },
      { sku: 'POST', status: 'draft', version: '1' },
      { sku: 'new', status: 'active', version: '1' },
    ])
  })

  test('asked for twice at the same moment they are made once', async () => {
    const { shopId } = await s.announce()
    const answers = await Promise.all([
      ensure(shopId, wanted('A')),
      ensure(shopId, wanted('a')),
      ensure(shopId, wanted('A')),
    ])
    expect(new Set(answers.map(({ products }) => products[0]?.variantId)).size).toBe(1)
  })

  test('are not made for a shop that is not there', async () => {
    await expect(ensure('0198c0de-0000-7000-8000-00000000dead', wanted('A'))).rejects.toMatchObject({
      code: 'catalog-shop-not-found',
    })
  })
})
