import type { Product } from '@souk/sdk'
import { Card, cx, EmptyState, formatMoney } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Scale } from 'lucide-react'
import { formatCount } from '../format.ts'
import { souk } from '../souk.ts'
import { marketOf } from '../work/market.ts'

const flag = 'price-intelligence'

/** What the like costs elsewhere in the marketplace, beside our own price: where the flag says so. */
export function MarketPrices({ product, category }: { product: Product; category: string | undefined }) {
  const { shopId, currency } = product
  const flags = useQuery({
    queryKey: ['evaluated-flags', shopId],
    queryFn: () => souk.evaluateFlags({ query: { shopId } }),
    staleTime: 60_000,
  })
  const live = flags.data?.items.some(({ key, value }) => key === flag && value === 'live') ?? false
  const market = useQuery({
    queryKey: ['market', category, currency],
    queryFn: () => souk.searchProducts({ query: { currency, limit: 1, ...(category !== undefined && { category }) } }),
    enabled: live && category !== undefined,
    staleTime: 60_000,
  })
  const prices = product.variants.filter(({ active }) => active).map(({ priceMinor }) => priceMinor)
  if (!live || prices.length === 0) return null
  const ours = Math.min(...prices)
  const facets = market.data?.facets
  const ranges = facets?.prices.filter((range) => range.currency === currency) ?? []
  const shops = facets?.shops.length ?? 0
  const { products, middleMinor, dearerPercent } = marketOf(shops > 1 ? ranges : [], ours)
  const most = Math.max(1, ...ranges.map(({ count }) => count))
  const money = (minor: number) => formatMoney(minor, currency)
  return (
    <Card title="What others ask">
      {category === undefined || (market.isSuccess && middleMinor === undefined) ? (
        <EmptyState icon={<Scale />} title="Nothing to compare with">
          Put the product into a category in which others sell, too: what they ask is shown here.
        </EmptyState>
      ) : middleMinor === undefined ? null : (
        <>
          <p className="text-sm">
            {formatCount(products)} products of {formatCount(shops)} shops in its category. Half of them cost at most
            about <strong>{money(middleMinor)}</strong>; yours costs {money(ours)}, and about {dearerPercent} of 100
            cost more.
          </p>
          <table className="mt-3 w-full text-sm">
            <caption className="sr-only">Products by price</caption>
            <tbody>
              {ranges.map(({ minMinor, maxMinor, count }) => {
                const here = ours >= minMinor && (maxMinor === null || ours <= maxMinor)
                return (
                  <tr key={minMinor}>
                    <th
                      scope="row"
                      className={cx('w-px py-1 pr-3 text-left whitespace-nowrap', !here && 'font-normal')}
                    >
                      {maxMinor === null ? `from ${money(minMinor)}` : `${money(minMinor)} – ${money(maxMinor)}`}
                      {here && <span className="ml-1 text-accent">yours</span>}
                    </th>
                    <td className="py-1">
                      <span
                        aria-hidden="true"
                        className={cx('block h-3 min-w-0.5 rounded-sm', here ? 'bg-accent' : 'bg-edge/60')}
                        style={{ width: `${(count / most) * 100}%` }}
                      />
                    </td>
                    <td className="w-px py-1 pl-3 text-right tabular-nums">{formatCount(count)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </>
      )}
    </Card>
  )
}
