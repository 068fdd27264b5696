import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  orders: (id) => sql`
    select o.order_id::text as key, to_jsonb(o) - 'lines' || jsonb_build_object(
      'lines', (select jsonb_agg(to_jsonb(l) - 'order_id' order by l.line_no) from order_lines l where l.order_id = o.order_id),
      'details', (select d.details from order_details d where d.order_id = o.order_id),
      'shipments', (select jsonb_agg(to_jsonb(s) - array['order_id', 'actor_id'] order by s.shipment_id)
        from shipments s where s.order_id = o.order_id)) as record
    from orders o where o.customer_id = ${id}`,
  returns: (id) => sql`
    select r.return_id::text as key, to_jsonb(r) - 'actor_id' || jsonb_build_object('lines', (
      select jsonb_agg(to_jsonb(l) - 'return_id' order by l.line_no) from return_lines l where l.return_id = r.return_id)) as record
    from orders o join returns r using (order_id) where o.customer_id = ${id}`,
  vouchers: (id) => sql`
    select u.order_id || ' ' || u.voucher_id as key, to_jsonb(u) as record
    from orders o join order_uses u using (order_id) where o.customer_id = ${id}`,
  // Of orders that were taken and are still to be placed, or were refused.
  requests: (id) => sql`
    select q.order_id::text as key, to_jsonb(q) - 'body_hash' as record from order_requests q where q.customer_id = ${id}`,
}
