import { integerArray, type Sql, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Journal } from './ledger.ts'
import type {
  Dossier,
  GiveBack,
  Intent,
  Payment,
  PaymentHistory,
  PaymentMethod,
  PaymentState,
  Refund,
} from './payment.ts'

export type PaymentRow = {
  payment_id: string
  shop_id: string | null
  customer_id: string | null
  method: PaymentMethod
  state: PaymentState
  version: number
  amount_minor: number
  captured_minor: number
  refunded_minor: number
  currency: string
  commission_bp: number
  tax_bp: number
  history: PaymentHistory
}

export const paymentColumns = sql`p.payment_id, p.shop_id, p.customer_id, p.method, p.state, p.version, p.amount_minor,
  p.captured_minor, p.refunded_minor, p.currency, p.commission_bp, p.tax_bp, p.history`

/** @param row of a payment that was asked for: with a shop and a customer. */
export const paymentOf = (row: PaymentRow): Payment => ({
  paymentId: row.payment_id,
  shopId: row.shop_id ?? '',
  customerId: row.customer_id ?? '',
  method: row.method,
  state: row.state,
  version: row.version,
  amountMinor: row.amount_minor,
  capturedMinor: row.captured_minor,
  refundedMinor: row.refunded_minor,
  currency: row.currency,
  commissionBp: row.commission_bp,
  taxBp: row.tax_bp,
  history: row.history,
})

export const readPayments = async (tx: Tx, paymentIds: readonly string[]): Promise<Payment[]> =>
  (
    await tx.many<PaymentRow>(
      sql`select ${paymentColumns} from payments p where payment_id = any(${uuidArray(paymentIds)}::uuid[])`,
    )
  ).map(paymentOf)

const lockPayments = (tx: Tx, paymentIds: readonly string[]) =>
  tx.many<PaymentRow>(sql`
    select ${paymentColumns} from payments p where payment_id = any(${uuidArray(paymentIds)}::uuid[])
    order by payment_id for update`)

type IntentRow = Intent & { payment_id: string; unasked: boolean }

const readIntents = (tx: Tx, paymentIds: readonly string[]) =>
  tx.many<IntentRow>(sql`
    select i.payment_id, i.provider, i.token, i.provider_reference as "providerReference", i.redirect_url as "redirectUrl",
      i.client_secret as "clientSecret", i.score, i.fee_minor as "feeMinor", i.alarm,
      exists (select from operations o where o.payment_id = i.payment_id and o.kind = 'authorise' and o.state = 'waiting'
        and o.fence = 0) as unasked
    from intents i where i.payment_id = any(${uuidArray(paymentIds)}::uuid[])`)

type RefundRow = Refund & { payment_id: string; asked_at: Date; settled_at: Date | null }

export const readRefunds = (tx: Tx, paymentIds: readonly string[]) =>
  tx.many<RefundRow>(sql`
    select payment_id, refund_id as "refundId", amount_minor as "amountMinor", cause, state, to_wallet as "toWallet",
      provider_reference as "providerReference", asked_by as "askedBy", reason, asked_at, settled_at
    from refunds where payment_id = any(${uuidArray(paymentIds)}::uuid[]) order by refund_id`)

type GiveBackRow = GiveBack & { payment_id: string }

const readGiveBacks = (tx: Tx, paymentIds: readonly string[]) =>
  tx.many<GiveBackRow>(sql`
    select payment_id, cause_id as "causeId", cause, amount_minor as "amountMinor", correlation_id as "correlationId"
    from give_backs where payment_id = any(${uuidArray(paymentIds)}::uuid[]) and state = 'waiting'
    order by payment_id, ordered_at, cause_id`)

async function fill(tx: Tx, rows: readonly PaymentRow[]): Promise<Map<string, Dossier>> {
  const ids = rows.map((row) => row.payment_id)
  const outside = rows.filter(({ method }) => method === 'card' || method === 'bank-transfer')
  const intents = new Map<string, IntentRow>()
  if (outside.length > 0)
    for (const row of await readIntents(
      tx,
      outside.map((row) => row.payment_id),
    ))
      intents.set(row.payment_id, row)
  const collected = rows.filter(({ captured_minor }) => captured_minor > 0).map((row) => row.payment_id)
  const refunds = Map.groupBy(collected.length === 0 ? [] : await readRefunds(tx, collected), (row) => row.payment_id)
  const giveBacks = Map.groupBy(await readGiveBacks(tx, ids), (row) => row.payment_id)
  return new Map(
    rows.map((row) => {
      const intent = intents.get(row.payment_id)
      return [
        row.payment_id,
        {
          payment: paymentOf(row),
          intent,
          refunds: refunds.get(row.payment_id) ?? [],
          giveBacks: giveBacks.get(row.payment_id) ?? [],
          unasked: intent?.unasked ?? false,
        },
      ]
    }),
  )
}

/** Payments with all that is known of them, locked in the order of their ids: at most four statements, however many. */
export const lockDossiers = async (tx: Tx, paymentIds: readonly string[]): Promise<Map<string, Dossier>> =>
  paymentIds.length === 0 ? new Map() : fill(tx, await lockPayments(tx, paymentIds))

/** As they are now, without a lock. */
export const readDossiersOf = async (tx: Tx, paymentIds: readonly string[]): Promise<Map<string, Dossier>> =>
  paymentIds.length === 0
    ? new Map()
    : fill(
        tx,
        await tx.many<PaymentRow>(
          sql`select ${paymentColumns} from payments p where payment_id = any(${uuidArray(paymentIds)}::uuid[])`,
        ),
      )

/** As it is now, without a lock. */
export const readDossier = async (tx: Tx, paymentId: string): Promise<Dossier | undefined> =>
  (
    await fill(
      tx,
      await tx.many<PaymentRow>(sql`select ${paymentColumns} from payments p where payment_id = ${paymentId}`),
    )
  ).get(paymentId)

/** Write back what can change of payments whose rows are locked. */
export const updatePayments = (tx: Tx, payments: readonly Payment[]) =>
  tx.run(sql`
    update payments p set state = n.state, version = n.version, captured_minor = n.captured, refunded_minor = n.refunded,
      history = n.history
    from unnest(
      ${uuidArray(payments.map(({ paymentId }) => paymentId))}::uuid[],
      ${payments.map(({ state }) => state)}::text[],
      ${integerArray(payments.map(({ version }) => version))}::int[],
      ${integerArray(payments.map(({ capturedMinor }) => capturedMinor))}::bigint[],
      ${integerArray(payments.map(({ refundedMinor }) => refundedMinor))}::bigint[],
      ${payments.map(({ history }) => JSON.stringify(history))}::jsonb[])
      as n (payment_id, state, version, captured, refunded, history)
    where p.payment_id = n.payment_id`)

export const updateIntents = (tx: Tx, intents: readonly (Intent & { paymentId: string })[]) =>
  tx.run(sql`
    update intents i set token = n.token, provider_reference = n.provider_reference, redirect_url = n.redirect_url,
      client_secret = n.client_secret, fee_minor = n.fee, alarm = n.alarm
    from unnest(
      ${uuidArray(intents.map(({ paymentId }) => paymentId))}::uuid[],
      ${intents.map(({ token }) => token)}::text[],
      ${intents.map(({ providerReference }) => providerReference)}::text[],
      ${intents.map(({ redirectUrl }) => redirectUrl)}::text[],
      ${intents.map(({ clientSecret }) => clientSecret)}::text[],
      ${integerArray(intents.map(({ feeMinor }) => feeMinor))}::bigint[],
      ${intents.map(({ alarm }) => alarm)}::text[])
      as n (payment_id, token, provider_reference, redirect_url, client_secret, fee, alarm)
    where i.payment_id = n.payment_id`)

export const upsertRefunds = (tx: Tx, refunds: readonly (Refund & { paymentId: string })[], now: Date) =>
  tx.run(sql`
    insert into refunds as r (refund_id, payment_id, amount_minor, cause, state, to_wallet, provider_reference, asked_by,
      reason, asked_at, settled_at)
    select n.refund_id, n.payment_id, n.amount, n.cause, n.state, n.to_wallet, n.provider_reference, n.asked_by, n.reason,
      ${now}::timestamptz, case when n.state in ('settled', 'failed') then ${now}::timestamptz end
    from unnest(
      ${uuidArray(refunds.map(({ refundId }) => refundId))}::uuid[],
      ${uuidArray(refunds.map(({ paymentId }) => paymentId))}::uuid[],
      ${integerArray(refunds.map(({ amountMinor }) => amountMinor))}::bigint[],
      ${refunds.map(({ cause }) => cause)}::text[],
      ${refunds.map(({ state }) => state)}::text[],
      ${refunds.map(({ toWallet }) => toWallet)}::boolean[],
      ${refunds.map(({ providerReference }) => providerReference)}::text[],
      ${refunds.map(({ askedBy }) => askedBy)}::text[],
      ${refunds.map(({ reason }) => reason)}::text[])
      as n (refund_id, payment_id, amount, cause, state, to_wallet, provider_reference, asked_by, reason)
    on conflict (refund_id) do update set state = excluded.state, provider_reference = excluded.provider_reference,
      reason = excluded.reason, settled_at = excluded.settled_at`)

/** Written once for each cause. Resolves to those that were new. */
export const insertGiveBacks = async (
  tx: Tx,
  items: readonly (GiveBack & { paymentId: string })[],
  now: Date,
): Promise<string[]> =>
  (
    await tx.many<{ payment_id: string }>(sql`
      insert into give_backs (payment_id, cause_id, cause, amount_minor, correlation_id, state, ordered_at)
      select payment_id, cause_id, cause, amount, correlation_id, 'waiting', ${now}::timestamptz
      from unnest(
        ${uuidArray(items.map(({ paymentId }) => paymentId))}::uuid[],
        ${uuidArray(items.map(({ causeId }) => causeId))}::uuid[],
        ${items.map(({ cause }) => cause)}::text[],
        ${integerArray(items.map(({ amountMinor }) => amountMinor))}::bigint[],
        ${items.map(({ correlationId }) => correlationId)}::text[])
        as n (payment_id, cause_id, cause, amount, correlation_id)
      on conflict (payment_id, cause_id) do nothing returning payment_id`)
  ).map((row) => row.payment_id)

export const finishGiveBacks = (tx: Tx, done: readonly { paymentId: string; causeId: string }[]) =>
  tx.run(sql`
    update give_backs g set state = 'done'
    from unnest(${uuidArray(done.map(({ paymentId }) => paymentId))}::uuid[], ${uuidArray(done.map(({ causeId }) => causeId))}::uuid[])
      as n (payment_id, cause_id)
    where g.payment_id = n.payment_id and g.cause_id = n.cause_id`)

/**
 * A row for payments nobody has asked for yet: whoever asks later collides with it. One that is being written at this
 * moment is waited for, and left as it is.
 */
export const insertCalledOff = (tx: Tx, paymentIds: readonly string[], atMs: number) =>
  tx.run(sql`
    insert into payments (payment_id, amount_minor, version, commission_bp, tax_bp, method, currency, state, history)
    select payment_id, 0, 1, 0, 0, '', '', 'called-off', jsonb_build_array(jsonb_build_array('called-off', ${atMs}::bigint))
    from unnest(${uuidArray([...paymentIds].sort())}::uuid[]) as t (payment_id)
    on conflict (payment_id) do nothing`)

/** Journals with their postings: for one statement, or to be spliced into another. */
export function journalRows(journals: readonly Journal[], ids: readonly string[], now: Date): Sql {
  const postings = journals.flatMap((journal, index) =>
    journal.postings.map((posting) => ({ ...posting, journalId: ids[index] as string })),
  )
  // The named payments of all journals in one array, with where each journal's begin: arrays of arrays must be square.
  const starts: number[] = []
  let start = 1
  for (const { subjectIds } of journals) {
    starts.push(start)
    start += subjectIds.length
  }
  return sql`
    journaled as (
      insert into journals (journal_id, shop_id, kind, currency, subject_ids, made_at)
      select j.journal_id, j.shop_id, j.kind, j.currency,
        (${uuidArray(journals.flatMap(({ subjectIds }) => subjectIds))}::uuid[])[j.first : j.first + j.count - 1], ${now}::timestamptz
      from unnest(
        ${uuidArray(ids)}::uuid[],
        ${uuidArray(journals.map(({ shopId }) => shopId))}::uuid[],
        ${journals.map(({ kind }) => kind)}::text[],
        ${journals.map(({ currency }) => currency)}::text[],
        ${integerArray(starts)}::int[],
        ${integerArray(journals.map(({ subjectIds }) => subjectIds.length))}::int[])
        as j (journal_id, shop_id, kind, currency, first, count)),
    posted as (
      insert into postings (journal_id, account, amount_minor)
      select * from unnest(
        ${uuidArray(postings.map(({ journalId }) => journalId))}::uuid[],
        ${postings.map(({ account }) => account)}::text[],
        ${integerArray(postings.map(({ amountMinor }) => amountMinor))}::bigint[]))`
}

export const insertJournals = (tx: Tx, journals: readonly Journal[], ids: readonly string[], now: Date) =>
  tx.run(sql`with ${journalRows(journals, ids, now)} select 1`)

export type NewPayment = Payment

const haveAlike = (one: NewPayment, other: NewPayment): boolean =>
  one.shopId === other.shopId &&
  one.history === other.history &&
  one.method === other.method &&
  one.currency === other.currency &&
  one.state === other.state &&
  one.commissionBp === other.commissionBp &&
  one.taxBp === other.taxBp

/**
 * Everything a batch of orders comes to, in one statement: payments, who asked for what together, and the journals.
 * An order that was asked for before, or given back before, is an error (23505) that undoes it all.
 */
export function insertPayments(
  tx: Tx,
  batch: {
    payments: readonly NewPayment[]
    askings: readonly { askingId: string; shopId: string; paymentIds: readonly string[] }[]
    journals: readonly Journal[]
    journalIds: readonly string[]
    outbox: { kinds: readonly string[]; eventCount: number; batch: Buffer } | undefined
    now: Date
  },
): Promise<unknown> {
  const { payments, askings, journals, journalIds, outbox, now } = batch
  // What many have in common is sent once and named by its place: six of ten columns, for one shop's crowd once.
  const common = new Map<string, number>()
  const terms: NewPayment[] = []
  let last: NewPayment | undefined
  const places: number[] = []
  for (const payment of payments) {
    // Nearly always as the one before: then nothing has to be looked up.
    if (last === undefined || !haveAlike(payment, last)) {
      const { shopId, method, currency, state, commissionBp, taxBp, history } = payment
      const key = `${shopId} ${method} ${currency} ${state} ${commissionBp} ${taxBp} ${history[0]?.[2]}`
      let place = common.get(key)
      if (place === undefined) common.set(key, (place = terms.push(payment)))
      last = terms[place - 1] as NewPayment
      places.push(place)
    } else places.push(places.at(-1) as number)
  }
  const starts: number[] = []
  let start = 1
  for (const { paymentIds } of askings) {
    starts.push(start)
    start += paymentIds.length
  }
  return tx.run(sql`
    with
      asked as (
        insert into payments (payment_id, shop_id, customer_id, amount_minor, captured_minor, version, commission_bp, tax_bp,
          method, currency, state, history)
        select n.payment_id, c.shop_id, n.customer_id, n.amount, case c.state when 'captured' then n.amount else 0 end, 1,
          c.commission_bp, c.tax_bp, c.method, c.currency, c.state, c.history
        from unnest(
          ${uuidArray(payments.map(({ paymentId }) => paymentId))}::uuid[],
          ${uuidArray(payments.map(({ customerId }) => customerId))}::uuid[],
          ${integerArray(payments.map(({ amountMinor }) => amountMinor))}::bigint[],
          ${integerArray(places)}::int[])
          as n (payment_id, customer_id, amount, place)
        join unnest(
          ${uuidArray(terms.map(({ shopId }) => shopId))}::uuid[],
          ${integerArray(terms.map(({ commissionBp }) => commissionBp))}::smallint[],
          ${integerArray(terms.map(({ taxBp }) => taxBp))}::smallint[],
          ${terms.map(({ method }) => method)}::text[],
          ${terms.map(({ currency }) => currency)}::text[],
          ${terms.map(({ state }) => state)}::text[],
          ${terms.map(({ history }) => JSON.stringify(history))}::jsonb[])
          with ordinality as c (shop_id, commission_bp, tax_bp, method, currency, state, history, place)
          on c.place = n.place),
      together as (
        insert into askings (asking_id, shop_id, payment_ids)
        select a.asking_id, a.shop_id,
          (${uuidArray(askings.flatMap(({ paymentIds }) => paymentIds))}::uuid[])[a.first : a.first + a.count - 1]
        from unnest(
          ${uuidArray(askings.map(({ askingId }) => askingId))}::uuid[],
          ${uuidArray(askings.map(({ shopId }) => shopId))}::uuid[],
          ${integerArray(starts)}::int[],
          ${integerArray(askings.map(({ paymentIds }) => paymentIds.length))}::int[])
          as a (asking_id, shop_id, first, count)),
      ${journalRows(journals, journalIds, now)},
      logged as (
        insert into outbox (topic, kinds, event_count, batch)
        select 'payments.payment', ${outbox?.kinds ?? []}::text[], ${outbox?.eventCount ?? 0}::int, ${outbox?.batch ?? null}::bytea
        where ${outbox !== undefined})
    select 1`)
}

export type NewIntent = {
  paymentId: string
  customerId: string
  amountMinor: number
  provider: string
  token: string | null
  score: number
}

export const insertIntents = (tx: Tx, intents: readonly NewIntent[], now: Date) =>
  tx.run(sql`
    insert into intents (payment_id, customer_id, amount_minor, provider, token, score, asked_at)
    select n.*, ${now}::timestamptz
    from unnest(
      ${uuidArray(intents.map(({ paymentId }) => paymentId))}::uuid[],
      ${uuidArray(intents.map(({ customerId }) => customerId))}::uuid[],
      ${integerArray(intents.map(({ amountMinor }) => amountMinor))}::bigint[],
      ${intents.map(({ provider }) => provider)}::text[],
      ${intents.map(({ token }) => token)}::text[],
      ${intents.map(({ score }) => score)}::real[])
      as n (payment_id, customer_id, amount_minor, provider, token, score)`)

export type KnownCustomer = {
  customer_id: string
  recent: number
  day_amount: number
  day_failures: number
  collected: number
}

/** What these customers did with providers before: 100 payments each, the newest. */
export const readCustomers = (tx: Tx, customerIds: readonly string[], now: Date) =>
  tx.many<KnownCustomer>(sql`
    select c.customer_id,
      count(*) filter (where i.asked_at > ${now}::timestamptz - interval '10 minutes')::int as recent,
      coalesce(sum(i.amount_minor) filter (where i.asked_at > ${now}::timestamptz - interval '1 day'), 0)::bigint as day_amount,
      count(*) filter (where i.asked_at > ${now}::timestamptz - interval '1 day' and p.state = 'failed')::int as day_failures,
      count(*) filter (where p.captured_minor > 0)::int as collected
    from unnest(${uuidArray(customerIds)}::uuid[]) as c (customer_id)
    cross join lateral (select * from intents i where i.customer_id = c.customer_id order by asked_at desc limit 100) i
    join payments p on p.payment_id = i.payment_id
    group by c.customer_id`)

export const readCommissions = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<{ shop_id: string; commission_bp: number }>(
    sql`select shop_id, commission_bp from shops where shop_id = any(${uuidArray(shopIds)}::uuid[])`,
  )

export const upsertShops = (tx: Tx, shops: readonly { shopId: string; commissionBp: number; version: number }[]) =>
  tx.run(sql`
    insert into shops as s (shop_id, commission_bp, version)
    select * from unnest(
      ${uuidArray(shops.map(({ shopId }) => shopId))}::uuid[],
      ${integerArray(shops.map(({ commissionBp }) => commissionBp))}::smallint[],
      ${integerArray(shops.map(({ version }) => version))}::bigint[])
    on conflict (shop_id) do update set commission_bp = excluded.commission_bp, version = excluded.version
    where s.version < excluded.version`)
