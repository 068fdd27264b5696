import { CatalogService } from '@souk/contracts/catalog'
import { SearchService } from '@souk/contracts/search'
import { ShopService } from '@souk/contracts/shops'
import { uuidv7 } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { beforeEach, expect, test } from 'vitest'
import { indexAgrees } from './index-agrees.ts'

type Product = { productId: string; shopId: string; status: string; version: bigint; changedAtMs: bigint }

const now = new Date('2026-11-21T12:00:00Z')
const longAgo = BigInt(now.getTime() - 600_000)
const [open, closed] = ['01a00000-0000-7000-8000-000000000001', '01a00000-0000-7000-8000-000000000002']
let catalogue: Product[]
let index: Map<string, bigint>
let waiting: string[]
let asked: number

const directory = createDirectory()
directory.serve(
  (router) => {
    router.service(CatalogService, {
      listProductIds({ afterProductId, limit }) {
        asked += 1
        const ids = catalogue.map(({ productId }) => productId).filter((id) => id > afterProductId)
        return { productIds: ids.sort().slice(0, limit) }
      },
      getProducts: ({ productIds }) => ({
        products: catalogue
          .filter(({ productId }) => productIds.includes(productId))
          .map((each) => ({ ...each, variants: [{ active: true }] })),
      }),
    })
    router.service(ShopService, {
      getShop: ({ shopId }) => ({ shop: { shopId, status: shopId === open ? 'open' : 'closed' } }),
    })
    router.service(SearchService, {
      listIndexed: ({ afterProductId, limit }) => ({
        products: [...index]
          .filter(([productId]) => productId > afterProductId)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, limit)
          .map(([productId, productVersion]) => ({ productId, shopId: open, productVersion })),
      }),
      findIndexed: ({ productIds }) => ({
        products: productIds.flatMap((productId) => {
          const productVersion = index.get(productId)
          return productVersion === undefined ? [] : [{ productId, shopId: open, productVersion }]
        }),
        waitingProductIds: waiting,
      }),
    })
  },
  [CatalogService, ShopService, SearchService],
)

const house = { directory, clock: () => now }
const audit = async (maxFindings = 9) => {
  const { findings, checked } = await indexAgrees(house, { full: true, maxFindings })
  return { checked, found: findings.map(({ subject, message }) => `${subject.slice(8)} ${message}`) }
}
let count = 0
function aProduct(given: Partial<Product> = {}, indexed: bigint | undefined = 3n): string {
  count += 1
  const productId = uuidv7(Date.parse('2026-01-01T00:00:00Z') + count)
  catalogue.push({ productId, shopId: open, status: 'active', version: 3n, changedAtMs: longAgo, ...given })
  if (indexed !== undefined) index.set(productId, indexed)
  return productId
}
beforeEach(() => {
  catalogue = []
  index = new Map()
  waiting = []
  asked = 0
})

test('what is on show is found as it is now: pages of a thousand, each compared once', async () => {
  for (let made = 0; made < 1_500; made += 1) aProduct()
  expect(await audit()).toEqual({ checked: 1_500, found: [] })
  expect(asked).toBe(2)
})

test('what is not found, is old, or is no longer on show is named', async () => {
  const [missing, old, draft] = [
    aProduct({}, undefined as never),
    aProduct({ version: 5n }),
    aProduct({ status: 'archived' }),
  ]
  index.delete(missing)
  const gone = uuidv7(now.getTime())
  index.set(gone, 1n)
  expect((await audit()).found).toEqual([
    `${missing} is on show, and is not found`,
    `${old} is found as it was in version 3, and has version 5`,
    `${draft} is found, and is not on show`,
    `${gone} is found, and there is no such product`,
  ])
  expect((await audit(2)).found).toHaveLength(2)
})

test('what is on its way is no fault: changed within the minute, or waiting to be written', async () => {
  aProduct({ version: 5n, changedAtMs: BigInt(now.getTime() - 10_000) })
  waiting = [aProduct({ version: 5n })]
  expect((await audit()).found).toEqual([])
})

test('of a shop that is not open, and of what an older release wrote, nothing is expected', async () => {
  index.delete(aProduct({ shopId: closed }))
  aProduct({ version: 9n }, 0n)
  expect((await audit()).found).toEqual([])
})
