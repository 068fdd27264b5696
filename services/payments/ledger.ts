import type { Fact, Payment, PaymentMethod } from './payment.ts'
import { leftToRefund } from './payment.ts'

/**
 * The accounts. Debits are positive. What belongs to a shop is told by the journal's shop.
 *
 * - `receivable`: promised by customers and not yet collected. `orders`: the other side of it, goods still owed.
 * - `clearing:<provider>`: collected by a provider and not yet with us. `cash`: collected at the door.
 * - `wallet`: what customers have with us. `shop-payable`: what shops are to be paid.
 * - `commission`, and `tax` on it: what the marketplace keeps of a sale. `fees`: what providers keep.
 * - `refunds`: promised back to customers and not yet sent. `goodwill`: given to customers' wallets by an operator.
 */
export type Account =
  | 'receivable'
  | 'orders'
  | `clearing:${string}`
  | 'cash'
  | 'wallet'
  | 'shop-payable'
  | 'commission'
  | 'tax'
  | 'fees'
  | 'refunds'
  | 'goodwill'

export type JournalKind =
  | 'authorised'
  | 'captured'
  | 'released'
  | 'refund-promised'
  | 'refund-paid'
  | 'refund-failed'
  | 'credit'

export type Posting = { readonly account: Account; readonly amountMinor: number }

/** What one fact means for the books: one kind of journal, and what it names. */
export type Entry = {
  readonly kind: JournalKind
  /** A payment, or for refunds the refund, or for a credit the wallet's movement. */
  readonly subjectId: string
  readonly postings: readonly Posting[]
}

/** Whole and exact for any amount up to 10^15: the product of both would not be. */
export const partOf = (amountMinor: number, basisPoints: number): number =>
  Math.floor(amountMinor / 10_000) * basisPoints + Math.floor(((amountMinor % 10_000) * basisPoints) / 10_000)

/**
 * Who gets what of an amount: commission and the tax on it rounded down, the shop has the rest, so nothing is lost and the
 * marketplace never takes more than its part.
 */
export function sharesOf(amountMinor: number, commissionBp: number, taxBp: number) {
  const commission = partOf(amountMinor, commissionBp)
  const tax = Math.min(partOf(commission, taxBp), amountMinor - commission)
  return { shop: amountMinor - commission - tax, commission, tax }
}

/** Where the money of a method lies once it was collected. */
export const collectedIn = (method: PaymentMethod, provider: string | undefined): Account =>
  method === 'wallet' ? 'wallet' : method === 'cash-on-delivery' ? 'cash' : `clearing:${provider ?? 'none'}`

/** The shares when `kept` of a payment becomes `keeping`: differences of rounded sums, so refunds of all parts leave zero. */
function shareOut(payment: Payment, keptMinor: number, keepingMinor: number): Posting[] {
  const before = sharesOf(keptMinor, payment.commissionBp, payment.taxBp)
  const after = sharesOf(keepingMinor, payment.commissionBp, payment.taxBp)
  return [
    { account: 'shop-payable', amountMinor: before.shop - after.shop },
    { account: 'commission', amountMinor: before.commission - after.commission },
    { account: 'tax', amountMinor: before.tax - after.tax },
  ]
}

/** The payment collected in full or in part; `promised`: it had been authorised before. */
export function entryOfCapture(
  payment: Payment,
  account: Account,
  { amountMinor, feeMinor, promised }: { amountMinor: number; feeMinor: number; promised: boolean },
): Entry {
  const settled: Posting[] = promised
    ? [
        { account: 'orders', amountMinor: payment.amountMinor },
        { account: 'receivable', amountMinor: -payment.amountMinor },
      ]
    : []
  return {
    kind: 'captured',
    subjectId: payment.paymentId,
    postings: [
      ...settled,
      { account, amountMinor: amountMinor - feeMinor },
      { account: 'fees', amountMinor: feeMinor },
      ...shareOut(payment, 0, amountMinor),
    ],
  }
}

export const entryOfPromise = (payment: Pick<Payment, 'paymentId' | 'amountMinor'>): Entry => ({
  kind: 'authorised',
  subjectId: payment.paymentId,
  postings: [
    { account: 'receivable', amountMinor: payment.amountMinor },
    { account: 'orders', amountMinor: -payment.amountMinor },
  ],
})

/** What a fact means for the books. @param before the payment as it was. */
export function entryOf(
  before: Payment,
  provider: string | undefined,
  fact: Fact,
  refundOf: (refundId: string) => { amountMinor: number; toWallet: boolean } | undefined,
): Entry | undefined {
  switch (fact.kind) {
    case 'authorised':
      return entryOfPromise(before)
    case 'captured':
      return entryOfCapture(before, collectedIn(before.method, provider), {
        ...fact,
        promised: before.state === 'authorised',
      })
    case 'released':
      return {
        kind: 'released',
        subjectId: before.paymentId,
        postings: [
          { account: 'orders', amountMinor: before.amountMinor },
          { account: 'receivable', amountMinor: -before.amountMinor },
        ],
      }
    case 'refund-asked': {
      const left = leftToRefund(before)
      const { refundId, amountMinor } = fact.refund
      return {
        kind: 'refund-promised',
        subjectId: refundId,
        postings: [...shareOut(before, left, left - amountMinor), { account: 'refunds', amountMinor: -amountMinor }],
      }
    }
    case 'refund-settled': {
      const refund = refundOf(fact.refundId)
      if (refund === undefined) return undefined
      const account = refund.toWallet ? 'wallet' : collectedIn(before.method, provider)
      return {
        kind: 'refund-paid',
        subjectId: fact.refundId,
        postings: [
          { account: 'refunds', amountMinor: refund.amountMinor },
          { account, amountMinor: -refund.amountMinor },
        ],
      }
    }
    case 'refund-failed': {
      const refund = refundOf(fact.refundId)
      if (refund === undefined) return undefined
      const left = leftToRefund(before)
      return {
        kind: 'refund-failed',
        subjectId: fact.refundId,
        postings: [
          { account: 'refunds', amountMinor: refund.amountMinor },
          ...shareOut(before, left, left + refund.amountMinor),
        ],
      }
    }
    default:
      return undefined
  }
}

export type Journal = {
  readonly shopId: string | null
  readonly kind: JournalKind
  readonly currency: string
  readonly subjectIds: readonly string[]
  readonly postings: readonly Posting[]
}

/**
 * Entries of one batch as journals: one for each shop, kind and currency, its postings summed by account. So what a
 * thousand orders mean for the books of a shop is one row and two postings.
 */
export function createJournals() {
  type Open = { journal: Omit<Journal, 'postings'>; subjects: string[]; sums: Map<Account, number> }
  const open = new Map<string, Open>()
  // Nearly always the one of the entry before.
  let last: Open | undefined
  function journalOf(shopId: string | null, kind: JournalKind, currency: string): Open {
    const journal = last?.journal
    if (last !== undefined && journal?.shopId === shopId && journal.kind === kind && journal.currency === currency)
      return last
    const key = `${shopId} ${kind} ${currency}`
    last = open.get(key)
    if (last === undefined) {
      const subjects: string[] = []
      last = { journal: { shopId, kind, currency, subjectIds: subjects }, subjects, sums: new Map() }
      open.set(key, last)
    }
    return last
  }
  return {
    enter(shopId: string | null, currency: string, { kind, subjectId, postings }: Entry): void {
      const found = journalOf(shopId, kind, currency)
      found.subjects.push(subjectId)
      for (const { account, amountMinor } of postings)
        found.sums.set(account, (found.sums.get(account) ?? 0) + amountMinor)
    },
    /** @throws RangeError when one does not balance: then nothing of it may be written. */
    close: (): Journal[] =>
      [...open.values()].map(({ journal, sums }) => {
        const postings = [...sums]
          .filter(([, amountMinor]) => amountMinor !== 0)
          .map(([account, amountMinor]) => ({ account, amountMinor }))
        const sum = postings.reduce((total, posting) => total + posting.amountMinor, 0)
        if (sum !== 0) throw new RangeError(`a journal of kind ${journal.kind} is out of balance by ${sum}`)
        return { ...journal, postings }
      }),
  }
}
