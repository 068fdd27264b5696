import { sql, type Tx, uuidArray } from '@souk/postgres'

export const maxWishes = 500

/** @returns 0 when it is there already, or the list is full */
export const addWish = (tx: Tx, customerId: string, productId: string, now: Date) =>
  tx.run(sql`
    insert into wishes (customer_id, product_id, added_at)
    select ${customerId}::uuid, ${productId}::uuid, ${now}::timestamptz
    where (select count(*) from wishes where customer_id = ${customerId}) < ${maxWishes}
    on conflict do nothing`)

export const hasWish = async (tx: Tx, customerId: string, productId: string): Promise<boolean> =>
  (await tx.maybeOne(sql`select from wishes where customer_id = ${customerId} and product_id = ${productId}`)) !==
  undefined

export const removeWish = (tx: Tx, customerId: string, productId: string) =>
  tx.run(sql`delete from wishes where customer_id = ${customerId} and product_id = ${productId}`)

export type Wish = { productId: string; addedAt: Date }

/** The newest first. */
export const listWishes = (tx: Tx, customerId: string, after: { at: Date; id: string } | undefined, limit: number) =>
  tx.many<Wish>(sql`
    select product_id as "productId", added_at as "addedAt" from wishes where customer_id = ${customerId}
      ${after === undefined ? sql`` : sql`and (added_at, product_id) < (${after.at}, ${after.id}::uuid)`}
    order by added_at desc, product_id desc limit ${limit}`)

/** Of people whose accounts were closed. */
export const forgetWishes = (tx: Tx, customerIds: readonly string[]) =>
  tx.run(sql`delete from wishes where customer_id = any(${uuidArray(customerIds)}::uuid[])`)
