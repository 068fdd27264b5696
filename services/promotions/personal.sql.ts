import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  points: (id) =>
    sql`select shop_id::text as key, to_jsonb(b) as record from point_balances b where customer_id = ${id}`,
  pointEntries: (id) => sql`
    select entry_id::text as key, to_jsonb(e) as record from point_entries e where customer_id = ${id}`,
}
