import type { SignIn } from './running.ts'
import { hostile, type Stage } from './test-admin.ts'

/** SOUK_TEST_ORDERS=1000000 proves what it says on the tin; a tenth of them takes 2 s. */
export const manyOrders = Number(process.env.SOUK_TEST_ORDERS ?? 100_000)
/** One each tenth of a second: they reach back a little more than a day. */
const everyMs = 100

/** Orders delivered long ago, in the shop that waits to be verified: written as they would lie there. */
export async function writeOrders({ database, waiting, shopper, nasty }: Stage): Promise<void> {
  await database.query(`select orders.make_partitions_for(array[now(), now() - interval '2 days'])`)
  await database.query(
    `insert into orders.orders (order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method,
                                placed_at, history)
     select (lpad(to_hex(ms), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, $2, $3, 'delivered', 5, 1999, 'EUR',
            'wallet', to_timestamp(ms / 1000.0), jsonb_build_array(jsonb_build_array('delivered', ms))
       from (select n, (extract(epoch from now()) * 1000)::bigint - ($1 - n) * ${everyMs} as ms
               from generate_series(1, $1::bigint) n) drawn`,
    [manyOrders, waiting.id, shopper.accountId],
  )
  await database.query(
    `insert into orders.order_lines_apart (order_id, line_no, variant_id, product_id, sku, title, quantity, unit_price_minor,
                                     total_minor, price_version)
     select order_id, 1, $2, $3, 'HARM', $4, 1, 1999, 1999, 1 from orders.orders where shop_id = $1`,
    [waiting.id, nasty.variantId, nasty.id, hostile],
  )
  await database.query('analyze orders.orders, orders.order_lines_apart')
}

type Page = { items: { id: string }[]; nextCursor: string | null }

/** What the first page of them costs, and the last one: medians of nine requests of 100 orders. */
export async function cursorsTo({ url, database, waiting }: Stage, operator: SignIn) {
  const [row] = await database.query<{ id: string }>(
    `select order_id as id from orders.orders where shop_id = $1 order by order_id offset 100 limit 1`,
    [waiting.id],
  )
  const headers = { 'content-type': 'application/json' }
  const signedIn = await fetch(`${url}/v1/auth/login`, { method: 'POST', headers, body: JSON.stringify(operator) })
  const { accessToken } = (await signedIn.json()) as { accessToken: string }
  const measure = async (query: string) => {
    const took: number[] = []
    let items = 0
    for (let times = 0; times < 9; times++) {
      const began = performance.now()
      const answer = await fetch(`${url}/v1/shops/${waiting.id}/orders?limit=100${query}`, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
      items = ((await answer.json()) as Page).items.length
      took.push(performance.now() - began)
    }
    return { items, medianMs: took.sort((a, b) => a - b)[4] ?? 0 }
  }
  return { first: await measure(''), last: await measure(`&cursor=${row?.id ?? ''}`) }
}
