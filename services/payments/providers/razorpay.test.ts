import { startRazorpay } from '@souk/stand-ins/razorpay/index'
import { providerConformance } from '../provider.conformance.ts'
import { createRazorpayProvider } from './razorpay.ts'

const keys = { keyId: 'rzp_test_stand_in', keySecret: 'secret' }

providerConformance('Razorpay', async () => {
  const standIn = await startRazorpay(keys)
  const webhookSecrets = ['before', 'now']
  const settings = { ...keys, webhookSecrets, url: standIn.url, timeoutMs: 400, clock: () => new Date() }
  const ours = (reference: string) => [...standIn.orders.values()].filter((order) => order.receipt === reference)
  return {
    provider: createRazorpayProvider(settings),
    tokens: undefined,
    currency: 'INR',
    findsByOurs: true,
    timed: false,
    visit: async (id, decision) => standIn.visit(id, decision),
    failNext: async (mode, operation) => standIn.failNext(mode, operation),
    book(reference) {
      const orders = ours(reference)
      const payments = [...standIn.payments.values()].filter((one) => orders.some(({ id }) => id === one.order_id))
      const taken = payments.filter(({ status }) => status === 'captured' || status === 'refunded')
      return {
        payments: orders.length,
        capturedMinor: taken.reduce((sum, { amount }) => sum + amount, 0),
        refundedMinor: taken.reduce((sum, one) => sum + one.amount_refunded, 0),
        refunds: standIn.refunds.filter((refund) => payments.some(({ id }) => id === refund.payment_id)).length,
      }
    },
    webhook: async (reference, atMs) => standIn.event(ours(reference)[0]?.id ?? '', atMs, 'now'),
    stop: standIn.stop,
  }
})
