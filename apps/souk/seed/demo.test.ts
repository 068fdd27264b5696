import { type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAudit } from '../audit/run.ts'
import { type House, openHouse } from '../house.ts'
import { allServices } from '../services.ts'
import { stockDemo } from './demo.ts'
import { stockForLoad } from './many.ts'

let database: TestDatabase
let house: House

beforeAll(async () => {
  database = await testDatabase(allServices)
  house = await openHouse({
    services: allServices,
    env: {
      DATABASE_URL: database.adminUrl,
      SOUK_SECRET: testSecret,
      SOUK_LOG_LEVEL: 'error',
      SOUK_CONNECTIONS: '3',
    },
    onProgress: () => {},
    onFatal: () => {},
  })
})
afterAll(async () => {
  await house.stop()
  await database.close()
})

const counts = async () =>
  (
    await database.query<Record<string, string>>(`
      select (select count(*) from identity.accounts) as accounts, (select count(*) from shops.shops) as shops,
             (select count(*) from catalog.products) as products, (select count(*) from catalog.sale_windows) as sales,
             (select sum(on_hand) from inventory.items) as on_hand, (select count(*) from inventory.movements) as movements,
             (select sum(granted) from orders.allotments where kind in (1, 2)) as granted`)
  )[0]

const ignore = () => {}

describe('stocking a marketplace', () => {
  test('seeding twice changes nothing, and the books balance', async () => {
    const first = await stockDemo(house, { onProgress: ignore, onlyIfEmpty: true })
    expect(first?.stocked).toBe(true)
    expect(first?.sales).toHaveLength(2)
    expect(first?.firstVariantId).toBeDefined()
    const before = await counts()
    const again = await stockDemo(house, { onProgress: ignore, onlyIfEmpty: false })
    expect(again).toEqual({ ...first, stocked: false })
    expect(await counts()).toEqual(before)
    const audit = await runAudit(house, { full: true })
    expect(audit.checks.filter(({ findings, failure }) => findings.length > 0 || failure !== undefined)).toEqual([])
  })

  test('every shopper is at home somewhere and has a cart with things in it', async () => {
    const [row] = await database.query<Record<string, number>>(`
      select (select count(distinct customer_id)::int from customers.addresses) as homes,
             (select count(distinct cart_id)::int from carts.cart_items) as carts,
             (select count(*)::int from carts.cart_items) as items`)
    expect(row).toEqual({ homes: 8, carts: 8, items: 24 })
  })

  test('shops say how they send, tax and discount; those with a sale sell at their prices alone', async () => {
    const [row] = await database.query<Record<string, number>>(`
      select (select count(*)::int from orders.shops where asks) as asking,
             (select count(*)::int from orders.voucher_limits) as vouchers,
             (select count(*)::int from promotions.tax_rates) as rates,
             (select count(*)::int from orders.shops s join orders.sale_windows w using (shop_id) where s.asks) as slow_sales,
             (select count(*)::int from catalog.variants where weight_grams = 0) as weightless`)
    expect(row).toEqual({ asking: 10, vouchers: 20, rates: 24, slow_sales: 0, weightless: 0 })
  })

  test('everything on the shelves may be promised, and sales have their units', async () => {
    const row = await counts()
    expect(Number(row?.granted)).toBe(Number(row?.on_hand))
    const [sales] = await database.query<{ units: string }>(
      'select sum(granted) as units from orders.allotments where kind = 2',
    )
    expect(Number(sales?.units)).toBe(700)
  })

  test('products for load tests are added up to the number asked for, each with its goods', async () => {
    const variants = await stockForLoad(house, { products: 1_200, stock: 5, firstVariants: 3, onProgress: ignore })
    expect(new Set(variants).size).toBe(3)
    await stockForLoad(house, { products: 1_300, stock: 5, onProgress: ignore })
    await stockForLoad(house, { products: 1_300, stock: 5, onProgress: ignore })
    const [row] = await database.query<{ products: string; units: string }>(`
      select count(*) as products, sum(i.on_hand) as units from catalog.products p join inventory.items i using (product_id)
       where p.slug like 'load-%'`)
    expect(row).toEqual({ products: '1300', units: '6500' })
  })
})
