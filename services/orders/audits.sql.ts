import { integerArray, type Sql, sql, timeInId, type Tx, uuidArray } from '@souk/postgres'

/** Allotments whose granted units are not what remains plus what live orders hold: what they ordered less what was shipped. */
export const unbalancedAllotments = (tx: Tx, limit: number) =>
  tx.many<{ allotment_id: string; granted: number; remaining: number; held: number }>(sql`
    with gone as (
      select s.order_id, l.line_no, sum(l.quantity)::bigint as quantity
      from shipments s join shipment_lines l using (shipment_id)
      where s.state in ('issued', 'delivered', 'failed') group by 1, 2),
    held as (
      select coalesce(l.sale_window_id, l.variant_id) as allotment_id, sum(l.quantity - coalesce(g.quantity, 0))::bigint as held
      from order_lines l join orders o using (order_id) left join gone g using (order_id, line_no)
      where o.status <> 'cancelled' and o.payment_method <> 'external'
      group by 1)
    select coalesce(a.allotment_id, held.allotment_id) as allotment_id,
      coalesce(a.granted, 0) as granted, coalesce(a.remaining, 0) as remaining, coalesce(held.held, 0) as held
    from (select * from allotments where kind in (1, 2)) a full join held using (allotment_id)
    where a.granted is null or a.granted - a.remaining <> coalesce(held.held, 0) or a.remaining < 0
    limit ${limit}`)

export const countAllotments = async (tx: Tx) =>
  (await tx.one<{ n: number }>(sql`select count(*) as n from allotments where kind in (1, 2)`)).n

/** Variants whose allotments are not the sum of what inventory transferred less what it issued for shipments. */
export const unexplainedGrants = (tx: Tx, limit: number) =>
  tx.many<{ variant_id: string; granted: number; transferred: number }>(sql`
    with granted as (
      select variant_id, sum(granted)::bigint as granted from (
        select allotment_id as variant_id, granted from allotments where kind = 1
        union all
        select w.variant_id, a.granted from sale_windows w join allotments a on a.kind = 2 and a.allotment_id = w.sale_window_id) g
      group by variant_id),
    moved as (
      select variant_id, sum(quantity)::bigint as transferred from (
        select variant_id, quantity from transfers
        union all
        select l.variant_id, -l.quantity from shipments s join shipment_lines l using (shipment_id)
        where s.state in ('issued', 'delivered', 'failed')) m
      group by variant_id)
    select variant_id, coalesce(granted, 0) as granted, coalesce(transferred, 0) as transferred
    from granted full join moved using (variant_id)
    where coalesce(granted, 0) <> coalesce(transferred, 0) limit ${limit}`)

export type WrongCap = { customer_id: string; sale_window_id: string; bought: number; drawn: number; cap: number }

/**
 * Customers whose live orders hold more in a sale than its cap, or not what their cap allotment says was drawn on it. The
 * id of that allotment is the one `capId` makes.
 */
export const wrongCaps = (tx: Tx, limit: number) =>
  tx.many<WrongCap>(sql`
    with held as (
      select o.customer_id, l.sale_window_id, w.cap_per_customer as cap,
        coalesce(sum(l.quantity) filter (where o.status <> 'cancelled'), 0)::bigint as bought
      from order_lines l join orders o using (order_id) join sale_windows w on w.sale_window_id = l.sale_window_id
      where w.cap_per_customer > 0
      group by o.customer_id, l.sale_window_id, w.cap_per_customer)
    ${heldBeyond} limit ${limit}`)

/** The same of some customers in some sales, each pair once: by all orders of these customers since the sale began. */
export const wrongCapsOf = (tx: Tx, holders: readonly { customerId: string; saleWindowId: string }[], limit: number) =>
  tx.many<WrongCap>(sql`
    with held as (
      select p.customer_id, p.sale_window_id, w.cap_per_customer as cap, b.bought
      from unnest(${uuidArray(holders.map(({ customerId }) => customerId))}::uuid[],
        ${uuidArray(holders.map(({ saleWindowId }) => saleWindowId))}::uuid[]) as p (customer_id, sale_window_id)
      join sale_windows w using (sale_window_id)
      cross join lateral (
        select coalesce(sum(l.quantity), 0)::bigint as bought
        from orders o cross join lateral (select * from order_lines l where l.order_id = o.order_id offset 0) l
        where o.customer_id = p.customer_id and o.order_id >= first_id_at(w.starts_at - interval '1 hour')
          and o.status <> 'cancelled' and l.sale_window_id = p.sale_window_id) b
      where w.cap_per_customer > 0)
    ${heldBeyond} limit ${limit}`)

const heldBeyond = sql`
  select h.customer_id, h.sale_window_id, h.bought, h.cap, coalesce(a.granted - a.remaining, 0) as drawn
  from held h left join allotments a on a.kind = 3 and a.allotment_id =
    left(encode(sha256(convert_to(h.sale_window_id::text || h.customer_id::text, 'UTF8')), 'hex'), 32)::uuid
  where h.bought > h.cap or h.bought <> coalesce(a.granted - a.remaining, 0)`

export const countCaps = async (tx: Tx) =>
  (await tx.one<{ n: number }>(sql`select count(*) as n from allotments where kind = 3`)).n

/** The orders to look at; null: all. */
export type OrderIds = readonly string[] | null

export const among = (ids: OrderIds, column: Sql = sql`order_id`): Sql =>
  ids === null ? sql`true` : sql`${column} = any(${uuidArray(ids)}::uuid[])`

/** Keys that name no order of their customer, and keys that made a second order within 24 hours of the first. */
export const wrongKeys = (tx: Tx, firstId: string, limit: number) =>
  tx.many<{ key: string; customer_id: string; order_id: string; missing: boolean }>(sql`
    with used as (
      select distinct customer_id, key, order_id, ('x' || substr(replace(order_id::text, '-', ''), 1, 12))::bit(48)::bigint as at_ms
      from order_keys where (customer_id, key) in (
        -- A key is kept under two days; those from before the day before this one are of other orders.
        select customer_id, key from order_keys
        where order_id >= ${firstId}::uuid and day >= ${new Date(timeInId(firstId) - 24 * 3_600_000)}::date)),
    following as (select *, lag(at_ms) over (partition by customer_id, key order by order_id) as before_ms from used)
    select f.customer_id, f.key, f.order_id, o.order_id is null as missing
    from following f left join orders o on o.order_id = f.order_id and o.customer_id = f.customer_id
    where f.order_id >= ${firstId}::uuid and (o.order_id is null or f.at_ms - f.before_ms < 24 * 3600000)
    limit ${limit}`)

/** Orders whose key was not kept; those taken over from elsewhere never had one. */
export const keylessOrders = (tx: Tx, firstId: string, limit: number) =>
  tx.many<{ order_id: string }>(sql`
    select o.order_id from orders o left join order_keys k on k.order_id = o.order_id and k.customer_id = o.customer_id
    where o.order_id >= ${firstId}::uuid and k.order_id is null and o.payment_method <> 'external' limit ${limit}`)

/** Every different way orders have gone so far, with one example each. */
export const historyPaths = (tx: Tx, ids: OrderIds) =>
  tx.many<{ path: string[]; status: string; version: number; orders: number; example: string }>(sql`
    select jsonb_path_query_array(history, '$[*][0]') as path, status, version, count(*) as orders, min(order_id::text) as example
    from orders where ${among(ids)} group by 1, 2, 3`)

/** Orders whose lines do not add up to their total, or that have none. */
export const wrongTotals = (tx: Tx, firstId: string, limit: number) =>
  tx.many<{ order_id: string; total_minor: number; lines_minor: number }>(sql`
    select o.order_id, o.total_minor, coalesce(l.total, 0)::bigint as lines_minor
    from orders o left join (
      select order_id, sum(total_minor) as total from order_lines where order_id >= ${firstId}::uuid group by order_id) l using (order_id)
    where o.order_id >= ${firstId}::uuid and (l.total is null or l.total <> o.total_minor)
      -- Of the others wrongSums says whether they add up.
      and not exists (select from order_details d where d.order_id = o.order_id and d.details ? 'pricing') limit ${limit}`)

export const countOrders = async (tx: Tx, firstId: string) =>
  (await tx.one<{ n: number }>(sql`select count(*) as n from orders where order_id >= ${firstId}::uuid`)).n

/**
 * Orders that should have come to an end of their saga five minutes ago: placed, and nobody is at work on them or waits for
 * a payment; cancelled, and not everything is undone. Besides `ids`, whatever somebody is at work on is looked at.
 */
export const stuckOrders = (tx: Tx, ids: OrderIds, untilId: string, limit: number) =>
  tx.many<{ order_id: string; status: string; step: string | null; state: string | null; detail: string | null }>(sql`
    with late as (select now() - interval '5 minutes' as at)
    select o.order_id, o.status, s.step, s.state, s.detail
    from orders o cross join late left join lateral (
      select step, state, detail from order_steps s where s.order_id = o.order_id
      order by state in ('stuck', 'undo-stuck') desc, next_at limit 1) s on true
    where ${
      ids === null
        ? sql`true`
        : sql`o.order_id in (
        select unnest(${uuidArray(ids)}::uuid[]) union select order_id from order_steps where next_at is not null)`
    }
      and o.order_id < ${untilId}::uuid and o.payment_method <> 'external'
      and case o.status
        when 'placed' then not exists (
          select from order_steps w where w.order_id = o.order_id and w.state in ('pending', 'due') and w.next_at > late.at)
        when 'cancelled' then (o.history->-1->>1)::bigint < extract(epoch from late.at) * 1000
          -- Rows that are undone leave after 30 days; what was not undone keeps its row, and its money is looked at besides (I9).
          and ((s.step is null and (o.history->-1->>1)::bigint > extract(epoch from now() - interval '29 days') * 1000) or exists (
            select from order_steps w where w.order_id = o.order_id
              and (w.state not in ('undone', 'undoing') or w.next_at < late.at)))
        else false end
    limit ${limit}`)

/** Of these orders, those at another version than the last that was told of, unless that was told elsewhere. */
export const notLastTold = (tx: Tx, told: ReadonlyMap<string, number>, limit: number) =>
  tx.many<{ order_id: string; version: number; told: number }>(sql`
    select o.order_id, o.version, t.version as told
    from unnest(${uuidArray([...told.keys()])}::uuid[], ${integerArray([...told.values()])}::int[]) as t (order_id, version)
    join orders o using (order_id)
    where o.version <> t.version and not exists (select from told_elsewhere e where e.order_id = o.order_id) limit ${limit}`)

export type HourSum = { hour: number; changes: number; sum: string }

/**
 * The changes of state of all orders placed since, by the hour they were placed in: how many, and a sum over (order,
 * version) of 48 random bits of the id times the version. Equal to the same sum over the events: same changes. What
 * happened to them while they lay on another database is told there, and left out here.
 */
export const changesByHour = (tx: Tx, firstId: string) =>
  tx.many<HourSum>(sql`
    with told as (
      select order_id, version::bigint as changes, version::bigint * (version + 1) / 2 as weight from orders
      where order_id >= ${firstId}::uuid
      union all
      -- Of orders that lie elsewhere now, those from before they went.
      select order_id, after_version, after_version::bigint * (after_version + 1) / 2 from told_elsewhere
      where until_version is null and order_id >= ${firstId}::uuid
      union all
      select order_id, after_version - until_version,
        (after_version::bigint * (after_version + 1) - until_version::bigint * (until_version + 1)) / 2 from told_elsewhere
      where until_version is not null and order_id >= ${firstId}::uuid)
    select (('x' || substr(replace(order_id::text, '-', ''), 1, 12))::bit(48)::bigint / 3600000) as hour,
      sum(changes)::bigint as changes,
      sum(('x' || right(order_id::text, 12))::bit(48)::bigint::numeric * weight)::text as sum
    from told group by 1 having sum(changes) <> 0`)

/** `elsewhere`: pairs of versions; those behind the first, up to the second, were announced on another database. */
export const changesOfHour = (tx: Tx, fromId: string, untilId: string) =>
  tx.many<{ order_id: string; version: number; elsewhere: [number, number][] }>(sql`
    select o.order_id, o.version, coalesce((
        select jsonb_agg(jsonb_build_array(t.after_version, t.until_version)) from told_elsewhere t
        where t.order_id = o.order_id and t.until_version is not null), '[]') as elsewhere
    from (
      select order_id, version from orders where order_id >= ${fromId}::uuid and order_id < ${untilId}::uuid
      union all
      select order_id, after_version from told_elsewhere
      where until_version is null and order_id >= ${fromId}::uuid and order_id < ${untilId}::uuid) o`)
