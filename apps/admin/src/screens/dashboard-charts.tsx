import type { GetShopDashboardResponse } from '@souk/sdk'
import { chartAxis, chartColours, chartGrid, formatMoney, minorDigits } from '@souk/ui'
import type { ReactNode } from 'react'
import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { formatCompact, formatCount } from '../format.ts'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const margin = { top: 8, right: 8, bottom: 0, left: 0 }

const tooltip = {
  contentStyle: {
    background: 'var(--color-raised)',
    border: '1px solid var(--color-line)',
    borderRadius: 8,
    color: 'var(--color-ink)',
    fontSize: 13,
  },
  labelStyle: { color: 'var(--color-quiet)' },
  isAnimationActive: false,
} as const

/** A chart says in words what it shows, for those who do not see it. */
const Frame = ({ says, children }: { says: string; children: ReactNode }) => (
  <figure className="m-0">
    <figcaption className="sr-only">{says}</figcaption>
    <div aria-hidden="true" className="h-44">
      <ResponsiveContainer width="100%" height="100%" minWidth={10}>
        {children as never}
      </ResponsiveContainer>
    </div>
  </figure>
)

export function OrdersPerSecond({ figures }: { figures: GetShopDashboardResponse }) {
  const data = figures.perSecond.map(({ at, orders }) => ({ at: Date.parse(at), orders }))
  const most = Math.max(...data.map(({ orders }) => orders), 0)
  return (
    <Frame says={`At most ${formatCount(most)} orders a second in the last two minutes.`}>
      <AreaChart data={data} margin={margin} accessibilityLayer={false}>
        <CartesianGrid {...chartGrid} />
        <XAxis dataKey="at" tickFormatter={(at: number) => clock.format(at)} minTickGap={60} {...chartAxis} />
        <YAxis
          width={40}
          allowDecimals={false}
          tickFormatter={formatCompact}
          {...chartAxis}
          domain={[0, (top: number) => Math.max(4, top)]}
        />
        <Tooltip
          {...tooltip}
          labelFormatter={(at) => clock.format(Number(at))}
          formatter={(value) => [formatCount(Number(value)), 'Orders']}
        />
        <Area
          dataKey="orders"
          type="monotone"
          stroke={chartColours[0]}
          fill={chartColours[0]}
          fillOpacity={0.18}
          strokeWidth={2}
          isAnimationActive={false}
          dot={false}
        />
      </AreaChart>
    </Frame>
  )
}

export function OverTheDay({ figures }: { figures: GetShopDashboardResponse }) {
  const currency = figures.amounts[0]?.currency ?? 'EUR'
  const units = 10 ** minorDigits(currency)
  const data = figures.slices.map(({ at, orders, amounts }) => ({
    at: Date.parse(at),
    orders,
    minor: amounts.find((each) => each.currency === currency)?.amountMinor ?? 0,
  }))
  return (
    <Frame says={`Ordered in ${currency} over the last 24 hours, in quarters of an hour.`}>
      <BarChart data={data} margin={margin} accessibilityLayer={false}>
        <CartesianGrid {...chartGrid} />
        <XAxis dataKey="at" tickFormatter={(at: number) => hour.format(at)} minTickGap={50} {...chartAxis} />
        <YAxis width={48} tickFormatter={(minor: number) => formatCompact(minor / units)} {...chartAxis} />
        <Tooltip
          {...tooltip}
          cursor={{ fill: 'var(--color-hover)' }}
          labelFormatter={(at) => hour.format(Number(at))}
          formatter={(value) => [formatMoney(Number(value), currency), 'Ordered']}
        />
        <Bar dataKey="minor" fill={chartColours[1]} isAnimationActive={false} radius={2} />
      </BarChart>
    </Frame>
  )
}

export const LagChart = ({ samples }: { samples: readonly { at: number; events: number }[] }) => (
  <Frame says={`${formatCount(samples.at(-1)?.events ?? 0)} events wait to be handled.`}>
    <LineChart data={[...samples]} margin={margin} accessibilityLayer={false}>
      <CartesianGrid {...chartGrid} />
      <XAxis dataKey="at" tickFormatter={(at: number) => clock.format(at)} minTickGap={60} {...chartAxis} />
      <YAxis
        width={40}
        allowDecimals={false}
        tickFormatter={formatCompact}
        {...chartAxis}
        domain={[0, (top: number) => Math.max(4, top)]}
      />
      <Tooltip
        {...tooltip}
        labelFormatter={(at) => clock.format(Number(at))}
        formatter={(value) => [formatCount(Number(value)), 'Waiting']}
      />
      <Line
        dataKey="events"
        type="monotone"
        stroke={chartColours[3]}
        strokeWidth={2}
        isAnimationActive={false}
        dot={false}
      />
    </LineChart>
  </Frame>
)

/** How the units of a sale go. */
export const LeftChart = ({ samples, units }: { samples: readonly { at: number; left: number }[]; units: number }) => (
  <Frame says={`${formatCount(samples.at(-1)?.left ?? units)} of ${formatCount(units)} units are left.`}>
    <AreaChart data={[...samples]} margin={margin} accessibilityLayer={false}>
      <CartesianGrid {...chartGrid} />
      <XAxis dataKey="at" tickFormatter={(at: number) => clock.format(at)} minTickGap={60} {...chartAxis} />
      <YAxis width={44} allowDecimals={false} tickFormatter={formatCompact} {...chartAxis} domain={[0, units]} />
      <Tooltip
        {...tooltip}
        labelFormatter={(at) => clock.format(Number(at))}
        formatter={(value) => [formatCount(Number(value)), 'Left']}
      />
      <Area
        dataKey="left"
        type="stepAfter"
        stroke={chartColours[5]}
        fill={chartColours[5]}
        fillOpacity={0.18}
        strokeWidth={2}
        isAnimationActive={false}
        dot={false}
      />
    </AreaChart>
  </Frame>
)

/** Orders a second and what is left, over the seconds of a rehearsal. */
export const RehearsalChart = ({
  timeline,
}: {
  timeline: readonly { elapsedMs: number; ordersPerSecond: number; remaining: number }[]
}) => (
  <Frame says="Orders a second over the rehearsal.">
    <AreaChart data={[...timeline]} margin={margin} accessibilityLayer={false}>
      <CartesianGrid {...chartGrid} />
      <XAxis
        dataKey="elapsedMs"
        tickFormatter={(ms: number) => `${(ms / 1_000).toFixed(1)} s`}
        minTickGap={50}
        {...chartAxis}
      />
      <YAxis width={44} tickFormatter={formatCompact} {...chartAxis} />
      <Tooltip
        {...tooltip}
        labelFormatter={(ms) => `${(Number(ms) / 1_000).toFixed(1)} s`}
        formatter={(value) => [formatCount(Math.round(Number(value))), 'Orders a second']}
      />
      <Area
        dataKey="ordersPerSecond"
        type="monotone"
        stroke={chartColours[0]}
        fill={chartColours[0]}
        fillOpacity={0.18}
        isAnimationActive={false}
        dot={false}
      />
    </AreaChart>
  </Frame>
)
