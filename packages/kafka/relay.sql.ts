import type { Position } from '@souk/events'
import { sql, type Tx } from '@souk/postgres'
import type { Place } from './record.ts'

export type Lease = Place & { epoch: string; resend: boolean }

/** Take what is free, expired or ours already; undefined while somebody else has it. Every taking is a new epoch. */
export const takeLease = (tx: Tx, source: string, holder: string, leaseMs: number) =>
  tx.maybeOne<Lease>(sql`
  insert into leases (source, holder, epoch, expires_at, xid, seq)
  values (${source}, ${holder}, 1, now() + ${leaseMs}::float8 * interval '1 ms', '0', 0)
  on conflict (source) do update
     set holder = excluded.holder, epoch = leases.epoch + 1, expires_at = excluded.expires_at
   where leases.expires_at < now() or leases.holder = excluded.holder
  returning epoch::text, xid::text, seq, resend`)

/** Record what is in Kafka, and stay. Resolves to 0 when another relay has taken over, or somebody has put it back. */
export const recordProgress = (tx: Tx, source: string, epoch: string, to: Position, leaseMs: number) =>
  tx.run(sql`
  update leases set xid = ${to.xid}::xid8, seq = ${to.seq}, resend = false, updated_at = now(),
                    expires_at = now() + ${leaseMs}::float8 * interval '1 ms'
   where source = ${source} and epoch = ${epoch}::bigint`)

/** Stay, without having done anything. */
export const renewLease = (tx: Tx, source: string, epoch: string, leaseMs: number) =>
  tx.run(sql`
  update leases set expires_at = now() + ${leaseMs}::float8 * interval '1 ms'
   where source = ${source} and epoch = ${epoch}::bigint`)

export type Renewal = { source: string; epoch: string; to: Place }

/**
 * Stay with several, and record that everything before these places is in Kafka or is no news. Resolves to those that are
 * still ours. Never backwards: one of them may have sent more meanwhile.
 */
export const renewLeases = async (tx: Tx, renewals: readonly Renewal[], leaseMs: number): Promise<string[]> =>
  (
    await tx.many<{ source: string }>(sql`
    update leases l set expires_at = now() + ${leaseMs}::float8 * interval '1 ms',
           xid = case when r.further then r.xid else l.xid end, seq = case when r.further then r.seq else l.seq end,
           resend = l.resend and not r.further, updated_at = case when r.further then now() else l.updated_at end
      from (select given.*, (given.xid, given.seq) > (kept.xid, kept.seq) as further
              from unnest(${renewals.map(({ source }) => source)}::text[], ${renewals.map(({ epoch }) => epoch)}::bigint[],
                          ${renewals.map(({ to }) => to.xid)}::xid8[], ${renewals.map(({ to }) => to.seq)}::bigint[])
                     as given (source, epoch, xid, seq) join leases kept using (source)) as r
     where l.source = r.source and l.epoch = r.epoch
    returning l.source`)
  ).map(({ source }) => source)

/** Which of these a relay could take: nobody has them, their time is over, or they are its own. */
export const vacantLeases = async (tx: Tx, sources: readonly string[], holder: string): Promise<string[]> =>
  (
    await tx.many<{ source: string }>(sql`
    select source from unnest(${sources}::text[]) as wanted (source)
     where not exists (select from leases l
                        where l.source = wanted.source and l.expires_at >= now() and l.holder <> ${holder})`)
  ).map(({ source }) => source)

/** The next one need not wait. */
export const giveLeaseBack = (tx: Tx, source: string, epoch: string) =>
  tx.run(sql`update leases set expires_at = now() where source = ${source} and epoch = ${epoch}::bigint`)

export const listLeases = (tx: Tx) =>
  tx.many<Place & { source: string; holder: string; epoch: string; held: boolean; updatedAt: Date }>(sql`
  select source, holder, epoch::text, expires_at > now() as held, xid::text, seq, updated_at as "updatedAt"
    from leases order by source`)

/** Have everything from a place on sent again. The relay at work finds itself fenced, and begins there. */
export const putBack = (tx: Tx, source: string, to: Place) =>
  tx.run(sql`
  update leases set xid = ${to.xid}::xid8, seq = ${to.seq}, resend = true, epoch = epoch + 1, expires_at = now()
   where source = ${source}`)
