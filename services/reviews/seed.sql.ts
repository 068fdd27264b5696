import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { Review } from './review.ts'

type Pair = { productId: string; customerId: string }

/** Of these, what has been reviewed. */
export const reviewed = (tx: Tx, pairs: readonly Pair[]) =>
  tx.many<Pair>(sql`
    select r.product_id as "productId", r.customer_id as "customerId" from reviews r
    join unnest(${uuidArray(pairs.map((each) => each.productId))}::uuid[],
      ${uuidArray(pairs.map((each) => each.customerId))}::uuid[]) p(product_id, customer_id) using (product_id, customer_id)`)

/** With their history: written by their authors, approved by a moderator where they are published. */
export const insertSeeded = (tx: Tx, reviews: readonly Review[], moderatorId: string) =>
  tx.run(sql`
    with seeded as (
      insert into reviews (review_id, product_id, shop_id, customer_id, order_id, version, rating, title, body, author,
        state, answer, answered_at, created_at, submitted_at, decided_at)
      select "reviewId", "productId", "shopId", "customerId", "orderId", version, rating, title, text, author,
        state, answer, "answeredAt", "createdAt", "submittedAt", "decidedAt"
      from jsonb_to_recordset(${JSON.stringify(reviews)}::jsonb) as r("reviewId" uuid, "productId" uuid, "shopId" uuid,
        "customerId" uuid, "orderId" uuid, version bigint, rating smallint, title text, text text, author text, state text,
        answer text, "answeredAt" timestamptz, "createdAt" timestamptz, "submittedAt" timestamptz, "decidedAt" timestamptz)
      returning review_id, customer_id, state, answer, created_at)
    insert into review_history (review_id, version, what, by_account, at)
    select review_id, n, what, case n when 1 then customer_id else ${moderatorId}::uuid end, created_at
    from seeded, (values (1, 'written'), (2, 'approved')) v(n, what)
    where n = 1 or state = 'published' order by review_id, n`)
