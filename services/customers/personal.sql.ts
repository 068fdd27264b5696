import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  profile: (id) =>
    sql`select customer_id::text as key, to_jsonb(c) as record from customers c where customer_id = ${id}`,
  addresses: (id) =>
    sql`select address_id::text as key, to_jsonb(a) as record from addresses a where customer_id = ${id}`,
  consents: (id) => sql`
    select to_char(entry_id, 'FM00000000000000000000') as key, to_jsonb(c) as record from consents c where customer_id = ${id}`,
}
