import type { Client } from 'pg'

// What the people of the payments trial go by, and what its referee reads; as the superuser, beside the API.

export type OrderNow = {
  orderId: string
  customerId: string
  status: string
  key: string
  method: string
  /** The customer has been sent to the provider, and nobody knows yet what he did there. */
  undecided: boolean
}

/** Orders of the shop that something can still happen to, or has to. */
export const readOpenOrders = async (client: Client, shopId: string): Promise<OrderNow[]> =>
  (
    await client.query<OrderNow>(
      `select o.order_id as "orderId", o.customer_id as "customerId", o.status, k.key, o.payment_method as method,
              coalesce(p.state = 'pending' and i.redirect_url is not null, false) as undecided
         from orders.orders o join orders.order_keys k using (order_id)
         left join payments.payments p on p.payment_id = o.order_id
         left join payments.intents i on i.payment_id = o.order_id
        where o.shop_id = $1 and (o.status <> 'cancelled' or p.state = 'pending')`,
      [shopId],
    )
  ).rows

/** How much is not yet as it will be, by what it waits for. */
export async function countUnsettled(client: Client, shopId: string): Promise<Record<string, number>> {
  const { rows } = await client.query<Record<string, number>>(
    `select
       (select count(*)::int from orders.orders where shop_id = $1 and status = 'placed') as "placed orders",
       (select count(*)::int from orders.order_steps where next_at is not null) as "steps of orders",
       (select count(*)::int from payments.payments where state in ('created', 'pending')) as "open payments",
       (select count(*)::int from payments.operations where state = 'waiting' and kind <> 'look') as "calls to the provider",
       (select count(*)::int from payments.refunds where state in ('waiting', 'sent')) as refunds,
       (select count(*)::int from payments.webhooks where state = 'waiting') as webhooks,
       (select count(*)::int from orders.shipments where state = 'issuing') as shipments,
       (select count(*)::int from orders.returns where state in ('receiving', 'received')) as "goods sent back",
       (select count(*)::int from orders.orders o where o.shop_id = $1 and o.history @> '[["confirmed"]]'
          and not exists (select 1 from notifications.messages m where m.about_id = o.order_id and m.kind = 1)
          and not exists (select 1 from notifications.paged_messages m where m.about_id = o.order_id and m.kind = 1)) as messages`,
    [shopId],
  )
  return rows[0] ?? {}
}

/** The first few calls to the provider that wait, in words. */
export const readWaitingCalls = async (client: Client): Promise<string[]> =>
  (
    await client.query<{ call: string }>(
      `select format('%s for %s: %s attempts, due in %s s%s', o.kind, o.payment_id, o.attempts,
                round(extract(epoch from o.due_at - now())),
                coalesce(', held for ' || round(extract(epoch from o.leased_until - now())) || ' s', '')) ||
              coalesce((select string_agg(format(' [%s %s]', a.outcome, a.detail), '' order by a.fence)
                          from payments.attempts a where a.operation_id = o.operation_id), '') as call
         from payments.operations o where o.state = 'waiting' and o.kind <> 'look' limit 5`,
    )
  ).rows.map(({ call }) => call)

export type OrderMoney = {
  orderId: string
  customerId: string
  status: string
  everConfirmed: boolean
  cancelledByCustomer: boolean
  method: string
  totalMinor: number
  /** Of returns that were settled; of what was refused at the door nothing had been paid. */
  returnedMinor: number
  /** Of our payments; null where the money was never asked for. */
  state: string | null
  capturedMinor: number
  refundedMinor: number
}

export const readMoney = async (client: Client, shopId: string): Promise<OrderMoney[]> =>
  (
    await client.query<OrderMoney>(
      `select o.order_id as "orderId", o.customer_id as "customerId", o.status, o.payment_method as method,
              o.history @> '[["confirmed"]]' as "everConfirmed", o.total_minor::float8 as "totalMinor",
              exists (select 1 from orders.order_steps s where s.order_id = o.order_id and s.reason = 'customer')
                as "cancelledByCustomer",
              coalesce((select sum(r.refund_minor) from orders.returns r
                         where r.order_id = o.order_id and r.state = 'settled'
                           and not (r.origin = 'undelivered' and o.payment_method = 'cash-on-delivery')), 0)::float8
                as "returnedMinor",
              p.state, coalesce(p.captured_minor, 0)::float8 as "capturedMinor",
              coalesce(p.refunded_minor, 0)::float8 as "refundedMinor"
         from orders.orders o left join payments.payments p on p.payment_id = o.order_id where o.shop_id = $1`,
      [shopId],
    )
  ).rows

/** How often the inbox says so, by order and kind of message. */
export const readMessages = async (client: Client, shopId: string) =>
  (
    await client.query<{ orderId: string; kind: number; count: number }>(
      `select about_id as "orderId", kind::int, count(*)::int as count
         from (select id, about_id, kind from notifications.messages where shop_id = $1 and channel = 0 and kind in (1, 5)
               union select id, about_id, kind from notifications.paged_messages where shop_id = $1) m
        group by 1, 2`,
      [shopId],
    )
  ).rows

export const readWallets = async (client: Client) =>
  (
    await client.query<{ customerId: string; balanceMinor: number; creditedMinor: number }>(
      `select w.customer_id as "customerId", w.balance_minor::float8 as "balanceMinor",
              coalesce((select sum(m.amount_minor) from payments.wallet_movements m
                         where m.customer_id = w.customer_id and m.cause = 'credit'), 0)::float8 as "creditedMinor"
         from payments.wallets w`,
    )
  ).rows

export type Shelf = { variantId: string; onHand: number; shipped: number; restocked: number }

/** What lies on the shelves, what left them and what came back, each counted by another service. */
export const readShelves = async (client: Client, shopId: string): Promise<Shelf[]> =>
  (
    await client.query<Shelf>(
      `select i.variant_id as "variantId", i.on_hand::float8 as "onHand",
              coalesce((select sum(l.quantity) from orders.shipment_lines l join orders.shipments s using (shipment_id)
                         where l.variant_id = i.variant_id and s.state in ('issued', 'delivered', 'failed')), 0)::float8
                as shipped,
              coalesce((select sum(l.received) from orders.return_lines l join orders.returns r using (return_id)
                         where l.variant_id = i.variant_id and l.restock and r.state = 'settled'), 0)::float8
                as restocked
         from inventory.items i where i.shop_id = $1`,
      [shopId],
    )
  ).rows
