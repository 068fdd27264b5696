import { integerArray, sql, textArray, type Tx, uuidArray } from '@souk/postgres'

/** How far is counted; locked, so that nobody else counts meanwhile. Undefined before the first time. */
export const lockProgress = async (tx: Tx): Promise<Date | undefined> =>
  (await tx.maybeOne<{ until: Date }>(sql`select counted_until as until from progress for update`))?.until

export const readProgress = async (tx: Tx): Promise<Date | undefined> =>
  (await tx.maybeOne<{ until: Date }>(sql`select counted_until as until from progress`))?.until

export const setProgress = (tx: Tx, until: Date) =>
  tx.run(sql`
    insert into progress (counted_until) values (${until})
    on conflict (singleton) do update set counted_until = excluded.counted_until`)

export type SoldProduct = {
  shopId: string
  productId: string
  title: string
  currency: string
  orders: number
  units: number
  minor: number
  cancelledOrders: number
  cancelledUnits: number
  cancelledMinor: number
}
export type SoldOutcome = { shopId: string; status: string; currency: string; orders: number; minor: number }

/** Forget what was counted between two instants, and see to it that the first of them has partitions. */
export async function clearSlots(tx: Tx, from: Date, until: Date): Promise<void> {
  await tx.one(
    sql`select make_days((${from}::timestamptz at time zone 'utc')::date, (${from}::timestamptz at time zone 'utc')::date)`,
  )
  await tx.run(sql`delete from sold_slots where slot_at >= ${from} and slot_at < ${until}`)
  await tx.run(sql`delete from outcome_slots where slot_at >= ${from} and slot_at < ${until}`)
}

export const writeSold = (tx: Tx, at: Date, rows: readonly SoldProduct[]) =>
  tx.run(sql`
    insert into sold_slots (slot_at, shop_id, product_id, currency, orders, units, amount_minor, cancelled_orders,
      cancelled_units, cancelled_minor)
    select ${at}::timestamptz, * from unnest(
      ${uuidArray(rows.map((row) => row.shopId))}::uuid[], ${uuidArray(rows.map((row) => row.productId))}::uuid[],
      ${textArray(rows.map((row) => row.currency))}::text[], ${integerArray(rows.map((row) => row.orders))}::bigint[],
      ${integerArray(rows.map((row) => row.units))}::bigint[], ${integerArray(rows.map((row) => row.minor))}::bigint[],
      ${integerArray(rows.map((row) => row.cancelledOrders))}::bigint[], ${integerArray(rows.map((row) => row.cancelledUnits))}::bigint[],
      ${integerArray(rows.map((row) => row.cancelledMinor))}::bigint[])`)

export const writeOutcomes = (tx: Tx, at: Date, rows: readonly SoldOutcome[]) =>
  tx.run(sql`
    insert into outcome_slots (slot_at, shop_id, currency, status, orders, amount_minor)
    select ${at}::timestamptz, * from unnest(
      ${uuidArray(rows.map((row) => row.shopId))}::uuid[], ${textArray(rows.map((row) => row.currency))}::text[],
      ${textArray(rows.map((row) => row.status))}::text[], ${integerArray(rows.map((row) => row.orders))}::bigint[],
      ${integerArray(rows.map((row) => row.minor))}::bigint[])`)

/** The latest title stays; days that are counted anew bring no older one back. */
export const learnTitles = (tx: Tx, day: string, rows: readonly SoldProduct[]) =>
  tx.run(sql`
    insert into products as p (product_id, title, sold_on)
    select product_id, max(title), ${day}::date
      from unnest(${uuidArray(rows.map((row) => row.productId))}::uuid[], ${textArray(rows.map((row) => row.title))}::text[])
        as sold (product_id, title)
     group by product_id order by product_id
    on conflict (product_id) do update set title = excluded.title, sold_on = excluded.sold_on
     where p.sold_on <= excluded.sold_on and (p.title, p.sold_on) is distinct from (excluded.title, excluded.sold_on)`)

export const noteDay = (tx: Tx, day: string, now: Date) =>
  tx.run(sql`
    insert into days (day, first_at, counted_at) values (${day}, ${now}, ${now})
    on conflict (day) do update set counted_at = excluded.counted_at`)

export type OpenDay = { day: string; firstAt: Date; isClosed: boolean }

/** Days that ended before `closeBefore` and are not closed, and closed ones before `settleBefore` that are not settled; oldest first. */
export const daysToDo = (tx: Tx, closeBefore: string, settleBefore: string, limit: number) =>
  tx.many<OpenDay>(sql`
    select day::text as day, first_at as "firstAt", closed_at is not null as "isClosed"
      from days
     where settled_at is null and day < case when closed_at is null then ${closeBefore}::date else ${settleBefore}::date end
     order by day limit ${limit}`)

/** Sum up a day's quarters. Those of other days lie in other partitions. */
export async function closeDay(tx: Tx, day: string, settled: boolean, now: Date): Promise<void> {
  const ofDay = sql`slot_at >= ${day}::timestamp at time zone 'utc'
    and slot_at < (${day}::date + 1)::timestamp at time zone 'utc'`
  await tx.run(sql`delete from sold_days where day = ${day}::date`)
  await tx.run(sql`delete from outcome_days where day = ${day}::date`)
  await tx.run(sql`
    insert into sold_days (day, shop_id, product_id, currency, orders, units, amount_minor, cancelled_orders, cancelled_units,
      cancelled_minor)
    select ${day}::date, shop_id, product_id, currency, sum(orders), sum(units), sum(amount_minor), sum(cancelled_orders),
      sum(cancelled_units), sum(cancelled_minor)
      from sold_slots where ${ofDay} group by shop_id, product_id, currency`)
  await tx.run(sql`
    insert into outcome_days (day, shop_id, currency, status, orders, amount_minor)
    select ${day}::date, shop_id, currency, status, sum(orders), sum(amount_minor)
      from outcome_slots where ${ofDay} group by shop_id, currency, status`)
  await tx.run(sql`
    update days set closed_at = ${now}, settled_at = case when ${settled} then ${now}::timestamptz end
     where day = ${day}::date`)
}

/** Make partitions ahead; drop those of days before `slotsFrom`, and forget the sums of days before `sumsFrom`. */
export async function tend(tx: Tx, today: string, slotsFrom: string, sumsFrom: string): Promise<void> {
  await tx.one(sql`select tend_partitions(${today}::date, ${slotsFrom}::date)`)
  await tx.run(sql`delete from sold_days where day < ${sumsFrom}::date`)
  await tx.run(sql`delete from outcome_days where day < ${sumsFrom}::date`)
  await tx.run(sql`delete from days where day < ${sumsFrom}::date`)
  await tx.run(sql`delete from products where sold_on < ${sumsFrom}::date`)
}
