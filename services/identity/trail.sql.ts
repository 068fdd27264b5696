import { type Sql, sql, type Tx } from '@souk/postgres'

export type TrailRow = {
  seq: number
  occurredAt: Date
  kind: string
  accountId: string | null
  actorId: string | null
  sessionId: string | null
  address: string
  emailMasked: string
  correlationId: string
  detail: Record<string, unknown>
}

/** @param json an array of trail rows without `seq`, as JSON. */
export const insertTrail = (tx: Tx, json: string) =>
  tx.run(sql`
    insert into auth_events (occurred_at, kind, account_id, actor_id, session_id, address, email_masked, correlation_id, detail)
    select "occurredAt", kind, "accountId", "actorId", "sessionId", address, "emailMasked", "correlationId", detail
      from jsonb_to_recordset(${json}::jsonb)
        as event ("occurredAt" timestamptz, kind text, "accountId" uuid, "actorId" uuid, "sessionId" uuid, address text,
                  "emailMasked" text, "correlationId" text, detail jsonb)`)

export type TrailFilter = {
  /** About one account. */
  accountId?: string | undefined
  /** About one of these, or done by one of them. */
  people?: readonly string[] | undefined
  kind?: string | undefined
  without?: 'refreshed' | undefined
  /** From this time on, until before that. */
  from?: Date | undefined
  until?: Date | undefined
}

/** Newest first. */
export const readTrail = (
  tx: Tx,
  {
    beforeSeq,
    limit,
    accountId,
    people,
    kind,
    without,
    from,
    until,
  }: TrailFilter & { beforeSeq: number | undefined; limit: number },
) =>
  tx.many<TrailRow>(sql`
    select seq, occurred_at as "occurredAt", kind, account_id as "accountId", actor_id as "actorId",
           session_id as "sessionId", address, email_masked as "emailMasked", correlation_id as "correlationId", detail
      from auth_events
     where true ${beforeSeq === undefined ? sql`` : sql`and seq < ${beforeSeq}`}
       ${accountId === undefined ? sql`` : sql`and account_id = ${accountId}`}
       ${people === undefined ? sql`` : sql`and (account_id = any(${people}::uuid[]) or actor_id = any(${people}::uuid[]))`}
       ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
       ${without === undefined ? sql`` : sql`and kind <> 'refreshed'`}
       ${from === undefined ? sql`` : sql`and occurred_at >= ${from}`}
       ${until === undefined ? sql`` : sql`and occurred_at < ${until}`}
     order by seq desc limit ${limit}`)

// Every column that says what happened, in a form that depends on no setting of the connection.
const rowsDigest: Sql = sql`
  sha256(convert_to(coalesce(string_agg(jsonb_build_array(seq, xid::text, extract(epoch from occurred_at), kind, account_id,
    actor_id, session_id, address, email_masked, correlation_id, detail)::text, E'\n' order by xid, seq), ''), 'UTF8'))`

export type UnsealedRow = {
  number: number
  fromXid: string
  untilXid: string
  events: number
  rowsDigest: Buffer
  previousLink: Buffer | null
}

/**
 * What has happened since the last seal, as far as it is final: events of transactions below the snapshot's xmin, so
 * that none can turn up behind the seal. At most some `limit` events, but always whole transactions.
 */
export const unsealed = (tx: Tx, limit: number) =>
  tx.one<UnsealedRow>(sql`
    with last as (
      (select number, until_xid from auth_event_seals order by number desc limit 1)
      union all select 0, '0'::xid8 order by number desc limit 1
    ), edge as (
      select least(pg_snapshot_xmin(pg_current_snapshot()),
                   (select xid from auth_events where xid >= last.until_xid order by xid, seq offset ${limit} limit 1)) as xid
        from last
    )
    select last.number + 1 as number, last.until_xid::text as "fromXid", edge.xid::text as "untilXid",
           (select link from auth_event_seals where auth_event_seals.number = last.number) as "previousLink",
           sealed.events, sealed.digest as "rowsDigest"
      from last, edge, lateral (
        select count(*)::int as events, ${rowsDigest} as digest
          from auth_events where auth_events.xid >= last.until_xid and auth_events.xid < edge.xid) as sealed`)

export type SealRow = Omit<UnsealedRow, 'previousLink'> & { link: Buffer }

export const insertSeal = (tx: Tx, seal: SealRow, now: Date) =>
  tx.run(sql`
    insert into auth_event_seals (number, from_xid, until_xid, events, rows_digest, link, sealed_at)
    values (${seal.number}, ${seal.fromXid}::xid8, ${seal.untilXid}::xid8, ${seal.events}, ${seal.rowsDigest},
            ${seal.link}, ${now})`)

/** Seals after a number, each with what its events add up to now. */
export const sealsToVerify = (tx: Tx, afterNumber: number, limit: number) =>
  tx.many<SealRow & { eventsNow: number; digestNow: Buffer }>(sql`
    select number, from_xid::text as "fromXid", until_xid::text as "untilXid", events, rows_digest as "rowsDigest", link,
           now_there.found as "eventsNow", now_there.digest as "digestNow"
      from auth_event_seals, lateral (
        select count(*)::int as found, ${rowsDigest} as digest
          from auth_events where xid >= from_xid and xid < until_xid) as now_there
     where number > ${afterNumber} order by number limit ${limit}`)

/** The last seal wholly before a snapshot (text of pg_snapshot): where checking what is newer begins. */
export const lastSealBefore = (tx: Tx, snapshot: string) =>
  tx.one<{ number: number }>(sql`
    select coalesce(max(number), 0) as number from auth_event_seals
     where until_xid <= pg_snapshot_xmin(${snapshot}::pg_snapshot)`)

export const sealByNumber = (tx: Tx, number: number) =>
  tx.maybeOne<{ link: Buffer; untilXid: string }>(sql`
    select link, until_xid::text as "untilXid" from auth_event_seals where number = ${number}`)
