import type { GetDashboardResponse, GetShopDashboardResponse } from '@souk/sdk'
import { Card, EmptyState, formatMoney } from '@souk/ui'
import { Link } from '@tanstack/react-router'
import { PackageSearch } from 'lucide-react'
import { formatCompact, formatCount, humanise } from '../format.ts'
import { Status } from '../parts/status.tsx'

type Figures = GetShopDashboardResponse

/** A bar that says its value to those who do not see it. */
const BarOf = ({ label, value, most, fill }: { label: string; value: number; most: number; fill: string }) => (
  <>
    <meter className="sr-only" min={0} max={Math.max(1, most)} value={value} aria-label={label} />
    <svg
      aria-hidden="true"
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      className="h-2 w-full overflow-hidden rounded-full"
    >
      <rect width="100" height="4" className="fill-sunken" />
      {value > 0 && <rect width={Math.max(1, (value / Math.max(1, most)) * 100)} height="4" className={fill} />}
    </svg>
  </>
)

/** In which state orders are. */
export function Standing({ figures, shopId }: { figures: Pick<Figures, 'statuses'>; shopId?: string }) {
  const order = ['placed', 'confirmed', 'partly-shipped', 'shipped', 'delivered', 'cancelled']
  const most = Math.max(1, ...figures.statuses.map(({ orders }) => orders))
  const shown = [...figures.statuses].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
  if (shown.length === 0) return <p className="text-sm text-quiet">No orders in the last 24 hours.</p>
  return (
    <ul className="flex flex-col gap-2.5 text-sm">
      {shown.map(({ status, orders }) => (
        <li key={status} className="grid grid-cols-[7.5rem_1fr_3.5rem] items-center gap-3">
          {shopId === undefined ? (
            <Status of={status} />
          ) : (
            <Link to="/s/$shopId/orders" params={{ shopId }} search={{ status } as never}>
              <Status of={status} />
            </Link>
          )}
          <BarOf label={humanise(status)} value={orders} most={most} fill="fill-chart-2" />
          <span className="figures text-right">{formatCompact(orders)}</span>
        </li>
      ))}
    </ul>
  )
}

const percent = (part: number, whole: number) => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`)

/** How many of those who began came through: from the cart to the order, and from the order to the door. */
export function Conversion({ figures, carts }: { figures: Figures; carts?: GetDashboardResponse['carts'] }) {
  const of = (...states: string[]) =>
    figures.statuses.filter(({ status }) => states.includes(status)).reduce((sum, { orders }) => sum + orders, 0)
  const delivered = of('delivered')
  const sent = delivered + of('shipped', 'partly-shipped')
  const paid = sent + of('confirmed')
  const placed = paid + of('placed', 'cancelled')
  const tunnels = [
    ...(carts ? [[['Carts filled', carts.filled + carts.ordered] as const, ['Ordered', carts.ordered] as const]] : []),
    [
      ['Orders placed', placed] as const,
      ['Paid', paid] as const,
      ['Sent', sent] as const,
      ['Delivered', delivered] as const,
    ],
  ]
  return (
    <Card title="Conversion">
      <div className="flex flex-col gap-4">
        {tunnels.map((steps) => {
          const [, most] = steps[0] ?? ['', 0]
          return (
            <ul key={steps[0]?.[0]} className="flex flex-col gap-2.5 text-sm">
              {steps.map(([label, value]) => (
                <li key={label} className="grid grid-cols-[6.5rem_1fr_3.5rem_3.5rem] items-center gap-3">
                  <span>{label}</span>
                  <BarOf label={label} value={value} most={most} fill="fill-chart-6" />
                  <span className="figures text-right">{formatCompact(value)}</span>
                  <span className="figures text-right text-quiet">{percent(value, most)}</span>
                </li>
              ))}
            </ul>
          )
        })}
        <p className="text-xs text-quiet">
          Of the last 24 hours. {formatCount(of('cancelled'))} were cancelled, {formatCount(of('placed'))} wait for
          money.
        </p>
      </div>
    </Card>
  )
}

export function TopProducts({ figures }: { figures: Figures }) {
  const most = Math.max(1, ...figures.topProducts.map(({ units }) => units))
  return (
    <Card title="What sells">
      {figures.topProducts.length === 0 ? (
        <EmptyState icon={<PackageSearch />} title="Nothing sold in the last 24 hours">
          What is ordered most stands here, with its units and what they cost.
        </EmptyState>
      ) : (
        <ol className="flex flex-col gap-3 text-sm">
          {figures.topProducts.map(({ productId, title, units, amountMinor, currency }) => (
            <li key={`${productId} ${currency}`} className="flex flex-col gap-1">
              <span className="flex items-baseline gap-3">
                <Link to="/products/$productId" params={{ productId }} className="min-w-0 flex-1 truncate text-accent">
                  {title}
                </Link>
                <span className="figures shrink-0 text-quiet">{formatCompact(units)}</span>
                <span className="figures shrink-0">{formatMoney(amountMinor, currency)}</span>
              </span>
              <BarOf label={`${title}: units`} value={units} most={most} fill="fill-chart-3" />
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}
