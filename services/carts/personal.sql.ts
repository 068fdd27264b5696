import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  carts: (id) => sql`
    select c.cart_id::text as key, to_jsonb(c) - 'token_hash' || jsonb_build_object('items', coalesce((
      select jsonb_agg(to_jsonb(i) - 'cart_id') from cart_items i where i.cart_id = c.cart_id), '[]')) as record
    from carts c where customer_id = ${id}`,
  checkouts: (id) => sql`
    select c.checkout_id::text as key, to_jsonb(c) - 'body_hash' || jsonb_build_object('orders', coalesce((
      select jsonb_agg(to_jsonb(o) - 'checkout_id') from checkout_orders o where o.checkout_id = c.checkout_id), '[]')) as record
    from checkouts c where customer_id = ${id}`,
  wishlist: (id) => sql`select product_id::text as key, to_jsonb(w) as record from wishes w where customer_id = ${id}`,
}
