import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  pictures: (id) => sql`
    select media_id::text as key, to_jsonb(m) as record from media m where shop_id = ${id} and personal`,
}
