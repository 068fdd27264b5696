import { sql, type Tx } from '@souk/postgres'

// Reads of other services' tables, for operators' figures only: each with the role of its service, in a pool of their own.

export type Turnover = { shopId: string; at: number; currency: string; orders: number; minor: number }

/** Orders whose ids lie between two, in slices of so many seconds: how many, and what they cost. */
export const turnoverBetween = (tx: Tx, from: string, until: string, sliceSeconds: number) =>
  tx.many<Turnover>(sql`
    select shop_id as "shopId", currency,
           (floor(extract(epoch from placed_at) / ${sliceSeconds}) * ${sliceSeconds})::float8 as at,
           count(*)::float8 as orders, sum(total_minor)::float8 as minor
      from orders
     where order_id >= ${from}::uuid and order_id < ${until}::uuid
     group by 1, 2, 3`)

export type TopProduct = {
  shopId: string
  productId: string
  title: string
  currency: string
  units: number
  minor: number
}

/** What sold best since an order id: the first so many of everybody's, and of each shop's. */
export const topProductsSince = (tx: Tx, from: string, each: number) =>
  tx.many<TopProduct>(sql`
    with sold as (
      select o.shop_id, l.product_id, o.currency, max(l.title) as title,
             sum(l.quantity)::float8 as units, sum(l.total_minor)::float8 as minor
        from order_lines l
        join orders o on o.order_id = l.order_id
       where l.order_id >= ${from}::uuid and o.order_id >= ${from}::uuid and o.status <> 'cancelled'
       group by 1, 2, 3)
    select shop_id as "shopId", product_id as "productId", currency, title, units, minor
      from (select sold.*, row_number() over (partition by shop_id order by units desc) as of_shop,
                   row_number() over (order by units desc) as of_all
              from sold) ranked
     where of_shop <= ${each} or of_all <= ${each}
     order by units desc`)

export type StatusCount = { shopId: string; status: string; orders: number }

/** In which state the orders since an id are. */
export const statusesSince = (tx: Tx, from: string) =>
  tx.many<StatusCount>(sql`
    select shop_id as "shopId", status, count(*)::float8 as orders
      from orders
     where order_id >= ${from}::uuid
     group by 1, 2`)

/** Orders with a step that failed again and again, as the list of stuck orders has them. */
export const countStuck = async (tx: Tx): Promise<number> =>
  (
    await tx.one<{ stuck: number }>(sql`
    select count(distinct s.order_id)::float8 as stuck
      from order_steps s
      join orders o using (order_id)
     where s.state in ('stuck', 'undo-stuck') and (s.state = 'undo-stuck' or o.status = 'placed')`)
  ).stuck

export type CartCount = { filled: number; ordered: number }

/** Carts that something was put into since then and that still hold it, and checkouts since then that became orders. */
export const cartsSince = (tx: Tx, since: Date) =>
  tx.one<CartCount>(sql`
    select (select count(distinct cart_id)::float8 from cart_items where added_at >= ${since}) as filled,
           (select count(*)::float8 from checkouts c
             where c.done_at >= ${since}
               and exists (select from checkout_orders o where o.checkout_id = c.checkout_id and o.outcome = 'placed'))
             as ordered`)
