import { randomUUID } from 'node:crypto'
import { CatalogService, ProductChangedSchema, type ProductChanged } from '@souk/contracts/catalog'
import { ShopChangedSchema, type ShopChanged, ShopService } from '@souk/contracts/shops'
import { codecOf } from '@souk/events'
import { createDirectory } from '@souk/rpc'
import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLearner, storeProducts, storeShops } from './learn-terms.ts'
import { placeOrders } from './place-orders.ts'
import { readTerms } from './terms.sql.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'
import { transferUnits } from './transfer-units.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())

/** As it would be received: whole, fields left out empty. */
const received = (message: Parameters<typeof codecOf>[0], fields: object): object => {
  const codec = codecOf(message)
  return codec.decode(codec.encode(fields))
}

type Given = { version?: number; status?: string; shopId?: string; priceMinor?: number; title?: string }
const productOf = (productId: string, variantIds: readonly string[], given: Given = {}): ProductChanged =>
  received(ProductChangedSchema, {
    productId,
    version: BigInt(given.version ?? 1),
    shopId: given.shopId ?? world.shopId,
    title: given.title ?? 'A shirt',
    status: given.status ?? 'active',
    variants: variantIds.map((variantId) => ({
      variantId,
      sku: 'SKU',
      title: '',
      priceMinor: BigInt(given.priceMinor ?? 1_000),
      currencyCode: 'EUR',
      priceVersion: 1n,
      active: true,
    })),
  }) as ProductChanged
const shopOf = (shopId: string, status: string, version: number, name = 'A shop'): ShopChanged =>
  received(ShopChangedSchema, { shopId, status, version: BigInt(version), name }) as ShopChanged

const hear = (...news: ProductChanged[]) => world.db.transaction((tx) => storeProducts(tx, news))
const hearOfShop = (...news: ShopChanged[]) => world.db.transaction((tx) => storeShops(tx, news))
const termsOf = async (variantId: string) => (await readTerms(world.db.autocommit, [variantId]))[0]
const ids = () => [randomUUID(), randomUUID(), randomUUID()] as [string, string, string]

describe('news of a product', () => {
  test('sets the terms of its variants, and names the variant where there are several', async () => {
    const [productId, blue, red] = ids()
    const news = productOf(productId, [blue, red])
    if (news.variants[1] !== undefined) news.variants[1].title = 'Red'
    expect((await hear(news)).sort()).toEqual([blue, red].sort())
    expect(await termsOf(blue)).toMatchObject({ productId, title: 'A shirt', priceMinor: 1_000, selling: true })
    expect(await termsOf(red)).toMatchObject({ title: 'A shirt, Red' })
  })

  test('older than what is known, or known already, changes nothing', async () => {
    const [productId, variantId] = ids()
    await hear(productOf(productId, [variantId], { version: 3, priceMinor: 300 }))
    const known = await termsOf(variantId)
    expect(await hear(productOf(productId, [variantId], { version: 2, priceMinor: 200 }))).toEqual([])
    expect(await hear(productOf(productId, [variantId], { version: 3, priceMinor: 999 }))).toEqual([])
    expect(await termsOf(variantId)).toEqual(known)
  })

  test('counts by its latest, however many come at once and in whatever order', async () => {
    const [productId, variantId] = ids()
    const version = (number: number) => productOf(productId, [variantId], { version: number, priceMinor: number * 100 })
    await hear(version(2), version(5), version(3))
    expect(await termsOf(variantId)).toMatchObject({ priceMinor: 500 })
  })

  test('that no longer names a variant takes it off sale; named again it is back', async () => {
    const [productId, kept, dropped] = ids()
    await hear(productOf(productId, [kept, dropped]))
    const version = (await termsOf(dropped))?.version as number
    expect((await hear(productOf(productId, [kept], { version: 2 }))).sort()).toEqual([kept, dropped].sort())
    expect(await termsOf(dropped)).toMatchObject({ selling: false, version: version + 1 })
    await hear(productOf(productId, [kept, dropped], { version: 3 }))
    expect(await termsOf(dropped)).toMatchObject({ selling: true })
  })

  test('that is old does not bring a variant on sale that newer news had already left out', async () => {
    const [productId, kept, dropped] = ids()
    await hear(productOf(productId, [kept], { version: 2 }))
    await hear(productOf(productId, [kept, dropped], { version: 1 }))
    expect((await termsOf(dropped))?.selling ?? false).toBe(false)
  })

  test('that it is archived or a draft, or a variant inactive, takes it off sale', async () => {
    for (const status of ['draft', 'archived']) {
      const [productId, variantId] = ids()
      await hear(productOf(productId, [variantId], { status }))
      expect(await termsOf(variantId)).toMatchObject({ selling: false })
    }
    const [productId, variantId] = ids()
    const news = productOf(productId, [variantId])
    if (news.variants[0] !== undefined) news.variants[0].active = false
    await hear(news)
    expect(await termsOf(variantId)).toMatchObject({ selling: false })
  })
})

test('news of a shop: only an open one sells, older news changes nothing, and its name is kept', async () => {
  const [shopId, productId, variantId] = ids()
  await hear(productOf(productId, [variantId], { shopId }))
  const selling = async () => (await termsOf(variantId))?.shopSelling
  expect(await selling()).toBe(false)
  await hearOfShop(shopOf(shopId, 'open', 1), shopOf(shopId, 'suspended', 3), shopOf(shopId, 'open', 2))
  expect(await selling()).toBe(false)
  await hearOfShop(shopOf(shopId, 'open', 2))
  expect(await selling()).toBe(false)
  await hearOfShop(shopOf(shopId, 'open', 4, ''))
  expect(await selling()).toBe(true)
  const [row] = await world.database.query('select name from orders.shops where shop_id = $1', [shopId])
  expect(row).toEqual({ name: 'A shop' })
})

/** Catalog and shops as their contracts describe them. */
function neighbours() {
  const products: ProductChanged[] = []
  const shops: ShopChanged[] = []
  const asked: string[][] = []
  let answering = () => Promise.resolve()
  const directory = createDirectory()
  directory.serve(
    (router) => {
      router.service(CatalogService, {
        async getProducts({ variantIds }) {
          asked.push(variantIds)
          await answering()
          return {
            products: products.filter(({ variants }) =>
              variants.some(({ variantId }) => variantIds.includes(variantId)),
            ),
          }
        },
      })
      router.service(ShopService, {
        getShop: ({ shopId }) => ({ shop: shops.find((shop) => shop.shopId === shopId) }) as never,
      })
    },
    [CatalogService, ShopService],
  )
  const learn = createLearner({
    shards: world.database.shards('orders'),
    clock: () => world.clock.now,
    catalog: directory.client(CatalogService),
    shops: directory.client(ShopService),
  })
  return {
    products,
    shops,
    asked,
    learn,
    /** Answers from now on wait for this. */
    answerAfter: (until: () => Promise<void>) => {
      answering = until
    },
    deps: () => world.deps({ learnVariants: learn }),
  }
}
/** A shop and its product that everybody knows but us. */
async function newcomer() {
  const [shopId, productId, variantId] = ids()
  const around = neighbours()
  around.shops.push(shopOf(shopId, 'open', 1))
  around.products.push(productOf(productId, [variantId], { shopId }))
  await world.db.transaction((tx) => transferUnits(tx, [{ transferId: randomUUID(), shopId, variantId, quantity: 10 }]))
  return { shopId, productId, variantId, ...around }
}

describe('an order for what we have not heard of', () => {
  test('is placed all the same: catalog and shops are asked', async () => {
    const { variantId, deps, asked } = await newcomer()
    expect(answers(await placeOrders(deps(), [ask(variantId), ask(variantId)]))).toEqual(['placed', 'placed'])
    expect(asked).toEqual([[variantId]])
  })

  test('is placed when we know the product, but not yet its shop', async () => {
    const { variantId, products, deps } = await newcomer()
    await hear(...products)
    expect(answers(await placeOrders(deps(), [ask(variantId)]))).toEqual(['placed'])
  })

  test('is placed also while an earlier one is still asking', async () => {
    const { variantId, deps, answerAfter, asked } = await newcomer()
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    answerAfter(() => answered)
    const first = placeOrders(deps(), [ask(variantId)])
    await eventually(() => expect(asked).toHaveLength(1))
    const second = placeOrders(deps(), [ask(variantId)])
    await Promise.race([second, new Promise((resolve) => setTimeout(resolve, 200))])
    answer()
    expect((await Promise.all([first, second])).flatMap(answers)).toEqual(['placed', 'placed'])
    expect(asked).toHaveLength(1)
  })

  test('that nobody knows costs one question a second, however many ask for it', async () => {
    const { deps, asked } = neighbours()
    const invented = randomUUID()
    const tries = async () => {
      for (let turn = 0; turn < 5; turn += 1)
        expect(answers(await placeOrders(deps(), [ask(invented)]))).toEqual(['unknown-variant'])
    }
    await tries()
    expect(asked).toHaveLength(1)
    world.clock.now = new Date(world.clock.now.getTime() + 1_000)
    await tries()
    expect(asked).toHaveLength(2)
  })

  test('is not refused as unknown because catalog could not be asked: it fails, and may be sent again at once', async () => {
    const { variantId, deps, answerAfter } = await newcomer()
    answerAfter(() => Promise.reject(new Error('catalog is down')))
    await expect(placeOrders(deps(), [ask(variantId)])).rejects.toThrow()
    answerAfter(() => Promise.resolve())
    expect(answers(await placeOrders(deps(), [ask(variantId)]))).toEqual(['placed'])
  })
})
