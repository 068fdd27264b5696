import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { migrate, type ServiceSchema } from './migrate.ts'

type Table = { oid: number; name: string; kind: 'r' | 'p' | 'v' | 'm'; acl: string[] | null; definition: string }
type Named = { owner: number; text: string }
type Routine = { signature: string; definition: string; acl: string[] | null }

/**
 * A schema as its migrations leave it, written to be read: tables with their constraints, indexes, triggers and comments,
 * then functions. The same database always gives the same text. Left out: the `migrations` table; partitions named after
 * a date, which come and go; compression, which depends on how the server was built; grants that every table has.
 * @param url of a user who may see the catalogue: any that may connect.
 */
export async function dumpSchema(url: string, schema: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, application_name: 'souk schema' })
  await client.connect()
  try {
    // So that names of this schema are written without it, and all others with theirs.
    await client.query(`set search_path = ${pg.escapeIdentifier(schema)}`)
    const many = async <Row extends pg.QueryResultRow>(text: string) => (await client.query<Row>(text, [schema])).rows
    const tables = await many<Table>(tablesOf)
    const about = byOwner([
      ...(await many<Named>(indexesOf)),
      ...(await many<Named>(triggersOf)),
      ...(await many<Named>(commentsOf)),
      ...(await many<Named>(columnGrantsOf)),
    ])
    const parts = [
      ...(await many<{ text: string }>(typesOf)).map((row) => row.text),
      ...(await many<{ text: string }>(sequencesOf)).map((row) => row.text),
      ...tables.map((table) =>
        [table.definition, ...(about.get(table.oid) ?? []), ...grants(table.acl, `TABLE ${table.name}`, usual(schema))]
          .join('\n')
          .trim(),
      ),
      ...(await many<Routine>(routinesOf)).map(({ definition, signature, acl }) =>
        [
          `${definition.replace(`FUNCTION ${schema}.`, 'FUNCTION ').replace(`PROCEDURE ${schema}.`, 'PROCEDURE ').trim()};`,
          ...grants(acl, `FUNCTION ${signature}`, []),
        ].join('\n'),
      ),
    ]
    return `${header(schema)}\n${parts.join('\n\n')}\n`
  } finally {
    await client.end()
  }
}

/** A service, and where its dump is kept: `services/orders/schema.sql`. */
export type SchemaFile = ServiceSchema & { file: URL }

/**
 * Write the dump of every service to its file, from a database made for it and dropped again.
 * @param url of a user who may create databases and roles, on any database of the server.
 * @param secret the one the server's roles were made with: another would change the passwords of a running marketplace.
 * @returns the services whose file has changed.
 */
export async function writeSchemas(url: string, services: readonly SchemaFile[], secret: string): Promise<string[]> {
  const name = `schema_${randomUUID().slice(0, 8)}`
  const scratch = new URL(url)
  scratch.pathname = `/${name}`
  const admin = new pg.Client({ connectionString: url, application_name: 'souk schema' })
  await admin.connect()
  try {
    await admin.query(`create database ${name}`)
    const { rolesSeparated } = await migrate({ url: scratch.href, services, secret })
    if (!rolesSeparated) throw new Error('writing schemas needs a user who may create roles: grants are part of them')
    const changed: string[] = []
    for (const { service, file } of services) {
      const dump = await dumpSchema(scratch.href, service)
      if ((await readFile(file, 'utf8').catch(() => '')) === dump) continue
      await writeFile(file, dump)
      changed.push(service)
    }
    return changed
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  }
}

const header = (
  schema: string,
): string => `-- The tables and functions of ${schema} as its migrations leave them: to read, never to run.
-- Written by \`npm run schema\`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_${schema} may select, insert, update and delete, and nobody else may do anything.
`

const usual = (schema: string) => [`souk_${schema}=arwd`]

const privileges: Record<string, string> = {
  a: 'INSERT',
  r: 'SELECT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
}

/** What an access list says beyond the usual. Lists are `role=letters/grantor`; the owner's own entry is no news. */
function grants(acl: readonly string[] | null, object: string, usual: readonly string[]): string[] {
  if (acl === null) return []
  const given = acl
    .map((entry) => /^(.*)=([a-zA-Z*]*)\/(.*)$/.exec(entry)?.slice(1) as [string, string, string])
    .filter(([role, , grantor]) => role !== grantor)
    .map(([role, letters]) => `${role}=${letters}`)
    .sort()
  if (given.join() === usual.join()) return []
  if (given.length === 0) return [`-- No grants: nobody but the owner may use ${object}.`]
  return given.map((entry) => {
    const [role, letters] = entry.split('=') as [string, string]
    const names = [...letters.replaceAll('*', '')].map((letter) => privileges[letter] ?? letter)
    return `GRANT ${names.join(', ')} ON ${object} TO ${role === '' ? 'PUBLIC' : role};`
  })
}

function byOwner(rows: readonly Named[]): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const { owner, text } of rows) found.set(owner, [...(found.get(owner) ?? []), text])
  return found
}

const notOfExtension = (oid: string) =>
  `not exists (select from pg_depend e where e.objid = ${oid} and e.deptype = 'e')`

/** Partitions such as orders_2026_11 or order_keys_2026_11_21. */
const isDated = (name: string) => `${name} ~ '[0-9]{4}_?[0-9]{2}(_?[0-9]{2})?$'`

const listed = `n.nspname = $1 and c.relname <> 'migrations'
  and not (c.relispartition and ${isDated('c.relname')}) and ${notOfExtension('c.oid')}`

const tablesOf = `
  select c.oid, quote_ident(c.relname) as name, c.relkind as kind, c.relacl::text[] as acl,
    case
      when c.relkind in ('v', 'm') then
        'CREATE ' || case c.relkind when 'm' then 'MATERIALIZED ' else '' end || 'VIEW ' || quote_ident(c.relname)
        || ' AS' || E'\\n' || pg_get_viewdef(c.oid, true)
      else
        'CREATE ' || case c.relpersistence when 'u' then 'UNLOGGED ' else '' end || 'TABLE ' || quote_ident(c.relname)
        || case when c.relispartition
             then ' PARTITION OF ' || (select i.inhparent::regclass::text from pg_inherits i where i.inhrelid = c.oid)
               || ' ' || pg_get_expr(c.relpartbound, c.oid)
             else E' (\\n' || array_to_string(
               array(
                 select '  ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                   || coalesce(' COLLATE ' || (select quote_ident(l.collname) from pg_collation l
                        where l.oid = a.attcollation and a.attcollation <> t.typcollation), '')
                   || case when a.attidentity = 'a' then ' GENERATED ALWAYS AS IDENTITY'
                           when a.attidentity = 'd' then ' GENERATED BY DEFAULT AS IDENTITY'
                           when a.attgenerated <> '' then ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ')'
                             || case a.attgenerated when 's' then ' STORED' else '' end
                           else coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') end
                   || case when a.attnotnull then ' NOT NULL' else '' end
                 from pg_attribute a
                 join pg_type t on t.oid = a.atttypid
                 left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 order by a.attnum)
               || array(
                 select '  CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, true)
                 from pg_constraint k
                 where k.conrelid = c.oid and k.conparentid = 0 and k.contype in ('p', 'u', 'f', 'c', 'x')
                 order by array_position(array['p', 'u', 'f', 'c', 'x'], k.contype::text), k.conname collate "C"),
               E',\\n') || E'\\n)' end
        || coalesce(' PARTITION BY ' || pg_get_partkeydef(c.oid), '')
        || coalesce(' WITH (' || (select string_agg(o, ', ' order by o collate "C") from unnest(c.reloptions) o) || ')', '')
        || ';'
    end as definition
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${listed} and c.relkind in ('r', 'p', 'v', 'm')
  order by c.relname collate "C"`

const indexesOf = `
  select x.indrelid as owner,
    replace(replace(pg_get_indexdef(x.indexrelid, 0, true), ' ON ONLY ', ' ON '), ' USING btree', '') || ';' as text
  from pg_index x
  join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_class i on i.oid = x.indexrelid
  where ${listed} and not i.relispartition
    and not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.conrelid = x.indrelid)
  order by i.relname collate "C"`

const triggersOf = `
  select t.tgrelid as owner, pg_get_triggerdef(t.oid, true) || ';' as text
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where ${listed} and not t.tgisinternal and t.tgparentid = 0
  order by t.tgname collate "C"`

const commentsOf = `
  select c.oid as owner,
    'COMMENT ON ' || case when s.objsubid = 0 then 'TABLE ' || quote_ident(c.relname)
      else 'COLUMN ' || quote_ident(c.relname) || '.' || quote_ident(a.attname) end
      || ' IS ' || quote_literal(s.description) || ';' as text
  from pg_description s
  join pg_class c on c.oid = s.objoid and s.classoid = 'pg_class'::regclass
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attribute a on a.attrelid = c.oid and a.attnum = s.objsubid
  where ${listed} and c.relkind in ('r', 'p', 'v', 'm')
  order by s.objsubid`

const columnGrantsOf = `
  select c.oid as owner,
    '-- On column ' || quote_ident(a.attname) || ': '
      || array_to_string(array(select e::text from unnest(a.attacl) e order by 1), ', ') as text
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where ${listed} and a.attacl is not null and a.attnum > 0
  order by a.attnum`

const typesOf = `
  select case t.typtype
      when 'e' then 'CREATE TYPE ' || quote_ident(t.typname) || ' AS ENUM ('
        || (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
        || ');'
      else 'CREATE DOMAIN ' || quote_ident(t.typname) || ' AS ' || format_type(t.typbasetype, t.typtypmod)
        || case when t.typnotnull then ' NOT NULL' else '' end || coalesce(' DEFAULT ' || t.typdefault, '')
        || coalesce((select string_agg(' ' || pg_get_constraintdef(k.oid, true), '' order by k.conname collate "C")
             from pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '') || ';'
    end as text
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where n.nspname = $1 and t.typtype in ('e', 'd') and ${notOfExtension('t.oid')}
  order by t.typname collate "C"`

const sequencesOf = `
  select 'CREATE SEQUENCE ' || quote_ident(c.relname) || ' AS ' || format_type(s.seqtypid, null)
    || ' START ' || s.seqstart || ' INCREMENT ' || s.seqincrement || case when s.seqcycle then ' CYCLE' else '' end || ';' as text
  from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
  where ${listed} and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i')
  order by c.relname collate "C"`

const routinesOf = `
  select p.oid::regprocedure::text as signature, pg_get_functiondef(p.oid) as definition, p.proacl::text[] as acl
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = $1 and p.prokind in ('f', 'p', 'w') and ${notOfExtension('p.oid')}
  order by p.oid::regprocedure::text collate "C"`
