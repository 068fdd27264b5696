import { sql, type Tx } from '@souk/postgres'

export const countCheckouts = async (tx: Tx) =>
  (await tx.one<{ count: number }>(sql`select count(*) as count from checkouts`)).count

/** Checkouts that are done and have a shop that has not answered, or no shop at all; or all-or-nothing ones that are neither. */
export const checkoutsNotWhole = (tx: Tx, limit: number) =>
  tx.many<{ checkoutId: string; pending: number; placed: number; refused: number; allOrNothing: boolean }>(sql`
    select c.checkout_id as "checkoutId", count(*) filter (where o.outcome is null or o.outcome = 'pending') as pending,
      count(*) filter (where o.outcome = 'placed' and o.refusal is null) as placed,
      count(*) filter (where o.outcome = 'refused') as refused, c.all_or_nothing as "allOrNothing"
    from checkouts c left join checkout_orders o using (checkout_id)
    where c.state = 'done' group by c.checkout_id
    having count(*) filter (where o.outcome is null or o.outcome = 'pending') > 0
      or (c.all_or_nothing and count(*) filter (where o.outcome = 'placed' and o.refusal is null) > 0
        and count(*) filter (where o.outcome = 'refused') > 0)
    limit ${limit}`)

/** Checkouts nobody has brought to an end. */
export const checkoutsStuck = (tx: Tx, limit: number) =>
  tx.many<{ checkoutId: string; createdAt: Date; attempts: number }>(sql`
    select checkout_id as "checkoutId", created_at as "createdAt", attempts from checkouts
    where state <> 'done' and created_at < now() - interval '5 minutes' limit ${limit}`)

/** Two orders of one shop from one cart, of checkouts that were open at the same time. */
export const overlappingCheckouts = (tx: Tx, limit: number) =>
  tx.many<{ checkoutId: string; otherId: string }>(sql`
    select a.checkout_id as "checkoutId", b.checkout_id as "otherId"
    from checkouts a join checkouts b on a.cart_id = b.cart_id and a.checkout_id < b.checkout_id
    where b.created_at < a.done_at limit ${limit}`)
