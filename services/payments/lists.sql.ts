import { sql, type Tx } from '@souk/postgres'

export type Listed = { askingId: string; place: number; paymentId: string }

/**
 * A shop's payments, those asked for last first. They were asked for in batches, so a place in the list is a batch and a
 * place in it.
 */
export const listOfShop = (
  tx: Tx,
  shopId: string,
  before: { askingId: string; place: number } | undefined,
  limit: number,
) =>
  tx.many<Listed>(sql`
    select a.asking_id as "askingId", t.place::int as place, t.payment_id as "paymentId"
    from (
      select asking_id, payment_ids from askings
      where shop_id = ${shopId} and asking_id <= coalesce(${before?.askingId ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by asking_id desc limit ${limit}::int + 1) a
      cross join lateral unnest(a.payment_ids) with ordinality as t (payment_id, place)
    where a.asking_id < coalesce(${before?.askingId ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      or t.place < ${before?.place ?? 2_147_483_647}
    order by a.asking_id desc, t.place desc limit ${limit}`)

export type Troubled = { paymentId: string; alarm: string | null; waitsFor: string | null }

/** Payments a person has to look at: an alarm, or something at a provider that failed more than five times. */
export const listTroubled = (tx: Tx, after: string | null, limit: number) =>
  tx.many<Troubled>(sql`
    select i.payment_id as "paymentId", i.alarm, w.kinds as "waitsFor"
    from (
      select payment_id from intents where alarm is not null
      union select payment_id from operations where state = 'waiting' and attempts > 5 and kind <> 'look') t
      join intents i using (payment_id)
      left join lateral (
        select string_agg(kind, ', ' order by kind) as kinds from operations o
        where o.payment_id = t.payment_id and o.state = 'waiting' and o.attempts > 5 and o.kind <> 'look') w on true
    where i.payment_id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
    order by i.payment_id limit ${limit}`)

/** Of all, or of one shop. */
export const ledgerBalances = (tx: Tx, shopId: string | null) =>
  tx.many<{ account: string; currency: string; balanceMinor: number }>(sql`
    select p.account, j.currency, sum(p.amount_minor)::bigint as "balanceMinor"
    from postings p join journals j using (journal_id)
    where ${shopId}::uuid is null or j.shop_id = ${shopId}::uuid
    group by p.account, j.currency order by j.currency, p.account`)
