import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  reviews: (id) => sql`
    select review_id::text as key, to_jsonb(r) || jsonb_build_object('history', coalesce((
      select jsonb_agg(to_jsonb(h) - array['review_id', 'by_account'] order by h.entry_id) from review_history h
      where h.review_id = r.review_id), '[]')) as record
    from reviews r where customer_id = ${id}`,
  votes: (id) =>
    sql`select review_id::text as key, to_jsonb(v) as record from helpful_votes v where customer_id = ${id}`,
  reports: (id) => sql`select review_id::text as key, to_jsonb(r) as record from reports r where customer_id = ${id}`,
  purchases: (id) =>
    sql`select product_id::text as key, to_jsonb(p) as record from purchases p where customer_id = ${id}`,
}
