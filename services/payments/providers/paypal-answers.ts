import type { Order, TransactionInformation } from '@paypal/paypal-server-sdk'
import type { ProviderAnswer, ProviderRecord, ProviderRefund } from '../provider.ts'
import { decimalsOf, fromDecimal, rescale, toDecimal } from './amounts.ts'
import { notUnderstood } from './http.ts'

type Money = { currencyCode: string; value: string }

// Where PayPal takes no decimals though ISO 4217 has two; it takes no third decimal at all.
const withoutDecimals = new Set(['HUF', 'JPY', 'TWD'])
const paypalDecimals = (currency: string) => (withoutDecimals.has(currency) ? 0 : Math.min(2, decimalsOf(currency)))

/** @throws ProviderRefused when PayPal cannot take such an amount */
export function moneyOf(amountMinor: number, currency: string): Money {
  const decimals = paypalDecimals(currency)
  return { currencyCode: currency, value: toDecimal(rescale(amountMinor, decimalsOf(currency), decimals), decimals) }
}

export function amountOf(money: Money | undefined, reading: boolean): { amountMinor: number; currency: string } {
  const currency = money?.currencyCode ?? ''
  if (money === undefined || !/^[A-Z]{3}$/.test(currency)) throw notUnderstood('paypal', reading)
  const amountMinor = fromDecimal(money.value, decimalsOf(currency))
  if (amountMinor === undefined) throw notUnderstood('paypal', reading)
  return { amountMinor, currency }
}

/** What an order's description becomes when nobody wants it any more. */
export const unwanted = 'No longer wanted'
export const isUnwanted = ({ purchaseUnits }: Order): boolean => purchaseUnits?.[0]?.description === unwanted

const linkOf = (order: Order): string | undefined =>
  order.links?.find(({ rel }) => rel === 'payer-action' || rel === 'approve')?.href

export function recordOf(order: Order): ProviderRecord {
  const [unit] = order.purchaseUnits ?? []
  if (order.id === undefined || order.status === undefined || unit === undefined) throw notUnderstood('paypal', true)
  const { amountMinor, currency } = amountOf(unit.amount, true)
  const { captures = [], authorizations = [], refunds = [] } = unit.payments ?? {}
  const taken = captures.filter(({ status }) => status !== 'DECLINED' && status !== 'FAILED' && status !== 'PENDING')
  const [authorization] = authorizations
  const declined = captures.find(({ status }) => status === 'DECLINED' || status === 'FAILED')
  const kept = refunds.map(
    (refund): ProviderRefund => ({
      refundId: refund.invoiceId ?? '',
      providerReference: refund.id ?? '',
      amountMinor: amountOf(refund.amount, true).amountMinor,
      state: refund.status === 'COMPLETED' ? 'succeeded' : refund.status === 'PENDING' ? 'pending' : 'failed',
    }),
  )
  const link = linkOf(order)
  const times = [order, ...captures, ...authorizations, ...refunds].map((one) =>
    Date.parse(one.updateTime ?? one.createTime ?? ''),
  )
  return {
    ourReference: unit.customId ?? '',
    providerReference: order.id,
    state:
      taken.length > 0
        ? 'captured'
        : order.status === 'VOIDED' || authorization?.status === 'VOIDED' || isUnwanted(order)
          ? 'voided'
          : authorization?.status === 'DENIED' || declined !== undefined
            ? 'declined'
            : authorization === undefined
              ? 'pending'
              : 'authorised',
    amountMinor,
    capturedMinor: taken.reduce((sum, { amount }) => sum + amountOf(amount, true).amountMinor, 0),
    refundedMinor: kept.reduce((sum, one) => sum + (one.state === 'failed' ? 0 : one.amountMinor), 0),
    feeMinor: taken.reduce((sum, capture) => {
      const fee = capture.sellerReceivableBreakdown?.paypalFee
      return fee?.currencyCode === currency ? sum + amountOf(fee, true).amountMinor : sum
    }, 0),
    currency,
    refunds: kept,
    reason: declined?.statusDetails?.reason?.toLowerCase() ?? '',
    captures: taken.length,
    redirectUrl: link,
    changedAtMs: Math.max(0, ...times.filter((time) => !Number.isNaN(time))),
  }
}

export function answerOf(order: Order): ProviderAnswer {
  const { state, providerReference, amountMinor, currency, feeMinor, reason, redirectUrl } = recordOf(order)
  if (state === 'declined' || state === 'voided')
    return { kind: 'declined', providerReference, reason: reason || state }
  if (state === 'pending') return { kind: 'pending', providerReference, redirectUrl, clientSecret: undefined }
  return { kind: 'succeeded', providerReference, amountMinor, currency, captured: state === 'captured', feeMinor }
}

/** Transactions of PayPal's reports, brought together by our reference: captures are credits, refunds are debits. */
export function recordsOf(transactions: readonly TransactionInformation[]): ProviderRecord[] {
  const byReference = new Map<string, TransactionInformation[]>()
  for (const one of transactions) {
    if (one.customField === undefined || one.transactionStatus === 'D') continue
    byReference.set(one.customField, [...(byReference.get(one.customField) ?? []), one])
  }
  return [...byReference].map(([ourReference, all]): ProviderRecord => {
    const credits = all.filter(({ transactionAmount }) => !transactionAmount?.value.startsWith('-'))
    const debits = all.filter(({ transactionAmount }) => transactionAmount?.value.startsWith('-'))
    const sum = (some: readonly TransactionInformation[], of: (one: TransactionInformation) => Money | undefined) =>
      some.reduce((total, one) => total + absolute(of(one)), 0)
    const capturedMinor = sum(credits, (one) => one.transactionAmount)
    return {
      ourReference,
      providerReference: credits[0]?.transactionId ?? all[0]?.transactionId ?? '',
      state: credits.length > 0 ? 'captured' : 'pending',
      amountMinor: capturedMinor,
      capturedMinor,
      refundedMinor: sum(debits, (one) => one.transactionAmount),
      feeMinor: sum(credits, (one) => one.feeAmount),
      currency: all[0]?.transactionAmount?.currencyCode ?? '',
      refunds: debits.map((one) => ({
        refundId: one.invoiceId ?? '',
        providerReference: one.transactionId ?? '',
        amountMinor: absolute(one.transactionAmount),
        state: 'succeeded',
      })),
      reason: '',
      captures: credits.length,
      changedAtMs: Math.max(0, ...all.map((one) => Date.parse(one.transactionUpdatedDate ?? '') || 0)),
    }
  })
}

const absolute = (money: Money | undefined): number =>
  money === undefined ? 0 : amountOf({ ...money, value: money.value.replace(/^-/, '') }, true).amountMinor
