import type { Client } from 'pg'

// What the referee reads of the server's tables, as the superuser: beside the API, which is what is on trial.

export type OrderRow = {
  orderId: string
  customerId: string
  status: string
  key: string | null
  lines: { variantId: string; quantity: number }[]
}

/** Every order of the shop: about 400 bytes each, all at once. */
export const readOrders = async (client: Client, shopId: string): Promise<OrderRow[]> =>
  (
    await client.query<OrderRow>(
      `with named as (select order_id, min(key) as key from orders.order_keys group by order_id),
            lined as (select l.order_id, json_agg(json_build_object('variantId', l.variant_id, 'quantity', l.quantity)) as lines
                        from orders.order_lines l group by l.order_id)
       select o.order_id as "orderId", o.customer_id as "customerId", o.status, named.key, coalesce(lined.lines, '[]') as lines
         from orders.orders o left join named using (order_id) left join lined using (order_id) where o.shop_id = $1`,
      [shopId],
    )
  ).rows

/** Granted and remaining of each variant, on ordinary sale and in its sales together. */
export const readAllotments = async (client: Client, shopId: string) =>
  (
    await client.query<{ variantId: string; granted: number; remaining: number }>(
      `select variant_id as "variantId", sum(granted)::float8 as granted, sum(remaining)::float8 as remaining from (
         select allotment_id as variant_id, granted, remaining from orders.allotments where kind = 1 and shop_id = $1
         union all
         select w.variant_id, a.granted, a.remaining from orders.sale_windows w
           join orders.allotments a on a.kind = 2 and a.allotment_id = w.sale_window_id where w.shop_id = $1) each
       group by variant_id`,
      [shopId],
    )
  ).rows

/** Customers with more units in a sale than its cap, counted from their orders alone. */
export const readOvershotCaps = async (client: Client) =>
  (
    await client.query<{ customerId: string; units: number; cap: number; holders: number }>(
      `with held as (
         select o.customer_id, w.cap_per_customer as cap, sum(l.quantity)::int as units
           from orders.order_lines l join orders.orders o using (order_id) join orders.sale_windows w using (sale_window_id)
          where o.status <> 'cancelled' and w.cap_per_customer > 0 group by 1, l.sale_window_id, 2)
       select customer_id as "customerId", units, cap, (select count(*)::int from held) as holders from held
        where units > cap or customer_id = (select min(customer_id::text)::uuid from held)`,
    )
  ).rows

/** How many orders there are, and what still waits for its next step. */
export async function countOrders(client: Client): Promise<{ orders: number; waiting: number }> {
  const { rows } = await client.query<{ orders: number; waiting: number }>(
    `select count(*)::int as orders,
            (count(*) filter (where status = 'placed') +
              (select count(*) from orders.order_requests where state = 'accepted'))::int as waiting
       from orders.orders`,
  )
  return rows[0] ?? { orders: 0, waiting: 0 }
}

/** What is read in here belongs together, whatever still goes on. */
export async function inOneSnapshot<T>(client: Client, read: () => Promise<T>): Promise<T> {
  await client.query('begin isolation level repeatable read read only')
  const result = await read()
  await client.query('commit')
  return result
}

export const insertPoison = (client: Client, batch: Buffer) =>
  client.query(`insert into orders.outbox (topic, event_count, batch) values ('orders.order', 1, $1)`, [batch])

/** Take away what the run itself has put among the events: it is no event of anybody's order. */
export const removePoison = (client: Client, batch: Buffer) =>
  client.query(`delete from orders.outbox where batch = $1`, [batch])

export const countParked = async (client: Client, batch: Buffer): Promise<number> =>
  Number(
    (
      await client.query<{ n: string }>(
        `select count(*) as n from orders.dead_letters where state = 'parked' and envelope = $1`,
        [batch],
      )
    ).rows[0]?.n,
  )

/**
 * The opposite of what is promised, for the negative control: answers before the disk has them, and two seconds (not
 * 0.2) until it does. For sessions opened from now on.
 */
export async function commitWithoutDisk(client: Client): Promise<void> {
  await client.query('alter database postgres set synchronous_commit = off')
  await client.query(`alter system set wal_writer_delay = '2s'`)
  await client.query(`alter system set wal_writer_flush_after = '1GB'`)
}
