import type { GetShopAnalyticsResponse } from '@souk/sdk'
import { Button, Card, EmptyState, formatMoney, Stat, Table, Td, Th, Tr } from '@souk/ui'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChartColumn } from 'lucide-react'
import { formatCount, formatMoment } from '../format.ts'
import { useFilters } from '../grid/search.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { Standing } from './dashboard-bars.tsx'
import { OrderedByDay, OrdersByDay } from './dashboard-charts.tsx'

type Report = GetShopAnalyticsResponse

const choices = [7, 30, 90] as const
const dayMs = 86_400_000
const recountMs = 60_000

/** So many days that end with today, as the server has them: in UTC. */
function lastDays(days: number): { from: string; until: string; grain: 'day' } {
  const nameOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const tomorrow = (Math.floor(Date.now() / dayMs) + 1) * dayMs
  return { from: nameOf(tomorrow - days * dayMs), until: nameOf(tomorrow), grain: 'day' }
}

export const MarketplaceReports = () => (
  <Reports about="The whole marketplace" read={(days) => souk.getAnalytics({ query: lastDays(days) })} />
)

export function ShopReports() {
  const shopId = useShopId()
  const read = (days: number) => souk.getShopAnalytics({ path: { shopId }, query: lastDays(days) })
  return <Reports about="This shop" shopId={shopId} read={read} />
}

function Reports({ about, shopId, read }: { about: string; shopId?: string; read: (days: number) => Promise<Report> }) {
  const [search, set] = useFilters()
  const days = choices.find((choice) => String(choice) === search.days) ?? 30
  const query = useQuery({
    queryKey: ['reports', shopId, days],
    queryFn: () => read(days),
    refetchInterval: recountMs,
    placeholderData: keepPreviousData,
  })
  const until = query.data?.countedUntil
  return (
    <Page
      title="Reports"
      about={`${about}, the last ${days} days${until ? `, counted until ${formatMoment(until)}` : ''}.`}
      actions={choices.map((choice) => (
        <Button
          key={choice}
          size="sm"
          variant={choice === days ? 'primary' : 'secondary'}
          aria-pressed={choice === days}
          onClick={() => set({ days: choice === 30 ? undefined : String(choice) })}
        >
          {choice} days
        </Button>
      ))}
    >
      <Loaded query={query}>
        {(report) =>
          report.orders === 0 ? (
            <Nothing days={days} {...(shopId !== undefined && { shopId })} />
          ) : (
            <Sold report={report} {...(shopId !== undefined && { shopId })} />
          )
        }
      </Loaded>
    </Page>
  )
}

const Nothing = ({ days, shopId }: { days: number; shopId?: string }) => (
  <EmptyState
    icon={<ChartColumn />}
    title={`Nothing was ordered in the last ${days} days`}
    action={
      shopId !== undefined && (
        <Link to="/s/$shopId/products" params={{ shopId }} className="underline">
          To the products
        </Link>
      )
    }
  >
    Orders are counted every quarter of an hour and stand here soon after: day by day, what they cost, and what sells. A
    product sells once it is active and lies in stock. What happens this very second is under “
    {shopId === undefined ? 'Dashboard' : 'Today'}”.
  </EmptyState>
)

function Sold({ report, shopId }: { report: Report; shopId?: string }) {
  const { orders, cancelledOrders, amounts, outcomes, series } = report
  const [main, ...others] = amounts
  const waiting = outcomes.find(({ status }) => status === 'placed')?.orders ?? 0
  const paid = orders - cancelledOrders - waiting
  return (
    <>
      <Card>
        <div className="grid grid-cols-2 gap-x-4 gap-y-5 lg:grid-cols-4">
          <Stat label="Orders" value={formatCount(orders)} note={`${formatCount(cancelledOrders)} cancelled`} />
          <Stat
            label="Ordered"
            value={main ? formatMoney(main.amountMinor, main.currency) : '–'}
            note={
              others.map(({ amountMinor, currency }) => formatMoney(amountMinor, currency)).join(' · ') ||
              'all currencies'
            }
          />
          <Stat
            label="Without cancelled ones"
            value={main ? formatMoney(main.amountMinor - main.cancelledMinor, main.currency) : '–'}
            note={main ? `${formatMoney(main.cancelledMinor, main.currency)} cancelled` : ''}
          />
          <Stat
            label="Placed became paid"
            value={`${((paid / orders) * 100).toFixed(1)} %`}
            note={`${formatCount(waiting)} wait for money`}
          />
        </div>
      </Card>
      <Card title="Ordered by day">
        <OrderedByDay series={series} currency={main?.currency ?? 'EUR'} />
      </Card>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="Orders by day">
          <OrdersByDay series={series} />
        </Card>
        <Card title="What became of them">
          <Standing figures={{ statuses: outcomes }} {...(shopId !== undefined && { shopId })} />
        </Card>
      </div>
      <Products products={report.products} />
      <p className="text-xs text-quiet">
        Days are those of UTC. What was cancelled is counted when a day has ended, and a week later once more. Orders
        taken over from another system are not in here.
      </p>
    </>
  )
}

/** Columns a phone has no room for. */
const roomy = 'max-sm:hidden'

const Products = ({ products }: { products: Report['products'] }) => (
  <Card title="What sells" flush>
    <Table label="What sells">
      <thead>
        <tr>
          <Th>Product</Th>
          <Th numeric className={roomy}>
            Orders
          </Th>
          <Th numeric>Units</Th>
          <Th numeric className={roomy}>
            Cancelled
          </Th>
          <Th numeric>Ordered</Th>
        </tr>
      </thead>
      <tbody>
        {products.map(({ productId, title, currency, orders, units, cancelledUnits, amountMinor }) => (
          <Tr key={`${productId} ${currency}`}>
            <Td>
              <Link to="/products/$productId" params={{ productId }} className="text-accent wrap-anywhere">
                {title || 'Without a title'}
              </Link>
            </Td>
            <Td numeric className={roomy}>
              {formatCount(orders)}
            </Td>
            <Td numeric>{formatCount(units)}</Td>
            <Td numeric className={roomy}>
              {formatCount(cancelledUnits)}
            </Td>
            <Td numeric>{formatMoney(amountMinor, currency)}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  </Card>
)
