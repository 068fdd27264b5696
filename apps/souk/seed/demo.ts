import { seedAccounts } from '@souk/identity'
import { type DemoMarketplace, type DemoPerson, demoMarketplace } from '../demo/index.ts'
import { acting, type Desk, openDesk } from '../desk.ts'
import type { House } from '../house.ts'
import type { SignIn } from '../running.ts'
import { seedContext, untilHandled } from './context.ts'
import { stockCategories } from './demo-categories.ts'
import { stockHouseholds } from './demo-households.ts'
import { findDemoProducts, stockProducts } from './demo-products.ts'
import { stockPromotions } from './demo-promotions.ts'
import { stockReviews } from './demo-reviews.ts'
import { findDemoShops, stockShops } from './demo-shops.ts'

/** The demo as it lies in the database. */
export type DemoState = {
  shops: number
  products: number
  signIns: { operator: SignIn; staff: (SignIn & { shop: string })[]; shoppers: SignIn[] }
  sales: { name: string; productId: string; startsAt: string; endsAt: string }[]
  /** Of something for sale, for a first order. */
  firstVariantId: string | undefined
  /** Whether anything was added this time. */
  stocked: boolean
}

type Sale = { id: string; productId: string; startsAt: string; endsAt: string; status: string }

/** Somebody who may look at everything, before there is anybody. */
const looking = acting('00000000-0000-7000-8000-000000000000')

/**
 * Stock the demo marketplace through the services' own use cases. May be repeated, also after an interruption: what is
 * there stays as it is. The times of its sales lie around the first time.
 * @param onlyIfEmpty leave a marketplace alone that has shops, but none of the demo's.
 * @returns undefined when it was left alone.
 */
export async function stockDemo(
  house: House,
  { onProgress, onlyIfEmpty }: { onProgress: (text: string) => void; onlyIfEmpty: boolean },
): Promise<DemoState | undefined> {
  const desk = openDesk(house.running)
  const demo = demoMarketplace(house.clock())
  const shopIds = await findDemoShops(desk, demo.shops)
  if (onlyIfEmpty && shopIds.size === 0) {
    const { items } = await desk.call<{ items: unknown[] }>('listShops', { as: looking, query: { limit: 1 } })
    if (items.length > 0) return undefined
  }
  const stocked = await isComplete(desk, demo, shopIds)
  if (!stocked) await stock(house, desk, demo, onProgress)
  return { ...(await describe(desk, demo)), stocked: !stocked }
}

async function stock(
  house: House,
  desk: Desk,
  demo: DemoMarketplace,
  onProgress: (text: string) => void,
): Promise<void> {
  onProgress(`Stocking the demo: ${demo.people.length} people`)
  const accountIds = await seedAccounts(
    seedContext(house, 'identity'),
    demo.people.map(({ email, password, name, role }) => ({
      email,
      password,
      name,
      ...(role === 'operator' && { roles: ['operator'] }),
    })),
  )
  const accountOf = new Map(demo.people.map(({ key }, index) => [key, accountIds[index] as string]))
  const operator = acting(accountOf.get('operator') as string)

  const categoryIds = await stockCategories(desk, operator, demo.categories)
  onProgress(`Stocking the demo: ${demo.shops.length} shops`)
  const shopIds = await stockShops(desk, operator, demo, accountOf)
  // Catalog and orders must have heard that the shops are open, so that products are on show from the first moment.
  await untilHandled(house)
  for (const shop of demo.shops) {
    const products = demo.products.filter(({ shopKey }) => shopKey === shop.key)
    onProgress(`Stocking the demo: ${shop.name}, ${products.length} products`)
    await stockProducts(house, desk, operator, shopIds.get(shop.key) as string, products, categoryIds)
  }
  await stockPromotions(desk, operator, demo, shopIds)
  onProgress('Stocking the demo: reviews')
  await stockReviews(house, desk, demo, shopIds, accountOf)
  await stockHouseholds(desk, demo, accountOf)
  onProgress('Stocking the demo: sales')
  await untilHandled(house)
  await planSales(desk, operator, demo, shopIds)
  await untilHandled(house)
}

async function planSales(
  desk: Desk,
  operator: ReturnType<typeof acting>,
  demo: DemoMarketplace,
  shopIds: ReadonlyMap<string, string>,
): Promise<void> {
  const planned = new Set((await salesOf(desk, [...shopIds.values()])).map(({ productId }) => productId))
  const products = await findDemoProducts(
    desk,
    demo,
    demo.sales.map(({ productKey }) => productKey),
  )
  for (const sale of demo.sales) {
    const product = products.get(sale.productKey)
    if (product === undefined || planned.has(product.id)) continue
    await desk.call('planSale', {
      as: operator,
      // With the time: who is told that units are missing (409) and repeats after receiving more, means another sale.
      key: `${sale.key}-${sale.startsAt.getTime()}`,
      body: {
        productId: product.id,
        priceMinor: sale.priceMinor,
        startsAt: sale.startsAt.toISOString(),
        endsAt: sale.endsAt.toISOString(),
        capPerCustomer: sale.capPerCustomer,
        units: sale.units,
      },
    })
  }
}

async function salesOf(desk: Desk, shopIds: readonly string[]): Promise<Sale[]> {
  const lists = await Promise.all(
    shopIds.map((shopId) =>
      desk.call<{ items: Sale[] }>('listSales', { as: looking, query: { when: 'all', shopId, limit: 100 } }),
    ),
  )
  return lists.flatMap(({ items }) => items)
}

/** Sales come last: with them, everything is there. */
async function isComplete(desk: Desk, demo: DemoMarketplace, shopIds: ReadonlyMap<string, string>): Promise<boolean> {
  if (shopIds.size < demo.shops.length) return false
  const withSales = demo.shops.filter(({ key }) => demo.sales.some(({ shopKey }) => shopKey === key))
  const sales = await salesOf(
    desk,
    withSales.map(({ key }) => shopIds.get(key) as string),
  )
  return sales.length >= demo.sales.length
}

async function describe(desk: Desk, demo: DemoMarketplace): Promise<Omit<DemoState, 'stocked'>> {
  const shopIds = await findDemoShops(desk, demo.shops)
  const saleKeys = demo.sales.map(({ productKey }) => productKey)
  const first = demo.products.find(
    ({ key, status, variants }) => status === 'active' && !saleKeys.includes(key) && (variants[0]?.onHand ?? 0) > 5,
  )
  const products = await findDemoProducts(desk, demo, [...saleKeys, ...(first === undefined ? [] : [first.key])])
  const sales = await salesOf(desk, [...shopIds.values()])
  return {
    shops: demo.shops.length,
    products: demo.products.length,
    signIns: signInsOf(demo),
    sales: demo.sales.flatMap(({ productKey, name }) => {
      const productId = products.get(productKey)?.id
      const sale = sales.find((each) => each.productId === productId)
      return sale === undefined
        ? []
        : [{ name, productId: sale.productId, startsAt: sale.startsAt, endsAt: sale.endsAt }]
    }),
    firstVariantId: first && products.get(first.key)?.variants[0]?.id,
  }
}

function signInsOf({ people, shops }: DemoMarketplace): DemoState['signIns'] {
  const signIn = ({ email, password }: DemoPerson): SignIn => ({ email, password })
  const [operator] = people.filter(({ role }) => role === 'operator')
  if (operator === undefined) throw new Error('the demo has no operator')
  const nameOf = new Map(shops.map(({ key, name }) => [key, name]))
  return {
    operator: signIn(operator),
    staff: people
      .filter(({ role }) => role === 'staff')
      .map((person) => ({ ...signIn(person), shop: nameOf.get(person.shopKey ?? '') ?? '' })),
    shoppers: people.filter(({ role }) => role === 'shopper').map(signIn),
  }
}
