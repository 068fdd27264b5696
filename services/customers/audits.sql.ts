import { sql, type Tx } from '@souk/postgres'

export const countCustomers = async (tx: Tx) =>
  (await tx.one<{ count: number }>(sql`select count(*) as count from customers`)).count

/** Address books without exactly one default of each kind. */
export const booksWithoutDefaults = (tx: Tx, limit: number) =>
  tx.many<{ customerId: string; delivery: number; billing: number }>(sql`
    select customer_id as "customerId", count(*) filter (where default_delivery) as delivery,
      count(*) filter (where default_billing) as billing
    from addresses group by customer_id
    having count(*) filter (where default_delivery) <> 1 or count(*) filter (where default_billing) <> 1 limit ${limit}`)

/** Closed, and yet something tells who they were. */
export const closedNotErased = (tx: Tx, limit: number) =>
  tx.many<{ customerId: string }>(sql`
    select c.customer_id as "customerId" from customers c
    where c.closed_at is not null
      and (coalesce(c.email, c.phone, c.gender, c.avatar_url, c.birth_date::text) is not null
        or c.given_name || c.family_name <> ''
        or exists (select from addresses a where a.customer_id = c.customer_id)
        or exists (select from customer_terms t where t.customer_id = c.customer_id))
    limit ${limit}`)

/** Customers who cannot be found by their e-mail address. */
export const customersNotFound = (tx: Tx, limit: number) =>
  tx.many<{ customerId: string }>(sql`
    select c.customer_id as "customerId" from customers c
    where c.email is not null and not exists (select from customer_terms t where t.customer_id = c.customer_id)
    limit ${limit}`)
