import type { GetShopDashboardResponse } from '@souk/sdk'
import { chartAxis, chartColours, chartGrid, formatMoney, minorDigits } from '@souk/ui'
import type { ReactNode } from 'react'
import { Area, AreaChart, Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
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

/** How one number went. `at` of each sample is what the axis below is of; the axis beside begins at 0. */
function Course({
  says,
  samples,
  name,
  colour,
  moment = (at: number) => clock.format(at),
  top,
  steps = false,
  filled = true,
}: {
  says: string
  samples: readonly { at: number; value: number }[]
  name: string
  colour: string | undefined
  moment?: (at: number) => string
  /** Of the axis. Left out: the highest value, 4 at least. */
  top?: number
  /** What stays until it changes, as stock does. */
  steps?: boolean
  filled?: boolean
}) {
  return (
    <Frame says={says}>
      <AreaChart data={[...samples]} margin={margin} accessibilityLayer={false}>
        <CartesianGrid {...chartGrid} />
        <XAxis dataKey="at" tickFormatter={moment} minTickGap={60} {...chartAxis} />
        <YAxis
          width={44}
          allowDecimals={false}
          tickFormatter={formatCompact}
          {...chartAxis}
          domain={[0, top ?? ((highest: number) => Math.max(4, highest))]}
        />
        <Tooltip
          {...tooltip}
          labelFormatter={(at) => moment(Number(at))}
          formatter={(value) => [formatCount(Math.round(Number(value))), name]}
        />
        <Area
          dataKey="value"
          type={steps ? 'stepAfter' : 'monotone'}
          stroke={colour ?? 'currentColor'}
          fill={colour ?? 'currentColor'}
          fillOpacity={filled ? 0.18 : 0}
          strokeWidth={2}
          isAnimationActive={false}
          dot={false}
        />
      </AreaChart>
    </Frame>
  )
}

export function OrdersPerSecond({ figures }: { figures: GetShopDashboardResponse }) {
  const samples = figures.perSecond.map(({ at, orders }) => ({ at: Date.parse(at), value: orders }))
  const most = Math.max(...samples.map(({ value }) => value), 0)
  return (
    <Course
      says={`At most ${formatCount(most)} orders a second in the last two minutes.`}
      samples={samples}
      name="Orders"
      colour={chartColours[0]}
    />
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
  <Course
    says={`${formatCount(samples.at(-1)?.events ?? 0)} events wait to be handled.`}
    samples={samples.map(({ at, events }) => ({ at, value: events }))}
    name="Waiting"
    colour={chartColours[3]}
    filled={false}
  />
)

/** How the units of a sale go. */
export const LeftChart = ({ samples, units }: { samples: readonly { at: number; left: number }[]; units: number }) => (
  <Course
    says={`${formatCount(samples.at(-1)?.left ?? units)} of ${formatCount(units)} units are left.`}
    samples={samples.map(({ at, left }) => ({ at, value: left }))}
    name="Left"
    colour={chartColours[5]}
    top={units}
    steps
  />
)

/** Orders a second over the seconds of a rehearsal. */
export const RehearsalChart = ({
  timeline,
}: {
  timeline: readonly { elapsedMs: number; ordersPerSecond: number }[]
}) => (
  <Course
    says="Orders a second over the rehearsal."
    samples={timeline.map(({ elapsedMs, ordersPerSecond }) => ({ at: elapsedMs, value: ordersPerSecond }))}
    name="Orders a second"
    colour={chartColours[0]}
    moment={(ms) => `${(ms / 1_000).toFixed(1)} s`}
  />
)
