import type { DemoProduct, DemoSale } from './types.ts'

const minuteMs = 60_000

type Plan = {
  shopKey: string
  productKey: string
  name: string
  startsInMinutes: number
  lastsMinutes: number
  priceMinor: number
  capPerCustomer: number
  units: number
}

/** Both products have one variant, so the units set aside are its units. */
const plans: readonly Plan[] = [
  {
    shopKey: 'coffee',
    productKey: 'coffee-compact-burr-hand-grinder',
    name: 'Grinder Day at Torra & Folha',
    startsInMinutes: -10,
    lastsMinutes: 6 * 60,
    priceMinor: 5400,
    capPerCustomer: 2,
    units: 200,
  },
  {
    shopKey: 'electronics',
    productKey: 'electronics-pocket-power-bank-10-000-mah',
    name: 'Five hundred power banks at half price',
    startsInMinutes: 15,
    lastsMinutes: 2 * 60,
    priceMinor: 1745,
    capPerCustomer: 1,
    units: 500,
  },
]

/** One sale that runs at `now` and one that is about to start. */
export const salesAround = (now: Date): DemoSale[] =>
  plans.map(({ startsInMinutes, lastsMinutes, ...plan }) => {
    const startsAt = new Date(now.getTime() + startsInMinutes * minuteMs)
    return {
      ...plan,
      key: `sale-${plan.productKey}`,
      startsAt,
      endsAt: new Date(startsAt.getTime() + lastsMinutes * minuteMs),
    }
  })

/** The products with what the sales need: on the shelf, and enough of it on top of the usual stock. */
export const stockedForSales = (products: readonly DemoProduct[], sales: readonly DemoSale[]): DemoProduct[] =>
  products.map((product) => {
    const sale = sales.find(({ productKey }) => productKey === product.key)
    if (!sale) return product
    const variants = product.variants.map((variant) => ({ ...variant, onHand: variant.onHand + sale.units }))
    return { ...product, status: 'active', variants }
  })
