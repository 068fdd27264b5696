import type { GetDashboardResponse, GetShopDashboardResponse } from '@souk/sdk'
import { Alert, Card, cx, EmptyState, formatMoney, Stat } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link, Navigate } from '@tanstack/react-router'
import { PackageSearch, Store } from 'lucide-react'
import { useEffect, useState } from 'react'
import { formatClock, formatCompact, formatCount, humanise } from '../format.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Status, useNow } from '../parts/status.tsx'
import { useSession } from '../session.tsx'
import { useShop, useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { LagChart, OrdersPerSecond, OverTheDay } from './dashboard-charts.tsx'

type Figures = GetShopDashboardResponse

export function MarketplaceDashboard() {
  const { operator, shops } = useSession()
  const [first] = shops
  if (operator) return <Everything />
  if (first) return <Navigate to="/s/$shopId" params={{ shopId: first.id }} replace />
  return (
    <Page title="Welcome">
      <EmptyState icon={<Store />} title="You work in no shop yet">
        Ask the owner of a shop to add you as a member: they need your account id, which stands under “Your account”.
        Then sign in anew.
      </EmptyState>
    </Page>
  )
}

function Everything() {
  const query = useQuery({ queryKey: ['dashboard'], queryFn: () => souk.getDashboard(), refetchInterval: 1_000 })
  return (
    <Page title="Dashboard" about="The whole marketplace, the last 24 hours.">
      <Loaded query={query}>
        {(data) => (
          <>
            <Health figures={data} />
            <Today figures={data} />
            <div className="grid gap-4 lg:grid-cols-2">
              <QueueHealth figures={data} />
              <TopProducts figures={data} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}

export function ShopDashboard() {
  const shopId = useShopId()
  const shop = useShop()
  const { may } = useSession()
  const mayLook = may(shopId, 'orders')
  const query = useQuery({
    queryKey: ['dashboard', shopId],
    queryFn: () => souk.getShopDashboard({ path: { shopId } }),
    refetchInterval: 1_000,
    enabled: mayLook,
  })
  if (!mayLook)
    return (
      <Page title={shop?.name ?? 'Today'}>
        <EmptyState icon={<Store />} title="Choose from the menu what you look after">
          The figures of the day are for those who look after orders.
        </EmptyState>
      </Page>
    )
  return (
    <Page title={shop?.name ?? 'Today'} about="The last 24 hours.">
      <Loaded query={query}>
        {(data) => (
          <>
            <Today figures={data} shopId={shopId} />
            <TopProducts figures={data} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

const lastSeconds = (figures: Figures, seconds: number) => {
  const last = figures.perSecond.slice(-seconds)
  return last.reduce((sum, { orders }) => sum + orders, 0) / Math.max(1, last.length)
}

function Today({ figures, shopId }: { figures: Figures; shopId?: string }) {
  const of = (...states: string[]) =>
    figures.statuses.filter(({ status }) => states.includes(status)).reduce((sum, { orders }) => sum + orders, 0)
  const all = figures.statuses.reduce((sum, { orders }) => sum + orders, 0)
  const paid = all - of('placed', 'cancelled')
  const [main, ...others] = figures.amounts
  return (
    <>
      <Card>
        <div className="grid grid-cols-2 gap-x-4 gap-y-5 sm:grid-cols-3 lg:grid-cols-5">
          <Stat label="Orders a second" value={lastSeconds(figures, 10).toFixed(1)} note="over 10 seconds" />
          <Stat label="Orders" value={formatCount(figures.orders)} note={`${formatCount(of('cancelled'))} cancelled`} />
          <Stat
            label="Ordered"
            value={main ? formatMoney(main.amountMinor, main.currency) : '–'}
            note={
              others.map(({ amountMinor, currency }) => formatMoney(amountMinor, currency)).join(' · ') ||
              'all currencies'
            }
          />
          <Stat
            label="Placed became paid"
            value={all === 0 ? '–' : `${((paid / all) * 100).toFixed(1)} %`}
            note={`${formatCount(of('placed'))} wait for money`}
          />
          <Countdown {...(shopId !== undefined && { shopId })} />
        </div>
      </Card>
      <Card title="Orders a second, the last two minutes">
        <OrdersPerSecond figures={figures} />
      </Card>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="Ordered over the day">
          <OverTheDay figures={figures} />
        </Card>
        <Card title="Where orders stand">
          <Standing figures={figures} {...(shopId !== undefined && { shopId })} />
        </Card>
      </div>
    </>
  )
}

function Standing({ figures, shopId }: { figures: Figures; shopId?: string }) {
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
          <meter className="sr-only" min={0} max={most} value={orders} aria-label={humanise(status)} />
          <svg
            aria-hidden="true"
            viewBox="0 0 100 4"
            preserveAspectRatio="none"
            className="h-2 w-full overflow-hidden rounded-full"
          >
            <rect width="100" height="4" className="fill-sunken" />
            <rect width={Math.max(1, (orders / most) * 100)} height="4" className="fill-chart-2" />
          </svg>
          <span className="figures text-right">{formatCompact(orders)}</span>
        </li>
      ))}
    </ul>
  )
}

/** To the next sale, or how long the one that runs will last. */
function Countdown({ shopId }: { shopId?: string }) {
  const now = useNow(1_000)
  const query = useQuery({
    queryKey: ['sales', 'next', shopId],
    queryFn: async () => {
      const ask = (when: 'running' | 'upcoming') =>
        souk.listSales({ query: { when, limit: 20, ...(shopId && { shopId }) } })
      const [running, upcoming] = await Promise.all([ask('running'), ask('upcoming')])
      return [...running.items, ...upcoming.items]
    },
    refetchInterval: 15_000,
  })
  const open = (query.data ?? []).filter(({ status, endsAt }) => status === 'planned' && Date.parse(endsAt) > now)
  const running = open
    .filter(({ startsAt }) => Date.parse(startsAt) <= now)
    .sort((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt))
  const next = open
    .filter(({ startsAt }) => Date.parse(startsAt) > now)
    .sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
  const [sale] = running.length > 0 ? running : next
  if (sale === undefined) return <Stat label="Next sale" value="–" note="none is planned" />
  const on = running.length > 0
  return (
    <Stat
      label={on ? 'Sale ends in' : 'Sale begins in'}
      value={formatClock(Date.parse(on ? sale.endsAt : sale.startsAt) - now)}
      note={`${formatCount(sale.units)} units at ${formatMoney(sale.priceMinor, sale.currency)}`}
    />
  )
}

function TopProducts({ figures }: { figures: Figures }) {
  return (
    <Card title="What sells">
      {figures.topProducts.length === 0 ? (
        <EmptyState icon={<PackageSearch />} title="Nothing sold in the last 24 hours" />
      ) : (
        <ol className="flex flex-col gap-2 text-sm">
          {figures.topProducts.map(({ productId, title, units, amountMinor, currency }, index) => (
            <li key={`${productId} ${currency}`} className="flex items-baseline gap-3">
              <span className="figures w-5 text-right text-quiet">{index + 1}</span>
              <Link to="/products/$productId" params={{ productId }} className="min-w-0 flex-1 truncate text-accent">
                {title}
              </Link>
              <span className="figures text-quiet">{formatCompact(units)}</span>
              <span className="figures w-24 text-right">{formatMoney(amountMinor, currency)}</span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

/** What waits for a person, first of all. */
function Health({ figures: { health } }: { figures: GetDashboardResponse }) {
  const { stuckOrders, deadLetters } = health
  if (stuckOrders === 0 && deadLetters === 0) return null
  return (
    <Alert tone="warn" title="Something waits for you">
      <span className="flex flex-wrap gap-x-4">
        {stuckOrders > 0 && (
          <Link to="/stuck" className="underline">
            {formatCount(stuckOrders)} stuck {stuckOrders === 1 ? 'order' : 'orders'}
          </Link>
        )}
        {deadLetters > 0 && (
          <Link to="/dead-letters" className="underline">
            {formatCount(deadLetters)} dead {deadLetters === 1 ? 'letter' : 'letters'}
          </Link>
        )}
      </span>
    </Alert>
  )
}

const keptSamples = 120

function QueueHealth({ figures }: { figures: GetDashboardResponse }) {
  const { consumers } = figures.health
  const [samples, setSamples] = useState<{ at: number; events: number }[]>([])
  useEffect(() => {
    setSamples((kept) => [...kept, { at: Date.parse(figures.at), events: consumers.events }].slice(-keptSamples))
  }, [figures.at, consumers.events])
  return (
    <Card
      title="Queues"
      actions={
        <Link to="/jobs" className="text-sm text-accent">
          Consumers and jobs
        </Link>
      }
    >
      <div className="mb-3 grid grid-cols-3 gap-3">
        <Stat label="Events waiting" value={formatCompact(consumers.events)} />
        <Stat
          label="Furthest behind"
          value={`${consumers.seconds.toFixed(1)} s`}
          {...(consumers.seconds > 10 && { tone: 'bad' as const })}
        />
        <Stat label="Consumers behind" value={`${consumers.behind} of ${consumers.total}`} />
      </div>
      <LagChart samples={samples} />
      <p className={cx('text-xs text-quiet', consumers.worst === '' && 'invisible')}>
        Furthest behind: {consumers.worst || '–'}
      </p>
    </Card>
  )
}
