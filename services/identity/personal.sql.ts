import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'

/** Passwords, secrets of second factors and keys are kept as digests or sealed, and told to nobody. */
export const personalSections: PersonalSections = {
  account: (id) => sql`
    select id::text as key, to_jsonb(a) - array['password_hash', 'email_key'] as record from accounts a where id = ${id}`,
  roles: (id) => sql`select role as key, to_jsonb(r) as record from account_roles r where account_id = ${id}`,
  duties: (id) => sql`select shop_id::text as key, to_jsonb(m) as record from shop_members m where account_id = ${id}`,
  sessions: (id) => sql`select id::text as key, to_jsonb(s) as record from sessions s where account_id = ${id}`,
  apiKeys: (id) => sql`
    select id::text as key, to_jsonb(k) - array['secret_hash', 'previous_hash'] as record from api_keys k where account_id = ${id}`,
  secondFactor: (id) => sql`
    select account_id::text as key, jsonb_build_object('account_id', account_id) as record from second_factors
    where account_id = ${id}`,
  trail: (id) => sql`
    select to_char(seq, 'FM00000000000000000000') as key, to_jsonb(e) - 'xid' as record from auth_events e
    where account_id = ${id} or actor_id = ${id}`,
}
