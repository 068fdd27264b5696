import { sql, type Tx } from '@souk/postgres'

/** Noticed longer ago and still not written. */
export const lateDue = (tx: Tx, most: number) =>
  tx.many<{ subject: string; message: string }>(sql`
    select product_id as subject, 'has waited for the index since ' || since as message from due
    where since < now() - interval '1 minute' order by mark limit ${most}`)

export const countDue = async (tx: Tx): Promise<number> =>
  (await tx.one<{ count: number }>(sql`select count(*) as count from (select from due limit 100000) d`)).count

/** In the index, but of a shop that is not open, and nobody is about to take them out. */
export const hiddenButFound = (tx: Tx, most: number) =>
  tx.many<{ subject: string; message: string }>(sql`
    select d.product_id as subject, 'is found, but its shop ' || d.shop_id || ' is ' || s.status as message
    from shops s join documents d on d.shop_id = s.shop_id and d.generation = (select active from index_state)
    where s.status <> 'open' and s.remark_after is null
      and not exists (select from due u where u.product_id = d.product_id)
    limit ${most}`)

/** The sale price of these is over, and nobody has noticed. */
export const unturnedSales = (tx: Tx, most: number) =>
  tx.many<{ subject: string; message: string }>(sql`
    select sale_window_id as subject, 'should have changed a price at ' || turn_at as message from sales
    where turn_at < now() - interval '1 minute' limit ${most}`)
