import type { Tx } from '@souk/postgres'
import type { Dossier } from './payment.ts'
import { readDossiersOf, readRefunds } from './payments.sql.ts'

type Times = ReadonlyMap<string, { askedAt: Date; settledAt: Date | null }>

/** @param forCustomer the one who pays is told where to go and with which secret; nobody else is. */
const shapeOf = ({ payment, intent, refunds }: Dossier, times: Times, forCustomer: boolean) => ({
  id: payment.paymentId,
  orderId: payment.paymentId,
  shopId: payment.shopId,
  customerId: payment.customerId,
  method: payment.method,
  provider: intent?.provider ?? null,
  status: payment.state,
  amountMinor: payment.amountMinor,
  capturedMinor: payment.capturedMinor,
  refundedMinor: payment.refundedMinor,
  currency: payment.currency,
  version: payment.version,
  redirectUrl: (forCustomer && intent?.redirectUrl) || null,
  clientSecret: (forCustomer && intent?.clientSecret) || null,
  refunds: refunds.map((refund) => {
    const at = times.get(refund.refundId)
    return {
      id: refund.refundId,
      amountMinor: refund.amountMinor,
      cause: refund.cause,
      state: refund.state,
      to: refund.toWallet ? 'wallet' : 'provider',
      reason: refund.reason,
      askedAt: (at?.askedAt ?? new Date(0)).toISOString(),
      settledAt: at?.settledAt?.toISOString() ?? null,
    }
  }),
  history: payment.history.map(([status, atMs, why]) => ({ status, at: new Date(atMs).toISOString(), why: why ?? '' })),
})

/** Payments as they are shown, in the order of their ids as given; those that are not there are left out. */
export async function showPayments(tx: Tx, paymentIds: readonly string[], forCustomer = false) {
  const dossiers = await readDossiersOf(tx, paymentIds)
  const refunded = [...dossiers.values()].filter(({ refunds }) => refunds.length > 0)
  const rows =
    refunded.length === 0
      ? []
      : await readRefunds(
          tx,
          refunded.map(({ payment }) => payment.paymentId),
        )
  const times: Times = new Map(rows.map((row) => [row.refundId, { askedAt: row.asked_at, settledAt: row.settled_at }]))
  return paymentIds.flatMap((paymentId) => {
    const dossier = dossiers.get(paymentId)
    return dossier === undefined ? [] : [shapeOf(dossier, times, forCustomer)]
  })
}
