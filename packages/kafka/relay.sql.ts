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

/** The next one need not wait. */
export const giveLeaseBack = (tx: Tx, source: string, epoch: string) =>
  tx.run(sql`update leases set expires_at = now() where source = ${source} and epoch = ${epoch}::bigint`)

export const findProgress = (tx: Tx, source: string) =>
  tx.maybeOne<Place>(sql`select xid::text, seq from leases where source = ${source}`)

export const listLeases = (tx: Tx) =>
  tx.many<Place & { source: string; holder: string; epoch: string; held: boolean; updatedAt: Date }>(sql`
  select source, holder, epoch::text, expires_at > now() as held, xid::text, seq, updated_at as "updatedAt"
    from leases order by source`)

/** Have everything from a place on sent again. The relay at work finds itself fenced, and begins there. */
export const putBack = (tx: Tx, source: string, to: Place) =>
  tx.run(sql`
  update leases set xid = ${to.xid}::xid8, seq = ${to.seq}, resend = true, epoch = epoch + 1, expires_at = now()
   where source = ${source}`)
