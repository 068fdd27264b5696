import { bucketOf, identifier, type Sql, sql, type Tx } from '@souk/postgres'
import type { TableMove } from './bucket-tables.ts'

// Rows of any service on their way from one database to another, as the owner of the tables. Every name comes from what
// services declare or from the catalogue of the database.

const raw = (text: string): Sql => sql([text] as unknown as TemplateStringsArray)
const listed = (parts: readonly Sql[]): Sql => parts.reduce((all, part) => sql`${all}, ${part}`)
const names = (columns: readonly string[]): Sql => listed(columns.map((column) => identifier(column)))

export const both = (one: Sql, other: Sql): Sql => sql`${one} and ${other}`

/** Rows that are to arrive wait in a schema that no service looks into. */
const waitingSchema = 'moving'

/** A table that moves: from where, how, and where its rows wait. */
export type MovingTable = {
  service: string
  name: string
  move: Exclude<TableMove, 'stays'>
  /** In their order; those that are made anew are left out. */
  columns: readonly string[]
  key: readonly string[]
  isPartitioned: boolean
}

export const live = ({ service, name }: Pick<MovingTable, 'service' | 'name'>): Sql => identifier(service, name)

export const waitingTable = (moveId: string, service: string, name: string): Sql =>
  identifier(waitingSchema, `${moveId.slice(-12)}_${service}_${name}`.slice(0, 63))
const waiting = (moveId: string, { service, name }: MovingTable): Sql => waitingTable(moveId, service, name)

export const describeTable = (tx: Tx, service: string, name: string) =>
  tx.one<{ columns: string[]; key: string[]; isPartitioned: boolean }>(sql`
    select c.relkind = 'p' as "isPartitioned",
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      (select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) from pg_index i
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey::int2[])
        where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c where c.oid = ${`${service}.${name}`}::text::regclass`)

export const tablesOf = async (tx: Tx, service: string): Promise<string[]> =>
  (
    await tx.many<{ name: string }>(sql`
      select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${service} and c.relkind in ('r', 'p') and not c.relispartition order by 1`)
  ).map(({ name }) => name)

/** Text of rows must mean the same on both sides. */
export async function speakAlike(tx: Tx): Promise<void> {
  await tx.run(sql`set local timezone = 'UTC'`)
  await tx.run(sql`set local datestyle = 'ISO'`)
  await tx.run(sql`set local intervalstyle = 'postgres'`)
  await tx.run(sql`set local extra_float_digits = 1`)
  await tx.run(sql`set local bytea_output = 'hex'`)
}

/** Each statement of the transaction from here on takes so long at most. */
export const limitStatements = (tx: Tx, ms: number) =>
  tx.one(sql`select set_config('statement_timeout', ${String(Math.max(1, Math.trunc(ms)))}, true)`)

export const snapshotNow = async (tx: Tx): Promise<string> =>
  (await tx.one<{ snapshot: string }>(sql`select pg_current_snapshot()::text as snapshot`)).snapshot

export const isBucketIn = (column: string, buckets: readonly number[]): Sql =>
  sql`(('x' || substr(${identifier(column)}::text, 16, 3))::bit(12)::int % 1024) = any(${buckets}::int[])`

/** The condition under which a row moves. Tables that know only the shop are asked which shops there are. */
export async function isMoving(tx: Tx, table: MovingTable, buckets: readonly number[]): Promise<Sql> {
  const { move } = table
  if ('ofAll' in move) return sql`true`
  if ('ofId' in move) return isBucketIn(move.ofId, buckets)
  const wanted = new Set(buckets)
  const shops = await tx.many<{ shop: string }>(
    sql`select distinct ${identifier(move.ofShop)}::text as shop from ${live(table)}`,
  )
  const here = shops.map(({ shop }) => shop).filter((shop) => wanted.has(bucketOf(shop)))
  return sql`${identifier(move.ofShop)} = any(${here}::uuid[])`
}

export async function makeWaitingTable(tx: Tx, moveId: string, table: MovingTable): Promise<void> {
  await tx.run(sql`create schema if not exists ${identifier(waitingSchema)}`)
  await tx.run(sql`
    create unlogged table ${waiting(moveId, table)} as select ${names(table.columns)} from ${live(table)} with no data`)
  await tx.run(sql`create unique index on ${waiting(moveId, table)} (${names(table.key)})`)
}

/** Those of one move; of all there are when none is named. */
export async function dropWaiting(tx: Tx, moveId?: string): Promise<void> {
  const beginsWith = moveId === undefined ? '' : `${moveId.slice(-12)}_`
  const found = await tx.many<{ name: string }>(sql`
    select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${waitingSchema} and c.relkind = 'r' and starts_with(c.relname::text, ${beginsWith})`)
  for (const { name } of found) await tx.run(sql`drop table if exists ${identifier(waitingSchema, name)}`)
}

const rowsAtOnce = 2_000
const asText = (table: MovingTable): Sql => sql`row(${names(table.columns)})::text`

/** Rows as text, some thousands at a time, from a snapshot that stays the same. */
export async function* readRows(tx: Tx, table: MovingTable, where: Sql): AsyncGenerator<string[]> {
  await tx.run(sql`declare moving no scroll cursor for select ${asText(table)} as r from ${live(table)} where ${where}`)
  for (;;) {
    const rows = await tx.many<{ r: string }>(raw(`fetch ${rowsAtOnce} from moving`))
    if (rows.length > 0) yield rows.map(({ r }) => r)
    if (rows.length < rowsAtOnce) break
  }
  await tx.run(sql`close moving`)
}

export const writeWaiting = (tx: Tx, moveId: string, table: MovingTable, rows: readonly string[]) => {
  const changes = listed(table.columns.map((column) => sql`${identifier(column)} = excluded.${identifier(column)}`))
  const into = waiting(moveId, table)
  return tx.run(sql`
    insert into ${into} select (s.r).* from (select x::${into} as r from unnest(${rows}::text[]) x offset 0) s
    on conflict (${names(table.key)}) do update set ${changes}`)
}

/**
 * Rows written since a snapshot was taken, and some that it saw: everything from the oldest transaction on that was under
 * way then. A snapshot does not know the numbers of savepoints, which are higher than that of the transaction they are in.
 * Of the 64 bits of a number rows keep 32; the others are those of now, or of the round before.
 */
export async function isSince(tx: Tx, snapshot: string): Promise<Sql> {
  const { now, round, oldest } = await tx.one<{ now: string; round: string; oldest: string }>(sql`
    select pg_snapshot_xmax(pg_current_snapshot())::text as now,
      ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint >> 32) << 32)::text as round,
      pg_snapshot_xmin(${snapshot}::text::pg_snapshot)::text as oldest`)
  const whole = sql`(${round}::text::bigint | xmin::text::bigint)`
  return sql`(case when ${whole} > ${now}::text::bigint then ${whole} - 4294967296 else ${whole} end)
    >= ${oldest}::text::bigint`
}

export type Sum = { rows: number; sum: string }

const summed = (columns: readonly string[]): Sql =>
  sql`count(*)::bigint as rows, coalesce(sum(hashtextextended(row(${names(columns)})::text, 0)::numeric), 0)::text as sum`

export const sumOf = (tx: Tx, table: MovingTable, where: Sql) =>
  tx.one<Sum>(sql`select ${summed(table.columns)} from ${live(table)} where ${where}`)

export const sumWaiting = (tx: Tx, moveId: string, table: MovingTable) =>
  tx.one<Sum>(sql`select ${summed(table.columns)} from ${waiting(moveId, table)}`)

export const keysOf = async (tx: Tx, table: MovingTable, where: Sql): Promise<string[]> =>
  (
    await tx.many<{ k: string }>(sql`select row(${names(table.key)})::text as k from ${live(table)} where ${where}`)
  ).map(({ k }) => k)

/** Rows that were deleted at the source since they were copied. */
export const keepOnly = (tx: Tx, moveId: string, table: MovingTable, keys: readonly string[]) =>
  tx.run(sql`
    delete from ${waiting(moveId, table)} here
    where not exists (select from unnest(${keys}::text[]) k where k = row(${names(table.key)})::text)`)

/** @returns how many rows arrived. */
export async function insertArrived(tx: Tx, moveId: string, table: MovingTable): Promise<number> {
  const { move } = table
  const from = waiting(moveId, table)
  if ('ofAll' in move) {
    await tx.run(move.merge(live(table), from))
    return 0
  }
  if (move.unique !== undefined) {
    const { column, among } = move.unique
    const id = identifier('ofId' in move ? move.ofId : move.ofShop)
    const same = among
      .map((each) => sql`here.${identifier(each)} = there.${identifier(each)}`)
      .reduce((all, one) => sql`${all} and ${one}`)
    await tx.run(sql`
      update ${from} there set ${identifier(column)} = ${identifier(column)} || ' ' || ${id}::text
      where exists (select from ${live(table)} here where ${same})`)
  }
  const changes = listed(table.columns.map((column) => sql`${identifier(column)} = excluded.${identifier(column)}`))
  const conflict = move.replaces ? sql`on conflict (${names(table.key)}) do update set ${changes}` : sql``
  return tx.run(sql`
    insert into ${live(table)} (${names(table.columns)}) select ${names(table.columns)} from ${from} ${conflict}`)
}

export const deleteRows = (tx: Tx, table: MovingTable, where: Sql) =>
  tx.run(sql`delete from ${live(table)} where ${where}`)

/** Nobody writes what moves any more, whatever he thinks of the map. Deadlocks cannot be: nobody works here. */
export async function lockTables(tx: Tx, tables: readonly MovingTable[]): Promise<void> {
  await tx.run(sql`set local lock_timeout = '2s'`)
  await tx.run(sql`lock table ${listed(tables.map(live))} in share row exclusive mode`)
}

/** Partitions by time that the other database has and this one has not made, or has dropped. */
export async function makePartitions(source: Tx, destination: Tx, table: MovingTable): Promise<void> {
  const partitions = (tx: Tx) =>
    tx.many<{ name: string; bound: string; options: string | null }>(sql`
      select c.relname::text as name, pg_get_expr(c.relpartbound, c.oid) as bound, array_to_string(c.reloptions, ', ') as options
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = ${`${table.service}.${table.name}`}::text::regclass`)
  const here = new Set((await partitions(destination)).map(({ name }) => name))
  for (const { name, bound, options } of await partitions(source)) {
    if (here.has(name)) continue
    const text = raw(`${bound}${options === null ? '' : ` with (${options})`}`)
    await destination.run(sql`create table ${identifier(table.service, name)} partition of ${live(table)} ${text}`)
  }
}

/** Said by every connection of a mover: what of, and whose it is. */
export const moverName = (moveId: string, mover: string): string => `souk move ${moveId.slice(-12)} ${mover.slice(-4)}`

/** Who died or hangs while moving may still have a transaction open, with locks that others wait for. */
export const endSessionsOfMovers = (tx: Tx) =>
  tx.many(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name like 'souk move %' and application_name <> current_setting('application_name')
      and datname = current_database()`)

/** The last place in a service's outbox, to see whether anything was announced meanwhile. */
export const lastAnnounced = (tx: Tx, service: string) =>
  tx.maybeOne<{ xid: string; seq: number }>(sql`
    select o.xid::text as xid, o.seq from ${identifier(service, 'outbox')} o order by o.xid desc, o.seq desc limit 1`)

/** Whoever works there in the name of these services, asleep or not, is thrown out; he may come in again and ask. */
export const endSessionsOf = (tx: Tx, services: readonly string[]) =>
  tx.many(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = any(${services.map((service) => `souk ${service}`)}::text[]) and pid <> pg_backend_pid()
      and datname = current_database()`)

export const countParked = async (tx: Tx, service: string): Promise<number> =>
  (
    await tx.one<{ n: number }>(
      sql`select count(*)::int as n from ${identifier(service, 'dead_letters')} where state = 'parked'`,
    )
  ).n
