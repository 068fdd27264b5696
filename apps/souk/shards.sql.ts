import { sql, type Tx } from '@souk/postgres'

// For operators, as the owner of the databases.

/** What lies on a database. Orders as the planner estimates them: counting millions would take minutes. */
export const sizeOfShard = (tx: Tx) =>
  tx.one<{ bytes: number; orders: number; shopIds: string[] }>(sql`
    select pg_database_size(current_database())::bigint as bytes,
      (select coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'orders.orders'::regclass) as orders,
      (select coalesce(array_agg(shop_id::text), '{}') from catalog.shops) as "shopIds"`)

export const shopIdOf = (tx: Tx, slug: string) =>
  tx.maybeOne<{ shopId: string }>(sql`select shop_id as "shopId" from catalog.shops where slug = ${slug} limit 1`)
