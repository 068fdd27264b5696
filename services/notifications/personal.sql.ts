import { sql } from '@souk/postgres'
import type { PersonalSections } from '@souk/service'
import { allKinds, kindOf } from './kinds.ts'
import { channels } from './message.ts'

const kindNames = JSON.stringify(Object.fromEntries(allKinds.map((kind) => [kindOf(kind).number, kind])))
const channelNames = JSON.stringify(Object.fromEntries(channels.map((channel, number) => [number, channel])))

export const personalSections: PersonalSections = {
  recipient: (id) => sql`
    select account_id::text as key, to_jsonb(r) as record from recipients r where account_id = ${id}`,
  messages: (id) => sql`
    select id::text as key, to_jsonb(m) || jsonb_build_object('kind', ${kindNames}::jsonb->m.kind::text,
      'channel', ${channelNames}::jsonb->m.channel::text) as record
    from messages m where customer_id = ${id}`,
  orderMessages: (id) => sql`
    select m.id::text as key, jsonb_build_object('id', m.id, 'about_id', m.about_id, 'shop_id', m.shop_id,
      'kind', ${kindNames}::jsonb->m.kind::text, 'at', to_timestamp(m.at_ms / 1000.0)) as record
    from paged_messages m where m.customers @> array[${id}::uuid] and m.customer_id = ${id}`,
  deliveries: (id) => sql`
    select d.message_id::text as key, jsonb_build_object('message_id', d.message_id, 'state', d.state, 'attempts', d.attempts,
      'due_at', d.due_at, 'cause', d.cause) as record
    from messages m join deliveries d on d.message_id = m.id where m.customer_id = ${id}`,
}
