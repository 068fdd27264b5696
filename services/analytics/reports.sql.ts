import { sql, type Tx } from '@souk/postgres'

/** Of one shop, or (undefined) of all; of days from one to before another, as "2026-11-22". */
export type Asked = { shopId: string | undefined; from: string; until: string }

/** Days before this one are summed up; from it on quarters of an hour are read. */
export const firstOpenDay = async (tx: Tx): Promise<string | undefined> =>
  (await tx.one<{ day: string | null }>(sql`select min(day)::text as day from days where closed_at is null`)).day ??
  undefined

const ofShop = (shopId: string | undefined) => (shopId === undefined ? sql`` : sql`and shop_id = ${shopId}::uuid`)
const startOf = (day: string) => sql`${day}::timestamp at time zone 'utc'`

/** `open` as firstOpenDay has it: what is known of these days, each from where it stands. */
const outcomesBetween = ({ shopId, from, until }: Asked, open: string) => sql`
  select day::timestamp at time zone 'utc' as at, currency, status, orders, amount_minor
    from outcome_days where day >= ${from}::date and day < least(${until}::date, ${open}::date) ${ofShop(shopId)}
  union all
  select slot_at, currency, status, orders, amount_minor
    from outcome_slots where slot_at >= greatest(${startOf(from)}, ${startOf(open)}) and slot_at < ${startOf(until)}
     ${ofShop(shopId)}`

export type SeriesRow = { atMs: number; currency: string; status: string; orders: number; minor: number }

/** By days, currencies and what became of the orders. */
export const seriesByDay = (tx: Tx, asked: Asked, open: string) =>
  tx.many<SeriesRow>(sql`
    select (extract(epoch from date_trunc('day', at, 'utc')) * 1000)::float8 as "atMs", currency, status,
           sum(orders)::float8 as orders, sum(amount_minor)::float8 as minor
      from (${outcomesBetween(asked, open)}) known
     group by 1, 2, 3`)

/** The same by hours; of days whose quarters are still there. */
export const seriesByHour = (tx: Tx, { shopId, from, until }: Asked) =>
  tx.many<SeriesRow>(sql`
    select (extract(epoch from date_trunc('hour', slot_at, 'utc')) * 1000)::float8 as "atMs", currency, status,
           sum(orders)::float8 as orders, sum(amount_minor)::float8 as minor
      from outcome_slots
     where slot_at >= ${startOf(from)} and slot_at < ${startOf(until)} ${ofShop(shopId)}
     group by 1, 2, 3`)

export type TopProduct = {
  shopId: string
  productId: string
  title: string
  currency: string
  orders: number
  units: number
  minor: number
  cancelledUnits: number
  cancelledMinor: number
}

/** What sold most, by units that were not cancelled. */
export const topProducts = (tx: Tx, { shopId, from, until }: Asked, open: string, limit: number) =>
  tx.many<TopProduct>(sql`
    select sold.*, coalesce(p.title, '') as title
      from (
        select shop_id as "shopId", product_id as "productId", currency, sum(orders)::float8 as orders,
               sum(units)::float8 as units, sum(amount_minor)::float8 as minor,
               sum(cancelled_units)::float8 as "cancelledUnits", sum(cancelled_minor)::float8 as "cancelledMinor"
          from (
            select shop_id, product_id, currency, orders, units, amount_minor, cancelled_units, cancelled_minor
              from sold_days where day >= ${from}::date and day < least(${until}::date, ${open}::date) ${ofShop(shopId)}
            union all
            select shop_id, product_id, currency, orders, units, amount_minor, cancelled_units, cancelled_minor
              from sold_slots where slot_at >= greatest(${startOf(from)}, ${startOf(open)}) and slot_at < ${startOf(until)}
               ${ofShop(shopId)}) known
         group by 1, 2, 3
         order by sum(units) - sum(cancelled_units) desc, product_id
         limit ${limit}) sold
      left join products p on p.product_id = sold."productId"
     order by units - "cancelledUnits" desc, "productId"`)

export type DayRow = {
  dayMs: number
  countedAtMs: number
  shopId: string
  currency: string
  orders: number
  minor: number
  cancelled: number
  units: number
}

/** The last days that are closed, by shop and currency; the latest first. */
export const closedDays = (tx: Tx, limit: number) =>
  tx.many<DayRow>(sql`
    with last as (select day, closed_at from days where closed_at is not null order by day desc limit ${limit})
    select (extract(epoch from d.day::timestamp at time zone 'utc') * 1000)::float8 as "dayMs",
           (extract(epoch from d.closed_at) * 1000)::float8 as "countedAtMs", o.shop_id as "shopId", o.currency,
           sum(o.orders)::float8 as orders, sum(o.amount_minor)::float8 as minor,
           coalesce(sum(o.orders) filter (where o.status = 'cancelled'), 0)::float8 as cancelled,
           coalesce((select sum(s.units) from sold_days s
             where s.shop_id = o.shop_id and s.day = d.day and s.currency = o.currency), 0)::float8 as units
      from last d join outcome_days o on o.day = d.day
     group by d.day, d.closed_at, o.shop_id, o.currency
     order by d.day desc, o.shop_id, o.currency`)
