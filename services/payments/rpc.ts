import { Decision, PaymentService } from '@souk/contracts/payments'
import type { RpcHandlers } from '@souk/rpc'
import { type AuthoriseDeps, authoriseOrders, type Decided } from './authorise-orders.ts'
import { giveBack } from './give-back.ts'
import { storyOf } from './story.ts'

const decisionCodes: Record<Decided['decision'], Decision> = {
  authorised: Decision.AUTHORISED,
  refused: Decision.REFUSED,
  pending: Decision.PENDING,
}

/** What orders asks of payments. */
export const paymentRpc =
  (deps: AuthoriseDeps): RpcHandlers =>
  (router) =>
    router.service(PaymentService, {
      async authorise({ requests }) {
        const asks = requests.map((request) => ({
          orderId: request.orderId,
          shopId: request.shopId,
          customerId: request.customerId,
          method: request.method,
          token: request.token,
          amountMinor: Number(request.amountMinor),
          currency: request.currencyCode,
          correlationId: request.correlationId,
        }))
        const decided = asks.length === 0 ? [] : await authoriseOrders(deps, asks)
        return {
          decisions: decided.map(({ decision, reason }, index) => ({
            orderId: asks[index]?.orderId ?? '',
            decision: decisionCodes[decision],
            reason,
          })),
        }
      },
      async giveBack({ items }) {
        await giveBack(
          deps,
          items.map((item) => ({
            paymentId: item.orderId,
            causeId: item.causeId,
            cause: item.cause,
            amountMinor: Number(item.amountMinor),
            correlationId: item.correlationId,
          })),
        )
        return {}
      },
      getStory: async ({ orderId }) => ({ payments: await storyOf(deps.db.autocommit, orderId) }),
    })
