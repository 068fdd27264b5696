import { sql, uuidArray } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

/** What opens a payment at its provider (token, secret, address) is the provider's, and told to nobody. */
export const personalSections: PersonalSections = {
  // A payment has the id of its order. What is paid at the door is nowhere kept by customer.
  payments: (id, orderIds) => sql`
    select p.payment_id::text as key, to_jsonb(p) || coalesce(to_jsonb(i), '{}') - array['token', 'client_secret', 'redirect_url'] ||
      jsonb_build_object('refunds', coalesce((
        select jsonb_agg(to_jsonb(r) - 'payment_id') from refunds r where r.payment_id = p.payment_id), '[]')) as record
    from payments p left join intents i using (payment_id)
    where p.payment_id = any(${uuidArray(orderIds)}::uuid[]) and p.customer_id = ${id}`,
  wallets: (id) => sql`select currency as key, to_jsonb(w) as record from wallets w where customer_id = ${id}`,
  walletMovements: (id) => sql`
    select movement_id::text as key, to_jsonb(m) as record from wallet_movements m where customer_id = ${id}`,
}
