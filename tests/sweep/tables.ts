import type { Stage } from './stage.ts'

/**
 * Written by whoever asks, whatever the answer: the trail of sign-ins and its seals, what is counted of tries, remembered
 * answers, how far consumers are, rows derived from others by a job. None of it is anybody's goods, money or rights.
 */
const beside = new Set([
  'auth_events',
  'auth_event_seals',
  'sign_in_attempts',
  'idempotency_keys',
  'consumer_offsets',
  'audit_marks',
  'listings',
  'migrations',
  // When providers are asked, and what they said. What comes of it is in payments, refunds and journals.
  'operations',
  'attempts',
  // How far the look for forgotten orders is.
  'saga_watch',
])
/** When a key or a session was last used is noted in passing; which products lists show yet is kept by a job. */
const passing = ['last_used_at', 'listed', 'relist_due']

type Query = Stage['query']

const schemas = [
  'identity',
  'customers',
  'shops',
  'catalog',
  'inventory',
  'orders',
  'payments',
  'notifications',
  'carts',
  'reviews',
  'settings',
]

const tablesOf = (query: Query) =>
  query<{ name: string; table: string }>(
    `select schemaname || '.' || tablename as name, tablename as "table" from pg_tables
      where schemaname in (${schemas.map((name) => `'${name}'`).join()}) order by 1`,
  )

type Checksums = Map<string, string>

/** What every table of every service holds, as one number each. */
async function checksums(query: Query): Promise<Checksums> {
  const tables = (await tablesOf(query)).filter(({ table }) => !beside.has(table))
  const parts = tables.map(
    ({ name }) =>
      `select '${name}' as name, count(*) || ' rows ' || coalesce(sum(hashtextextended(
         (to_jsonb(t) - '{${passing.join()}}'::text[])::text, 0)::numeric)::text, '') as sum from ${name} t`,
  )
  const rows = await query<{ name: string; sum: string }>(parts.join(' union all '))
  return new Map(rows.map(({ name, sum }) => [name, sum]))
}

/** Names of the tables that hold something else than before. */
const changedTables = (before: Checksums, after: Checksums): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))

/** Other tests' transactions on the same server hold back what consumers may read; until then silence means nothing. */
async function eventsAreReadable(query: Query): Promise<boolean> {
  const outboxes = schemas.map(
    (schema) => `select 1 from ${schema}.outbox where xid >= pg_snapshot_xmin(pg_current_snapshot())`,
  )
  return (await query(outboxes.join(' union all '))).length === 0
}

/** A provider that is being asked, or soon will be, and steps of orders about to be taken: silence before a change. */
const nothingUnderWay = async (query: Query): Promise<boolean> =>
  (
    await query(`
      select 1 from payments.operations
       where state = 'waiting' and (leased_until > now() or due_at < now() + interval '3 seconds')
      union all
      select 1 from orders.order_steps where state in ('due', 'undoing') and next_at < now() + interval '3 seconds'`)
  ).length === 0

/** Resolves when nothing has changed for a while: events were read, jobs have done what they had to do. */
export async function untilQuiet(query: Query, quietMs = 1_000): Promise<Checksums> {
  let before = await checksums(query)
  for (let tries = 0; tries < 60; tries += 1) {
    const allReadable = (await eventsAreReadable(query)) && (await nothingUnderWay(query))
    await new Promise((resolve) => setTimeout(resolve, quietMs))
    const after = await checksums(query)
    if (allReadable && changedTables(before, after).length === 0) return after
    before = after
  }
  throw new Error(`never quiet: ${changedTables(before, await checksums(query)).join(', ')}`)
}

export type Watch = {
  /** Tables that hold something else than when they were last looked at: each change is told once, to whoever made it. */
  changed(): Promise<string[]>
}

export async function watchTables(query: Query): Promise<Watch> {
  let before = await untilQuiet(query)
  return {
    async changed() {
      const after = await checksums(query)
      const changed = changedTables(before, after)
      before = after
      return changed
    },
  }
}

/** Where a text stands, in any column of any row of any table: "identity.accounts". */
export async function tablesHolding(query: Query, text: string, except: readonly string[] = []): Promise<string[]> {
  const tables = (await tablesOf(query)).filter(({ name }) => !except.includes(name))
  const parts = tables.map(
    ({ name }) => `select '${name}' as name from ${name} t where t::text like $1 or t::text like $2`,
  )
  // Binary columns are shown in hexadecimal.
  const hex = Buffer.from(text).toString('hex')
  const rows = await query<{ name: string }>(parts.join(' union '), [`%${text}%`, `%${hex}%`])
  return rows.map(({ name }) => name).sort()
}
