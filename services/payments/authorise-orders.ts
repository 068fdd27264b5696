import { encodeBatch } from '@souk/events'
import { bucketOf, type Tx, uuidv7, violates } from '@souk/postgres'
import { createNews } from './change-payments.ts'
import type { Commissions } from './commissions.ts'
import { decideAtOnce, type Judged, type PaymentAsk } from './decide-at-once.ts'
import type { DispatchDeps } from './dispatch.ts'
import type { CustomerRecord, FraudLimits } from './fraud.ts'
import { collectedIn, createJournals, entryOfCapture, entryOfPromise, type Journal } from './ledger.ts'
import { takeNew, type Taken, wantOperations } from './operations.sql.ts'
import { isUnwanted, type Payment } from './payment.ts'
import { insertIntents, insertPayments, readCustomers, readPayments } from './payments.sql.ts'
import { tryAtOnce } from './try-at-once.ts'
import { lockWallets, moveWallets } from './wallet.sql.ts'

export type AuthoriseDeps = DispatchDeps & {
  commissions: Commissions
  taxBp: number
  /** undefined: nobody is judged. */
  fraud: FraudLimits | undefined
  /** How long a provider that answers many at once may take before its payments are left to wait. */
  atOnceMs: number
  onDecided(method: string, decision: 'authorised' | 'refused' | 'pending', count: number): void
}

export type Decided = { readonly decision: 'authorised' | 'refused' | 'pending'; readonly reason: string }

/**
 * Ask for the money of many orders. What is decided at once costs one statement for all of them: payments, journals and
 * the news of it. An order asked for again, or given back before, makes that statement fail; then those are answered as
 * they are, and the others are asked for again.
 * @returns one decision per request, in their order
 */
export async function authoriseOrders(deps: AuthoriseDeps, asks: readonly PaymentAsk[]): Promise<Decided[]> {
  const decided = new Map<string, Decided>()
  const commissions = await deps.commissions(asks.map(({ shopId }) => shopId))
  let left = [...new Map(asks.map((ask) => [ask.orderId, ask])).values()]
  // The third time somebody asks for the same orders as fast as we do: then it is better done again from the start.
  for (let round = 1; left.length > 0; round += 1) {
    try {
      for (const [orderId, decision] of await askFor(deps, left, commissions)) decided.set(orderId, decision)
      left = []
    } catch (error) {
      if (!violates(error, 'payments_pkey') || round === 3) throw error
      for (const payment of await readPayments(
        deps.db.autocommit,
        left.map(({ orderId }) => orderId),
      ))
        decided.set(payment.paymentId, decisionOf(payment))
      left = left.filter(({ orderId }) => !decided.has(orderId))
    }
  }
  return asks.map(({ orderId }) => decided.get(orderId) as Decided)
}

// The same for thousands of orders of a batch: made once.
const pending: Decided = { decision: 'pending', reason: '' }
const authorised: Decided = { decision: 'authorised', reason: '' }

/** What is to be said of a payment as it now is. */
export function decisionOf({ state, history }: Payment): Decided {
  switch (state) {
    case 'created':
    case 'pending':
      return pending
    case 'authorised':
    case 'captured':
    case 'partly-refunded':
      return authorised
    case 'failed':
      return { decision: 'refused', reason: history.at(-1)?.[2]?.split(':')[0] ?? 'declined' }
    case 'refunded':
    case 'voided':
    case 'called-off':
      return { decision: 'refused', reason: 'cancelled' }
  }
}

async function askFor(
  deps: AuthoriseDeps,
  asks: readonly PaymentAsk[],
  commissions: ReadonlyMap<string, number>,
): Promise<Map<string, Decided>> {
  const now = deps.clock()
  const needsMore = asks.some(({ method }) => method !== 'cash-on-delivery')
  const terms = { commissions, taxBp: deps.taxBp, fraud: deps.fraud, providers: deps.providers, nowMs: now.getTime() }
  if (!needsMore) {
    const judged = decideAtOnce(asks, { ...terms, balances: new Map(), customers: new Map() })
    await write(deps.db.autocommit, judged, now, deps)
    deps.outbox.wake()
    count(deps, judged)
    return decisions(judged)
  }
  const { judged, taken } = await deps.db.transaction((tx) => askThoroughly(tx, deps, asks, terms, now))
  count(deps, judged)
  const found = decisions(judged)
  if (taken.length === 0) return found
  deps.wake()
  const tried = await tryAtOnce(deps, judged, taken)
  for (const [paymentId, dossier] of tried) if (!isUnwanted(dossier)) found.set(paymentId, decisionOf(dossier.payment))
  return found
}

type Terms = Omit<Parameters<typeof decideAtOnce>[1], 'balances' | 'customers'>

/** With wallets to take from, customers to judge and providers to ask. */
async function askThoroughly(
  tx: Tx,
  deps: AuthoriseDeps,
  asks: readonly PaymentAsk[],
  terms: Terms,
  now: Date,
): Promise<{ judged: Judged[]; taken: Taken[] }> {
  const byWallet = asks.filter(({ method }) => method === 'wallet')
  const balances = new Map(
    (byWallet.length === 0 ? [] : await lockWallets(tx, byWallet)).map(({ customerId, currency, balanceMinor }) => [
      `${customerId} ${currency}`,
      balanceMinor,
    ]),
  )
  const outside =
    deps.fraud === undefined ? [] : asks.filter(({ method }) => method === 'card' || method === 'bank-transfer')
  const customers = new Map<string, CustomerRecord>()
  if (outside.length > 0)
    for (const row of await readCustomers(tx, [...new Set(outside.map(({ customerId }) => customerId))], now))
      customers.set(row.customer_id, {
        recentCount: row.recent,
        dayAmountMinor: row.day_amount,
        dayFailures: row.day_failures,
        collectedCount: row.collected,
      })
  const judged = decideAtOnce(asks, { ...terms, balances, customers })
  await write(tx, judged, now, deps)
  const nowMs = now.getTime()
  const paid = judged.filter(({ payment }) => payment.method === 'wallet' && payment.capturedMinor > 0)
  if (paid.length > 0)
    await moveWallets(
      tx,
      paid.map(({ payment }) => ({
        movementId: uuidv7(nowMs),
        customerId: payment.customerId,
        currency: payment.currency,
        amountMinor: -payment.capturedMinor,
        cause: 'payment',
        causeId: payment.paymentId,
        note: '',
      })),
      now,
    )
  const intents = judged.flatMap(({ intent }) => intent ?? [])
  if (intents.length > 0) await insertIntents(tx, intents, now)
  const created = judged.filter(({ payment }) => payment.state === 'created')
  if (created.length > 0)
    await wantOperations(
      tx,
      created.map(({ payment, intent, correlationId }) => ({
        operationId: uuidv7(nowMs),
        paymentId: payment.paymentId,
        provider: intent?.provider ?? '',
        kind: 'authorise',
        refundId: null,
        mustLook: false,
        dueAtMs: nowMs,
        correlationId,
      })),
      now,
    )
  const atOnce = created.filter(
    ({ intent }) => intent?.token != null && deps.providers.named(intent.provider)?.authoriseMany !== undefined,
  )
  tx.afterCommit(deps.outbox.wake)
  return {
    judged,
    taken: atOnce.length === 0 ? [] : await takeNew(tx, idsOf(atOnce), now, new Date(nowMs + 10_000)),
  }
}

/** Payments, askings, journals and news in one statement. */
function write(tx: Tx, judged: readonly Judged[], now: Date, deps: AuthoriseDeps): Promise<unknown> {
  const nowMs = now.getTime()
  const news = createNews(deps, nowMs, true)
  const journals = createJournals()
  const byShop = new Map<string, string[]>()
  for (const { payment, intent, failure, correlationId } of judged) {
    const { shopId, paymentId, state } = payment
    const together = byShop.get(shopId)
    if (together === undefined) byShop.set(shopId, [paymentId])
    else together.push(paymentId)
    if (state === 'authorised') journals.enter(shopId, payment.currency, entryOfPromise(payment))
    else if (state === 'captured')
      journals.enter(
        shopId,
        payment.currency,
        entryOfCapture(payment, collectedIn(payment.method, undefined), {
          amountMinor: payment.capturedMinor,
          feeMinor: 0,
          promised: false,
        }),
      )
    if (state === 'authorised' || state === 'captured') news.promise(payment, state === 'captured', correlationId)
    else if (failure !== undefined)
      news.fail(payment, intent?.provider ?? '', failure.reason, failure.detail, correlationId)
  }
  const events = news.all()
  const closed: Journal[] = journals.close()
  return insertPayments(tx, {
    payments: judged.map(({ payment }) => payment),
    askings: [...byShop].map(([shopId, paymentIds]) => ({
      askingId: uuidv7(nowMs, bucketOf(shopId)),
      shopId,
      paymentIds,
    })),
    journals: closed,
    journalIds: closed.map(() => uuidv7(nowMs)),
    outbox:
      events.length === 0
        ? undefined
        : {
            kinds: [...new Set(events.map(({ event }) => event.type))],
            eventCount: events.length,
            batch: encodeBatch(events),
          },
    now,
  })
}

const idsOf = (judged: readonly Judged[]): string[] => judged.map(({ payment }) => payment.paymentId)

const decisions = (judged: readonly Judged[]): Map<string, Decided> =>
  new Map(judged.map(({ payment }) => [payment.paymentId, decisionOf(payment)]))

function count(deps: AuthoriseDeps, judged: readonly Judged[]): void {
  const byMethod = Map.groupBy(judged, ({ payment }) => payment.method)
  for (const [method, of] of byMethod)
    for (const [decision, some] of Map.groupBy(of, ({ payment }) => decisionOf(payment).decision))
      deps.onDecided(method, decision, some.length)
}
