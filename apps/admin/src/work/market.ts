export type PriceRange = { minMinor: number; maxMinor: number | null; count: number }
export type Market = {
  products: number
  /** Half of the products cost at most about so much; undefined where there are none. */
  middleMinor: number | undefined
  /** Of 100, how many cost more than ours, about. */
  dearerPercent: number
}

/** A range without an upper end is taken to be as wide as what lies below it. */
const endOf = ({ minMinor, maxMinor }: PriceRange): number => maxMinor ?? Math.max(1, minMinor * 2)

/** How many of a range cost at most so much, as if they lay evenly in it. */
const countUpTo = (range: PriceRange, minor: number): number => {
  const share = (minor - range.minMinor + 1) / (endOf(range) - range.minMinor + 1)
  return range.count * Math.min(1, Math.max(0, share))
}

/** What a market's price ranges, the lowest first, say of a price. Estimates: within a range prices are not known. */
export function marketOf(ranges: readonly PriceRange[], ourMinor: number): Market {
  const products = ranges.reduce((sum, { count }) => sum + count, 0)
  const upTo = (minor: number) => ranges.reduce((sum, range) => sum + countUpTo(range, minor), 0)
  let below = 0
  let middleMinor: number | undefined
  for (const range of ranges) {
    if (middleMinor === undefined && range.count > 0 && below + range.count >= products / 2) {
      const share = (products / 2 - below) / range.count
      middleMinor = Math.round(range.minMinor + share * (endOf(range) - range.minMinor))
    }
    below += range.count
  }
  return {
    products,
    middleMinor,
    dearerPercent: products === 0 ? 0 : Math.round((1 - upTo(ourMinor) / products) * 100),
  }
}
