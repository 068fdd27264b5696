import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { ConsentSource, Purpose } from './customer.ts'

export type Consent = {
  entryId: number
  purpose: Purpose
  given: boolean
  wordingVersion: string
  source: ConsentSource
  at: Date
}

const columns = sql`entry_id as "entryId", purpose, given, wording_version as "wordingVersion", source, at`

/** What holds: the last entry of each purpose. */
export const currentConsents = (tx: Tx, customerId: string) =>
  tx.many<Consent>(sql`
    select distinct on (purpose) ${columns} from consents where customer_id = ${customerId}
    order by purpose, entry_id desc`)

/** The purposes each of them consents to at this moment. */
export const givenConsents = (tx: Tx, customerIds: readonly string[]) =>
  tx.many<{ customerId: string; purposes: string[] }>(sql`
    select customer_id as "customerId", array_agg(purpose order by purpose) as purposes from (
      select distinct on (customer_id, purpose) customer_id, purpose, given from consents
      where customer_id = any(${uuidArray(customerIds)}::uuid[]) order by customer_id, purpose, entry_id desc) last
    where given group by customer_id`)

/** The newest first. */
export const consentHistory = (tx: Tx, customerId: string, before: number | undefined, limit: number) =>
  tx.many<Consent>(sql`
    select ${columns} from consents where customer_id = ${customerId}
      ${before === undefined ? sql`` : sql`and entry_id < ${before}`}
    order by entry_id desc limit ${limit}`)

/** Of each of them everything given is taken back, about the wording it was given to. */
export const takeBackConsents = (tx: Tx, customerIds: readonly string[], now: Date) =>
  tx.many<Consent & { customerId: string }>(sql`
    insert into consents (customer_id, purpose, given, wording_version, source, at)
    select customer_id, purpose, false, wording_version, 'closing', ${now} from (
      select distinct on (customer_id, purpose) customer_id, purpose, given, wording_version from consents
      where customer_id = any(${uuidArray(customerIds)}::uuid[]) order by customer_id, purpose, entry_id desc) last
    where given returning customer_id as "customerId", ${columns}`)

export const insertConsent = (tx: Tx, customerId: string, consent: Omit<Consent, 'entryId'>) =>
  tx.one<Consent>(sql`
    insert into consents (customer_id, purpose, given, wording_version, source, at)
    values (${customerId}, ${consent.purpose}, ${consent.given}, ${consent.wordingVersion}, ${consent.source}, ${consent.at})
    returning ${columns}`)
