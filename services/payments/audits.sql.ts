import { firstIdAt, sql, timeInId, type Tx } from '@souk/postgres'

/** Since when: the smallest id of that instant. Payments' ids tell when their orders were placed, journals' when written. */
export type Since = string

/** Payments asked for since then, and older ones that something has been entered for. */
const scope = (since: Since) => sql`
  scope as (
    select payment_id from payments where payment_id >= ${since}::uuid
    union
    select u.id from journals j cross join lateral unnest(j.subject_ids) as u (id)
      where j.journal_id >= ${since}::uuid and j.kind in ('authorised', 'captured', 'released')
    union
    select r.payment_id from journals j cross join lateral unnest(j.subject_ids) as u (id) join refunds r on r.refund_id = u.id
      where j.journal_id >= ${since}::uuid and j.kind like 'refund%')`

export const countPayments = async (tx: Tx, since: Since) =>
  (await tx.one<{ count: number }>(sql`with ${scope(since)} select count(*) from scope`)).count

export const countJournals = async (tx: Tx, since: Since) =>
  (await tx.one<{ count: number }>(sql`select count(*) from journals where journal_id >= ${since}::uuid`)).count

export type Faulty = { subject: string; message: string }

export const unbalancedJournals = (tx: Tx, since: Since, limit: number) =>
  tx.many<Faulty>(sql`
    select 'journal ' || journal_id as subject, format('its postings sum to %s', sum(amount_minor)) as message
    from postings where journal_id >= ${since}::uuid
    group by journal_id having sum(amount_minor) <> 0 order by journal_id limit ${limit}`)

/** Each kind of journal moves one sum that its payments or refunds tell, too. */
export const unexplainedJournals = (tx: Tx, since: Since, limit: number) =>
  tx.many<Faulty>(sql`
    with
      entered as (
        select j.journal_id, j.kind, coalesce(sum(case
          when j.kind = 'authorised' and p.account = 'receivable' then p.amount_minor
          when j.kind = 'released' and p.account = 'receivable' then -p.amount_minor
          when j.kind = 'captured' and p.account in ('shop-payable', 'commission', 'tax') then -p.amount_minor
          when j.kind = 'refund-promised' and p.account = 'refunds' then -p.amount_minor
          when j.kind in ('refund-paid', 'refund-failed') and p.account = 'refunds' then p.amount_minor
          when j.kind = 'credit' and p.account = 'goodwill' then p.amount_minor end), 0) as minor
        from journals j left join postings p using (journal_id) where j.journal_id >= ${since}::uuid group by j.journal_id, j.kind),
      named as (
        select j.journal_id, count(u.id) filter (where pay.payment_id is null and r.refund_id is null and m.movement_id is null) as unknown,
          coalesce(sum(case j.kind when 'captured' then pay.captured_minor when 'authorised' then pay.amount_minor
            when 'released' then pay.amount_minor when 'credit' then m.amount_minor else r.amount_minor end), 0) as minor
        from journals j cross join lateral unnest(j.subject_ids) as u (id)
          left join payments pay on pay.payment_id = u.id and j.kind in ('authorised', 'captured', 'released')
            and pay.shop_id = j.shop_id and pay.currency = j.currency
          left join refunds r on r.refund_id = u.id and j.kind like 'refund%'
          left join wallet_movements m on m.movement_id = u.id and j.kind = 'credit' and m.currency = j.currency
        where j.journal_id >= ${since}::uuid group by j.journal_id)
    select format('journal %s (%s)', journal_id, e.kind) as subject,
      format('moves %s, its payments and refunds %s; %s of them unknown', e.minor, n.minor, n.unknown) as message
    from entered e join named n using (journal_id) where e.minor <> n.minor or n.unknown > 0
    order by journal_id limit ${limit}`)

/** A promise, a collection, a letting go: each is entered once, if it happened, and never if it did not. */
export async function miscountedEntries(tx: Tx, since: Since, limit: number): Promise<Faulty[]> {
  const oldest = await tx.maybeOne<{ payment_id: string }>(
    sql`with ${scope(since)} select payment_id from scope order by payment_id limit 1`,
  )
  if (oldest === undefined) return []
  // Nothing is entered for an order before it was placed; a minute for clocks that differ.
  const from = firstIdAt(Math.max(0, timeInId(oldest.payment_id) - 60_000))
  return tx.many<Faulty>(sql`
    with
      ${scope(since)},
      entered as (
        select u.id as payment_id, count(*) filter (where j.kind = 'authorised') as authorised,
          count(*) filter (where j.kind = 'captured') as captured, count(*) filter (where j.kind = 'released') as released
        from journals j cross join lateral unnest(j.subject_ids) as u (id)
        where j.kind in ('authorised', 'captured', 'released') and j.journal_id >= ${from}::uuid
        group by u.id),
      happened as (
        select p.payment_id, p.state,
          (select count(*) from jsonb_array_elements(p.history) h where h ->> 0 = 'authorised') as authorised,
          (p.state in ('captured', 'partly-refunded', 'refunded'))::int as captured,
          (select count(*) from jsonb_array_elements(p.history) h where h ->> 0 = 'voided') as released
        from payments p join scope using (payment_id))
    select 'payment ' || h.payment_id as subject,
      format('is %s; promised, collected, let go: %s %s %s times, entered %s %s %s times', h.state, h.authorised, h.captured,
        h.released, coalesce(e.authorised, 0), coalesce(e.captured, 0), coalesce(e.released, 0)) as message
    from happened h left join entered e using (payment_id)
    where (h.authorised, h.captured, h.released)
      is distinct from (coalesce(e.authorised, 0), coalesce(e.captured, 0)::int, coalesce(e.released, 0))
    order by h.payment_id limit ${limit}`)
}

/** What a payment says of its refunds is what they come to. */
export const wrongRefunds = (tx: Tx, since: Since, limit: number) =>
  tx.many<Faulty>(sql`
    with ${scope(since)}
    select 'payment ' || p.payment_id as subject,
      format('captured %s, refunded %s, its refunds come to %s', p.captured_minor, p.refunded_minor,
        coalesce(r.minor, 0)) as message
    from payments p join scope using (payment_id)
      left join lateral (select sum(amount_minor) as minor from refunds r
        where r.payment_id = p.payment_id and r.state <> 'failed') r on p.captured_minor > 0
    where p.refunded_minor <> coalesce(r.minor, 0) or p.refunded_minor > p.captured_minor
    order by p.payment_id limit ${limit}`)

export type PathCount = { path: string[]; state: string; version: number; payments: number; example: string }

export const paymentPaths = (tx: Tx, since: Since) =>
  tx.many<PathCount>(sql`
    with ${scope(since)}
    select array(select h ->> 0 from jsonb_array_elements(p.history) h) as path, p.state, p.version,
      count(*)::int as payments, min(p.payment_id::text) as example
    from payments p join scope using (payment_id) group by 1, 2, 3`)

export const countWallets = async (tx: Tx) => (await tx.one<{ count: number }>(sql`select count(*) from wallets`)).count

export const wrongWallets = (tx: Tx, limit: number) =>
  tx.many<Faulty>(sql`
    select format('wallet of %s in %s', customer_id, currency) as subject,
      format('holds %s, its movements come to %s', coalesce(w.balance_minor, 0), coalesce(m.minor, 0)) as message
    from wallets w full join (
      select customer_id, currency, sum(amount_minor) as minor from wallet_movements group by customer_id, currency) m
      using (customer_id, currency)
    where coalesce(w.balance_minor, 0) <> coalesce(m.minor, 0) or w.balance_minor < 0
    order by 1 limit ${limit}`)

/** Accounts whose balance does not follow from payments, refunds and wallets. Reads everything. */
export const wrongAccounts = (tx: Tx, limit: number) =>
  tx.many<Faulty>(sql`
    with
      booked as (
        select case when p.account in ('shop-payable', 'commission', 'tax') then 'shop-payable, commission and tax'
                    when p.account in ('cash', 'fees') or p.account like 'clearing:%' then 'collected'
                    else p.account end as account,
          j.currency, sum(p.amount_minor)::bigint as minor
        from postings p join journals j using (journal_id) group by 1, 2),
      paid as (
        select currency, sum(amount_minor) filter (where state = 'authorised') as promised,
          sum(captured_minor) as captured, sum(captured_minor) filter (where method <> 'wallet') as collected,
          sum(refunded_minor) as refunded
        from payments where state <> 'called-off' group by currency),
      sent as (
        select p.currency, sum(r.amount_minor) filter (where r.state in ('waiting', 'sent')) as owed,
          sum(r.amount_minor) filter (where r.state = 'settled' and not r.to_wallet) as gone
        from refunds r join payments p using (payment_id) group by p.currency),
      held as (select currency, sum(balance_minor) as minor from wallets group by currency),
      given as (select currency, sum(amount_minor) as minor from wallet_movements where cause = 'credit' group by currency),
      told as (
        select 'receivable' as account, currency, coalesce(promised, 0) as minor from paid
        union all select 'orders', currency, -coalesce(promised, 0) from paid
        union all select 'shop-payable, commission and tax', currency, refunded - captured from paid
        union all select 'collected', currency, coalesce(collected, 0) - coalesce(gone, 0) from paid left join sent using (currency)
        union all select 'refunds', currency, -coalesce(owed, 0) from sent
        union all select 'wallet', currency, -minor from held
        union all select 'goodwill', currency, minor from given)
    select format('account %s in %s', account, currency) as subject,
      format('the ledger says %s, payments, refunds and wallets %s', coalesce(b.minor, 0), coalesce(t.minor, 0)) as message
    from booked b full join told t using (account, currency)
    where coalesce(b.minor, 0) <> coalesce(t.minor, 0) order by 1 limit ${limit}`)

/** What should have moved on by itself long ago. */
export const stuckMoney = (tx: Tx, before: Date, limit: number) =>
  tx.many<Faulty>(sql`
    select 'operation ' || operation_id as subject,
      format('%s of payment %s has been due since %s and nobody took it', kind, payment_id, due_at) as message
    from operations where state = 'waiting' and due_at < ${before} and coalesce(leased_until, due_at) < ${before}
    union all
    select 'refund ' || refund_id, format('of payment %s waits, and nobody is to send it', payment_id)
    from refunds r where state = 'waiting' and asked_at < ${before} and not exists (
      select from operations o where o.refund_id = r.refund_id and o.state = 'waiting')
    union all
    select 'payment ' || payment_id, 'has been created, and nobody is to ask for the money'
    from intents i join payments p using (payment_id)
    where p.state = 'created' and i.asked_at < ${before} and not exists (
      select from operations o where o.payment_id = i.payment_id and o.kind in ('authorise', 'look') and o.state = 'waiting')
    union all
    select 'payment ' || g.payment_id, format('is to be given back since %s, and is %s', g.ordered_at, p.state)
    from give_backs g join payments p using (payment_id)
    where g.state = 'waiting' and g.ordered_at < ${before} and p.state not in ('created', 'pending', 'authorised')
    union all
    select 'webhook ' || webhook_id, format('about payment %s waits although it is known', w.payment_id)
    from webhooks w join intents i on i.payment_id = w.payment_id and i.provider = w.provider
    where w.state = 'waiting' and w.due_at < ${before}
    order by 1 limit ${limit}`)

export const countWaiting = async (tx: Tx) =>
  (await tx.one<{ count: number }>(sql`select count(*) from operations where state = 'waiting'`)).count

/** Payments that an attempt says succeeded, and that never were. */
export const unbelievedAttempts = (tx: Tx, since: Since, limit: number) =>
  tx.many<Faulty>(sql`
    select 'payment ' || o.payment_id as subject,
      format('an attempt to %s succeeded, and the payment is %s', o.kind, p.state) as message
    from attempts a join operations o using (operation_id) join payments p on p.payment_id = o.payment_id
      join intents i on i.payment_id = p.payment_id
    where o.payment_id >= ${since}::uuid and a.outcome = 'succeeded' and i.alarm is null
      and ((o.kind = 'authorise' and p.state in ('created', 'pending', 'failed'))
        or (o.kind = 'capture' and p.captured_minor = 0)
        or (o.kind = 'refund' and not exists (
          select from refunds r where r.refund_id = o.refund_id and r.state = 'settled')))
    order by 1 limit ${limit}`)
