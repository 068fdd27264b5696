import { sql, type Tx } from '@souk/postgres'

export const countClosedDays = async (tx: Tx, slotsFrom: string) =>
  (
    await tx.one<{ days: number }>(sql`
      select count(*) as days from days where closed_at >= counted_at and day >= ${slotsFrom}::date`)
  ).days

/** Days that are closed, and whose sums are not those of their quarters; of days these are still kept of. */
export const wrongDays = (tx: Tx, slotsFrom: string, limit: number) =>
  tx.many<{ day: string; shopId: string; kept: string; counted: string }>(sql`
    with closed as (select day from days where closed_at >= counted_at and day >= ${slotsFrom}::date),
    kept as (
      select day, shop_id, currency, sum(orders) as orders, sum(minor) as minor, sum(units) as units from (
        select day, shop_id, currency, orders, amount_minor as minor, 0 as units from outcome_days
        union all select day, shop_id, currency, 0, 0, units from sold_days) rows
       where day in (select day from closed) group by 1, 2, 3),
    counted as (
      select day, shop_id, currency, sum(orders) as orders, sum(minor) as minor, sum(units) as units from (
        select (slot_at at time zone 'utc')::date as day, shop_id, currency, orders, amount_minor as minor, 0 as units
          from outcome_slots
        union all select (slot_at at time zone 'utc')::date, shop_id, currency, 0, 0, units from sold_slots) rows
       where day in (select day from closed) group by 1, 2, 3)
    select coalesce(k.day, c.day)::text as day, coalesce(k.shop_id, c.shop_id) as "shopId",
      coalesce(k.orders, 0) || ' orders, ' || coalesce(k.units, 0) || ' units, ' || coalesce(k.minor, 0) as kept,
      coalesce(c.orders, 0) || ' orders, ' || coalesce(c.units, 0) || ' units, ' || coalesce(c.minor, 0) as counted
      from kept k full join counted c on c.day = k.day and c.shop_id = k.shop_id and c.currency = k.currency
     where (k.orders, k.minor, k.units) is distinct from (c.orders, c.minor, c.units)
     limit ${limit}`)
