import { Decision, type PaymentService } from '@souk/contracts/payments'
import type { Client } from '@souk/rpc'
import { done, failed, type Outcome, pending, refused } from '../saga.ts'
import { inChunks } from './in-chunks.ts'
import type { Step } from './step.ts'
import { callWithinMs, type Through } from './through.ts'

/** The money. Undoing gives back whatever was paid, and leaves word that whatever still comes is to be sent back. */
export const paymentStep = (
  payments: Pick<Client<typeof PaymentService>, 'authorise' | 'giveBack'>,
  through?: Through,
): Step => ({
  name: 'payment',
  refusedAs: 'payment-refused',
  expiredAs: 'payment-expired',
  run: (batch) =>
    inChunks(
      'payments',
      batch,
      async (chunk): Promise<readonly Outcome[]> => {
        const { decisions } = await payments.authorise(
          {
            requests: chunk.map(({ order, correlationId }) => ({
              orderId: order.orderId,
              shopId: order.shopId,
              customerId: order.customerId,
              method: order.paymentMethod,
              token: order.paymentToken,
              amountMinor: order.totalMinor,
              currencyCode: order.currencyCode,
              correlationId,
            })),
          },
          { timeoutMs: callWithinMs },
        )
        return decisions.map(({ decision, reason }) => {
          if (decision === Decision.AUTHORISED) return done
          if (decision === Decision.PENDING) return pending
          return decision === Decision.REFUSED ? refused(reason) : failed('payments did not decide')
        })
      },
      through,
    ),
  undo: (batch) =>
    inChunks(
      'payments',
      batch,
      async (chunk) => {
        await payments.giveBack(
          {
            items: chunk.map(({ order, correlationId }) => ({
              orderId: order.orderId,
              causeId: order.orderId,
              cause: 'cancelled',
              correlationId,
            })),
          },
          { timeoutMs: callWithinMs },
        )
        return chunk.map(() => done)
      },
      through,
    ),
})
