import { sql, type Tx, uuidArray } from '@souk/postgres'

export type Purchase = { customerId: string; productId: string; shopId: string; orderId: string; deliveredAt: Date }

/** Those known already stay as they are: one statement, however many. */
export const learnPurchases = (tx: Tx, purchases: readonly Purchase[]) =>
  tx.run(sql`
    insert into purchases (customer_id, product_id, shop_id, order_id, delivered_at)
    select * from unnest(${uuidArray(purchases.map((each) => each.customerId))}::uuid[],
      ${uuidArray(purchases.map((each) => each.productId))}::uuid[],
      ${uuidArray(purchases.map((each) => each.shopId))}::uuid[],
      ${uuidArray(purchases.map((each) => each.orderId))}::uuid[],
      ${purchases.map((each) => each.deliveredAt)}::timestamptz[])
    order by 1, 2
    on conflict do nothing`)

export const findPurchase = (tx: Tx, customerId: string, productId: string) =>
  tx.maybeOne<Purchase>(sql`
    select customer_id as "customerId", product_id as "productId", shop_id as "shopId", order_id as "orderId",
      delivered_at as "deliveredAt"
    from purchases where customer_id = ${customerId} and product_id = ${productId}`)

/** What a customer got and has not written about, by product. */
export const unreviewed = (tx: Tx, customerId: string, after: string | undefined, limit: number) =>
  tx.many<Purchase>(sql`
    select p.customer_id as "customerId", p.product_id as "productId", p.shop_id as "shopId", p.order_id as "orderId",
      p.delivered_at as "deliveredAt"
    from purchases p
    where p.customer_id = ${customerId} and p.product_id > ${after ?? '00000000-0000-0000-0000-000000000000'}
      and not exists (select from reviews r where r.product_id = p.product_id and r.customer_id = p.customer_id)
    order by p.product_id limit ${limit}`)
