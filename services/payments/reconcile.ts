import type { Database } from '@souk/postgres'
import { firstIdAt } from '@souk/postgres'
import { type Dossier, isCollected } from './payment.ts'
import type { PaymentProvider, ProviderRecord } from './provider.ts'
import { listSentTo, readDossiers, whoIsBusy } from './reconcile.sql.ts'

export type DifferenceCause =
  | 'not-in-our-books'
  | 'not-at-the-provider'
  | 'other-amount'
  | 'captured-twice'
  | 'captured-differs'
  | 'refunded-differs'
  | 'state-differs'
  | 'under-way'

/** One payment on which the two books do not agree, and why. Minor units. */
export type Difference = {
  readonly reference: string
  readonly cause: DifferenceCause
  /** Collected less sent back. */
  readonly oursMinor: number
  readonly theirsMinor: number
  readonly currency: string
  readonly detail: string
}

export type Reconciliation = {
  readonly provider: string
  readonly from: string
  readonly to: string
  readonly compared: number
  /** By currency: collected less sent back, in our books and in theirs. */
  readonly totals: readonly { currency: string; oursMinor: number; theirsMinor: number }[]
  readonly differences: readonly Difference[]
  /** Further ones that are not listed. */
  readonly more: number
}

const pageSize = 500
const maxListed = 1_000

/**
 * Compare our books with a provider's, payment by payment, for all that began or changed in a time. Nothing is changed.
 * What somebody is working on at this moment is listed as under way: it differs, and is about not to.
 */
export async function reconcile(
  db: Database,
  provider: PaymentProvider,
  from: Date,
  to: Date,
): Promise<Reconciliation> {
  const differences: Difference[] = []
  const totals = new Map<string, { oursMinor: number; theirsMinor: number }>()
  const seen = new Set<string>()
  let compared = 0
  let more = 0
  const report = (found: readonly Difference[]) => {
    for (const difference of found)
      if (differences.length < maxListed) differences.push(difference)
      else more += 1
  }
  const add = (currency: string, oursMinor: number, theirsMinor: number) => {
    const sum = totals.get(currency) ?? { oursMinor: 0, theirsMinor: 0 }
    sum.oursMinor += oursMinor
    sum.theirsMinor += theirsMinor
    totals.set(currency, sum)
  }

  async function comparePage(records: readonly ProviderRecord[]): Promise<void> {
    const dossiers = await readDossiers(db.autocommit, records)
    const busy = await whoIsBusy(db.autocommit, [...dossiers.keys()])
    for (const record of records) {
      seen.add(record.ourReference)
      compared += 1
      const dossier = dossiers.get(record.ourReference)
      add(record.currency, dossier === undefined ? 0 : netOf(dossier), record.capturedMinor - record.refundedMinor)
      report(compare(record, dossier, busy.has(record.ourReference)))
    }
  }

  let page: ProviderRecord[] = []
  for await (const record of provider.listLedger(from, to)) {
    page.push(record)
    if (page.length < pageSize) continue
    await comparePage(page)
    page = []
  }
  if (page.length > 0) await comparePage(page)

  // The other way round: what we believe a provider has, and it does not list.
  for (let after = firstIdAt(0); ; ) {
    const ids = await listSentTo(db.autocommit, provider.name, from, to, after, pageSize)
    const missing = ids.filter((id) => !seen.has(id))
    if (missing.length > 0) {
      const dossiers = await readDossiers(
        db.autocommit,
        missing.map((ourReference) => ({ ourReference })),
      )
      const busy = await whoIsBusy(db.autocommit, missing)
      for (const [reference, dossier] of dossiers) {
        const { payment } = dossier
        compared += 1
        if (dossier.intent?.providerReference == null && !isCollected(payment.state)) continue
        add(payment.currency, netOf(dossier), 0)
        report([
          {
            reference,
            cause: busy.has(reference) ? 'under-way' : 'not-at-the-provider',
            oursMinor: netOf(dossier),
            theirsMinor: 0,
            currency: payment.currency,
            detail: `here it is ${payment.state}`,
          },
        ])
      }
    }
    if (ids.length < pageSize) break
    after = ids.at(-1) as string
  }

  return {
    provider: provider.name,
    from: from.toISOString(),
    to: to.toISOString(),
    compared,
    totals: [...totals]
      .map(([currency, sums]) => ({ currency, ...sums }))
      .sort((one, other) => (one.currency < other.currency ? -1 : 1)),
    differences,
    more,
  }
}

/** Collected less what has gone back: a refund that is still to be sent has not. */
function netOf({ payment, refunds }: Dossier): number {
  const waiting = refunds
    .filter(({ state, toWallet }) => state === 'waiting' && !toWallet)
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  return payment.capturedMinor - payment.refundedMinor + waiting
}

export function compare(record: ProviderRecord, dossier: Dossier | undefined, isBusy: boolean): Difference[] {
  const theirsMinor = record.capturedMinor - record.refundedMinor
  const difference = (cause: DifferenceCause, oursMinor: number, detail: string): Difference => ({
    reference: record.ourReference,
    cause: isBusy ? 'under-way' : cause,
    oursMinor,
    theirsMinor,
    currency: record.currency,
    detail,
  })
  if (dossier === undefined) return [difference('not-in-our-books', 0, `the provider has it as ${record.state}`)]
  const { payment, refunds } = dossier
  const oursMinor = netOf(dossier)
  const found: Difference[] = []
  // Not accepted, and sent back: the books agree on nothing having come of it.
  const isUndone = payment.state === 'failed' && theirsMinor === 0
  if ((record.amountMinor !== payment.amountMinor || record.currency !== payment.currency) && !isUndone)
    found.push(
      difference(
        'other-amount',
        oursMinor,
        `${payment.amountMinor} ${payment.currency} was asked for, the provider has ${record.amountMinor} ${record.currency}`,
      ),
    )
  if (record.captures > 1)
    found.push(difference('captured-twice', oursMinor, `the provider has captured it ${record.captures} times`))
  if (isUndone || found.length > 0) return found
  if (record.capturedMinor !== payment.capturedMinor)
    found.push(
      difference(
        'captured-differs',
        oursMinor,
        `captured here ${payment.capturedMinor}, there ${record.capturedMinor}`,
      ),
    )
  else if (oursMinor !== theirsMinor)
    found.push(
      difference(
        'refunded-differs',
        oursMinor,
        `sent back here ${payment.capturedMinor - oursMinor}, there ${record.refundedMinor}; ${refunds.filter(({ state }) => state === 'waiting').length} refund(s) wait here`,
      ),
    )
  else if (!agrees(payment.state, record.state))
    found.push(difference('state-differs', oursMinor, `here ${payment.state}, there ${record.state}`))
  return found
}

const agrees = (ours: string, theirs: string): boolean =>
  isCollected(ours as never)
    ? theirs === 'captured'
    : ours === 'created'
      ? theirs === 'pending'
      : ours === 'failed'
        ? theirs === 'declined' || theirs === 'voided' || theirs === 'pending'
        : ours === theirs
