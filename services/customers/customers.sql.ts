import { type Sql, sql, type Tx, uuidArray } from '@souk/postgres'
import { type Preferences, termsOf } from './customer.ts'

export type Customer = {
  customerId: string
  version: number
  events: number
  email: string | null
  guest: boolean
  givenName: string
  familyName: string
  phone: string | null
  birthDate: string | null
  /** In the customer's own words. */
  gender: string | null
  avatarMediaId: string | null
  avatarUrl: string | null
  language: string
  currency: string
  preferences: Partial<Preferences>
  preferencesVersion: number
  createdAt: Date
  changedAt: Date
  /** When the account was closed and everything personal erased. */
  closedAt: Date | null
}

const columns = sql`c.customer_id as "customerId", c.version, c.events, c.email, c.guest, c.given_name as "givenName",
  c.family_name as "familyName", c.phone, c.birth_date::text as "birthDate", c.gender,
  c.avatar_media_id as "avatarMediaId", c.avatar_url as "avatarUrl", c.closed_at as "closedAt", c.language, c.currency, c.preferences,
  c.preferences_version as "preferencesVersion", c.created_at as "createdAt", c.changed_at as "changedAt"`

export const findCustomer = (tx: Tx, customerId: string) =>
  tx.maybeOne<Customer>(sql`select ${columns} from customers c where c.customer_id = ${customerId}`)

export const findCustomers = (tx: Tx, customerIds: readonly string[]) =>
  tx.many<Customer>(
    sql`select ${columns} from customers c where c.customer_id = any(${uuidArray(customerIds)}::uuid[])`,
  )

/** Customers whom identity has not told us of yet: somebody may be faster than the news. */
export const ensureCustomer = (tx: Tx, customerId: string, now: Date) =>
  tx.run(sql`
    insert into customers (customer_id, events, created_at, changed_at) values (${customerId}, 0, ${now}, ${now})
    on conflict do nothing`)

/** What changes a customer or the address book waits here for its turn. */
export const lockCustomer = (tx: Tx, customerId: string) =>
  tx.one<Customer>(sql`select ${columns} from customers c where c.customer_id = ${customerId} for update`)

export const lockCustomers = (tx: Tx, customerIds: readonly string[]) =>
  tx.many<Customer>(sql`
    select ${columns} from customers c where c.customer_id = any(${uuidArray(customerIds)}::uuid[])
    order by c.customer_id for update`)

export const updateCustomer = (tx: Tx, customer: Customer) =>
  tx.run(sql`
    update customers set version = ${customer.version}, events = ${customer.events}, given_name = ${customer.givenName},
      family_name = ${customer.familyName}, phone = ${customer.phone}, birth_date = ${customer.birthDate}::date,
      gender = ${customer.gender}, avatar_media_id = ${customer.avatarMediaId}, avatar_url = ${customer.avatarUrl},
      language = ${customer.language}, currency = ${customer.currency},
      preferences = ${JSON.stringify(customer.preferences)}::jsonb, preferences_version = ${customer.preferencesVersion},
      changed_at = ${customer.changedAt}
    where customer_id = ${customer.customerId}`)

export type NewCustomer = {
  customerId: string
  email: string
  guest: boolean
  givenName: string
  familyName: string
  at: Date
}

/**
 * What identity announced, many at once, each customer once. Names are taken over until somebody has changed their
 * profile; e-mail address and whether it is a guest are always identity's.
 */
export const knowAccounts = (tx: Tx, accounts: readonly NewCustomer[], now: Date) =>
  tx.many<Customer & { created: boolean }>(sql`
    insert into customers as c (customer_id, email, guest, given_name, family_name, created_at, changed_at)
    select id, email, guest, given_name, family_name, at, ${now}::timestamptz from unnest(
      ${uuidArray(accounts.map((each) => each.customerId))}::uuid[], ${accounts.map((each) => each.email)}::text[],
      ${accounts.map((each) => each.guest)}::boolean[], ${accounts.map((each) => each.givenName)}::text[],
      ${accounts.map((each) => each.familyName)}::text[], ${accounts.map((each) => each.at)}::timestamptz[])
      as news (id, email, guest, given_name, family_name, at)
    on conflict (customer_id) do update set email = excluded.email, guest = excluded.guest,
      given_name = case when c.version = 1 then excluded.given_name else c.given_name end,
      family_name = case when c.version = 1 then excluded.family_name else c.family_name end,
      events = c.events + 1, changed_at = excluded.changed_at
    where (c.email, c.guest) is distinct from (excluded.email, excluded.guest) and c.closed_at is null
    returning ${columns}, (c.events = 1) as created`)

/**
 * Erase everything personal of customers whose accounts were closed; of each once. Their ids stay, and so do consents,
 * which somebody may have to prove.
 */
export const eraseCustomers = async (tx: Tx, customerIds: readonly string[], now: Date): Promise<Customer[]> => {
  const ids = uuidArray(customerIds)
  await tx.run(sql`
    insert into customers (customer_id, events, created_at, changed_at)
    select id, 0, ${now}::timestamptz, ${now}::timestamptz from unnest(${ids}::uuid[]) as id on conflict do nothing`)
  const erased = await tx.many<Customer>(sql`
    update customers c set email = null, guest = false, given_name = '', family_name = '', phone = null,
      birth_date = null, gender = null, avatar_media_id = null, avatar_url = null, language = 'en', currency = 'EUR',
      preferences = '{}', version = version + 1, preferences_version = preferences_version + 1, events = events + 1,
      changed_at = ${now}, closed_at = ${now}
    where customer_id = any(${ids}::uuid[]) and closed_at is null returning ${columns}`)
  await tx.run(sql`delete from addresses where customer_id = any(${ids}::uuid[])`)
  await tx.run(sql`delete from customer_terms where customer_id = any(${ids}::uuid[])`)
  return erased
}

/** Their terms, in place of those they had. */
export const replaceTerms = async (tx: Tx, customers: readonly Customer[]) => {
  const ids = uuidArray(customers.map((each) => each.customerId))
  await tx.run(sql`delete from customer_terms where customer_id = any(${ids}::uuid[])`)
  const terms = customers.flatMap((each) => termsOf(each).map((term) => ({ customerId: each.customerId, term })))
  await tx.run(sql`
    insert into customer_terms (customer_id, term)
    select distinct * from unnest(${uuidArray(terms.map((each) => each.customerId))}::uuid[],
      ${terms.map((each) => each.term)}::text[])`)
}

export type FoundCustomer = Customer & { term: string }
/** Behind this term and customer. */
export type After = { term: string; id: string } | undefined

/** By the beginning of the e-mail address or of a word of the name; a customer with two such terms by the first alone. */
export const searchCustomers = (prefix: string, end: string, after: After, limit: number): Sql => sql`
  select ${columns}, t.term from customer_terms t join customers c using (customer_id)
  where t.term >= ${prefix} and t.term < ${end}
    ${after === undefined ? sql`` : sql`and (t.term, t.customer_id) > (${after.term}, ${after.id}::uuid)`}
    and not exists (
      select from customer_terms e where e.customer_id = t.customer_id and e.term >= ${prefix} and e.term < t.term)
  order by t.term, t.customer_id limit ${limit}`

/** The newest first. */
export const listCustomers = (after: After, limit: number): Sql => sql`
  select ${columns}, '' as term from customers c
  ${after === undefined ? sql`` : sql`where c.customer_id < ${after.id}::uuid`}
  order by c.customer_id desc limit ${limit}`

export const runList = (tx: Tx, list: Sql) => tx.many<FoundCustomer>(list)
