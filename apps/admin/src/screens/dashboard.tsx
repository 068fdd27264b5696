import type { GetDashboardResponse, GetShopDashboardResponse } from '@souk/sdk'
import { Alert, Card, cx, EmptyState, formatMoney, Stat } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link, Navigate } from '@tanstack/react-router'
import { Store } from 'lucide-react'
import { useEffect, useState } from 'react'
import { formatCompact, formatCount } from '../format.ts'
import { Note } from '../parts/note.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useShop, useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { Conversion, Standing, TopProducts } from './dashboard-bars.tsx'
import { LagChart, OrdersPerSecond, OverTheDay } from './dashboard-charts.tsx'
import { Countdown, RunningSale } from './dashboard-sale.tsx'

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
            <Note of="operations.note" />
            <Health figures={data} />
            <Today figures={data} />
            <div className="grid gap-4 lg:grid-cols-2">
              <Conversion figures={data} carts={data.carts} />
              <TopProducts figures={data} />
            </div>
            <QueueHealth figures={data} />
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
            <div className="grid gap-4 lg:grid-cols-2">
              <Conversion figures={data} />
              <TopProducts figures={data} />
            </div>
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
      <RunningSale {...(shopId !== undefined && { shopId })} />
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
