import type { GetShopAnalyticsResponse, GetShopDashboardResponse } from '@souk/sdk'
import { chartAxis, chartColours, chartGrid, formatMoney, minorDigits } from '@souk/ui'
import type { ReactNode } from 'react'
import { Area, AreaChart, Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatCompact, formatCount } from '../format.ts'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
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

/** A column for each stretch of time. `short` is for the axis, `long` for whoever points at one. */
const Columns = ({
  says,
  samples,
  name,
  colour,
  moment,
  short,
  long,
}: {
  says: string
  samples: readonly { at: number; value: number }[]
  name: string
  colour: string | undefined
  moment: (at: number) => string
  short: (value: number) => string
  long: (value: number) => string
}) => (
  <Frame says={says}>
    <BarChart data={[...samples]} margin={margin} accessibilityLayer={false}>
      <CartesianGrid {...chartGrid} />
      <XAxis dataKey="at" tickFormatter={moment} minTickGap={50} {...chartAxis} />
      <YAxis width={48} allowDecimals={false} tickFormatter={short} {...chartAxis} />
      <Tooltip
        {...tooltip}
        cursor={{ fill: 'var(--color-hover)' }}
        labelFormatter={(at) => moment(Number(at))}
        formatter={(value) => [long(Number(value)), name]}
      />
      <Bar dataKey="value" fill={colour ?? 'currentColor'} isAnimationActive={false} radius={2} />
    </BarChart>
  </Frame>
)

type Sold = { at: string; orders: number; amounts: readonly { currency: string; amountMinor: number }[] }

/** What was ordered in one currency. */
const Ordered = ({
  says,
  series,
  currency,
  moment,
}: {
  says: string
  series: readonly Sold[]
  currency: string
  moment: (at: number) => string
}) => (
  <Columns
    says={says}
    samples={series.map(({ at, amounts }) => ({
      at: Date.parse(at),
      value: amounts.find((each) => each.currency === currency)?.amountMinor ?? 0,
    }))}
    name="Ordered"
    colour={chartColours[1]}
    moment={moment}
    short={(minor) => formatCompact(minor / 10 ** minorDigits(currency))}
    long={(minor) => formatMoney(minor, currency)}
  />
)

export function OverTheDay({ figures }: { figures: GetShopDashboardResponse }) {
  const currency = figures.amounts[0]?.currency ?? 'EUR'
  return (
    <Ordered
      says={`Ordered in ${currency} over the last 24 hours, in quarters of an hour.`}
      series={figures.slices}
      currency={currency}
      moment={(at) => hour.format(at)}
    />
  )
}

type Series = GetShopAnalyticsResponse['series']

export const OrderedByDay = ({ series, currency }: { series: Series; currency: string }) => (
  <Ordered
    says={`Ordered in ${currency} on each of ${series.length} days.`}
    series={series}
    currency={currency}
    moment={(at) => day.format(at)}
  />
)

export const OrdersByDay = ({ series }: { series: Series }) => (
  <Columns
    says={`At most ${formatCount(Math.max(0, ...series.map(({ orders }) => orders)))} orders on one of ${series.length} days.`}
    samples={series.map(({ at, orders }) => ({ at: Date.parse(at), value: orders }))}
    name="Orders"
    colour={chartColours[0]}
    moment={(at) => day.format(at)}
    short={formatCompact}
    long={formatCount}
  />
)

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
