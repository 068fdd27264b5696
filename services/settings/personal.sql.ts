import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

export const personalSections: PersonalSections = {
  settings: (id) => sql`
    select key as key, to_jsonb(s) as record from settings s where scope = 'user' and owner_id = ${id}`,
  settingHistory: (id) => sql`
    select to_char(entry_id, 'FM00000000000000000000') as key, to_jsonb(h) as record from setting_history h
    where scope = 'user' and owner_id = ${id}`,
}
