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

/** What stands at an address. */
export const serverAt = (tx: Tx) =>
  tx.one<{ version: string; major: number; encoding: string; database: string; isReplica: boolean }>(sql`
    select split_part(current_setting('server_version'), ' ', 1) as version,
      current_setting('server_version_num')::int / 10000 as major, current_setting('server_encoding') as encoding,
      current_database()::text as database, pg_is_in_recovery() as "isReplica"`)

/** Locks are a database's own: two addresses at which the same one is held are the same database. */
export const holdMark = (tx: Tx, mark: number) => tx.one(sql`select pg_advisory_xact_lock(${mark}::bigint)`)
export const isMarkFree = async (tx: Tx, mark: number): Promise<boolean> =>
  (await tx.one<{ free: boolean }>(sql`select pg_try_advisory_xact_lock(${mark}::bigint) as free`)).free

/** Whether anybody sells or has sold something here. */
export async function holdsGoods(tx: Tx): Promise<boolean> {
  const { there } = await tx.one<{ there: boolean }>(
    sql`select to_regclass('catalog.products') is not null and to_regclass('orders.orders') is not null as there`,
  )
  if (!there) return false
  const { some } = await tx.one<{ some: boolean }>(
    sql`select exists (select from catalog.products) or exists (select from orders.orders) as some`,
  )
  return some
}
