import { categories } from './categories.ts'
import { productsOf, shopPictureUrl } from './compose.ts'
import { householdsOf } from './households.ts'
import { people } from './people.ts'
import { rulesOf, taxRates } from './promotions.ts'
import { reviewsOf } from './reviews.ts'
import { salesAround, stockedForSales } from './sales.ts'
import { trades } from './trades/index.ts'
import type { DemoMarketplace, DemoShop } from './types.ts'

export { taxClassOf } from './promotions.ts'
export { pictureSvg } from './pictures/index.ts'
export type * from './types.ts'

const shops = (): DemoShop[] =>
  trades.map((trade) => {
    const { shape: _, ...shop } = trade.shop
    return { ...shop, pictureUrl: shopPictureUrl(trade), ownerKey: `${shop.key}-owner` }
  })

/**
 * What a marketplace is stocked with the first time it opens: twelve shops and about six hundred products.
 * Always the same, except for the two sales, whose times lie around `now`.
 */
export function demoMarketplace(now: Date): DemoMarketplace {
  const sales = salesAround(now)
  const products = stockedForSales(trades.flatMap(productsOf), sales)
  const everybody = people(trades)
  const reviews = reviewsOf(products, everybody)
  const households = householdsOf(products, sales, everybody)
  const open = shops()
  return {
    categories: categories(),
    shops: open,
    people: everybody,
    products,
    sales,
    reviews,
    households,
    taxRates,
    rules: rulesOf(open),
  }
}
