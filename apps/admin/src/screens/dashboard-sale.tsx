import type { Sale } from '@souk/sdk'
import { Card, formatMoney, Progress, Stat } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { formatClock, formatCount } from '../format.ts'
import { useNow } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { LeftChart } from './dashboard-charts.tsx'

/** The sale that runs and ends first; or, when none does, the one that begins first. */
function useNearestSale(shopId: string | undefined, now: number): { sale: Sale; running: boolean } | undefined {
  const { data = [] } = useQuery({
    queryKey: ['sales', 'next', shopId],
    queryFn: async () => {
      const ask = (when: 'running' | 'upcoming') =>
        souk.listSales({ query: { when, limit: 20, ...(shopId && { shopId }) } })
      const [running, upcoming] = await Promise.all([ask('running'), ask('upcoming')])
      return [...running.items, ...upcoming.items]
    },
    refetchInterval: 15_000,
  })
  const open = data.filter(({ status, endsAt }) => status === 'planned' && Date.parse(endsAt) > now)
  const first = (sales: Sale[], by: 'startsAt' | 'endsAt') =>
    sales.toSorted((a, b) => Date.parse(a[by]) - Date.parse(b[by]))[0]
  const running = first(
    open.filter(({ startsAt }) => Date.parse(startsAt) <= now),
    'endsAt',
  )
  if (running !== undefined) return { sale: running, running: true }
  const next = first(open, 'startsAt')
  return next && { sale: next, running: false }
}

/** To the next sale, or how long the one that runs will last. */
export function Countdown({ shopId }: { shopId?: string }) {
  const now = useNow(1_000)
  const nearest = useNearestSale(shopId, now)
  if (nearest === undefined) return <Stat label="Next sale" value="–" note="none is planned" />
  const { sale, running } = nearest
  return (
    <Stat
      label={running ? 'Sale ends in' : 'Sale begins in'}
      value={formatClock(Date.parse(running ? sale.endsAt : sale.startsAt) - now)}
      note={`${formatCount(sale.units)} units at ${formatMoney(sale.priceMinor, sale.currency)}`}
    />
  )
}

const keptSamples = 300

/** While a sale runs: how its units go, second by second, and how long it lasts. */
export function RunningSale({ shopId }: { shopId?: string }) {
  const now = useNow(1_000)
  const nearest = useNearestSale(shopId, now)
  const [samples, setSamples] = useState<{ at: number; left: number }[]>([])
  const sale = nearest?.running ? nearest.sale : undefined
  const { data: left, dataUpdatedAt } = useQuery({
    queryKey: ['sale-left', sale?.id],
    queryFn: () => souk.getSaleRemaining({ path: { saleWindowId: sale?.id ?? '' } }),
    refetchInterval: 2_000,
    enabled: sale !== undefined,
  })
  useEffect(() => {
    if (left) setSamples((kept) => [...kept, { at: dataUpdatedAt, left: left.remaining }].slice(-keptSamples))
  }, [left, dataUpdatedAt])
  if (sale === undefined) return null
  const [begins, ends] = [Date.parse(sale.startsAt), Date.parse(sale.endsAt)]
  const sold = left ? sale.units - left.remaining : 0
  return (
    <Card
      title="The sale that runs"
      actions={
        <Link to="/s/$shopId/sales" params={{ shopId: sale.shopId }} className="text-sm text-accent">
          Sales
        </Link>
      }
    >
      <div className="grid gap-4 lg:grid-cols-[14rem_1fr]">
        <div className="flex flex-col gap-3">
          <Stat label="Ends in" value={formatClock(ends - now)} />
          <Stat
            label="Units left"
            value={left ? formatCount(left.remaining) : '…'}
            note={`of ${formatCount(sale.units)} at ${formatMoney(sale.priceMinor, sale.currency)}`}
            {...(left?.remaining === 0 && { tone: 'good' as const })}
          />
          <Progress label={`${formatCount(sold)} sold`} value={sold / Math.max(1, sale.units)} />
          <Progress label="Time gone" value={Math.min(1, Math.max(0, (now - begins) / Math.max(1, ends - begins)))} />
        </div>
        <LeftChart samples={samples} units={sale.units} />
      </div>
    </Card>
  )
}
