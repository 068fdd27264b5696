import { Decision, PaymentService } from '@souk/contracts/payments'
import type { RpcHandlers } from '@souk/rpc'
import { type AuthoriseDeps, authoriseOrders, type Decided } from './authorise-orders.ts'
import { giveBack } from './give-back.ts'
import { standingsAfter, standingsOf } from './standings.sql.ts'
import { storyOf } from './story.ts'

const decisionCodes: Record<Decided['decision'], Decision> = {
  authorised: Decision.AUTHORISED,
  refused: Decision.REFUSED,
  pending: Decision.PENDING,
}

const first = '00000000-0000-0000-0000-000000000000'
const maxAtOnce = 2_048

/** What orders asks of payments, and whoever audits. */
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
      async listStandings({ orderIds, afterOrderId, limit }) {
        if (orderIds.length > maxAtOnce) throw new RangeError(`asked about ${orderIds.length} orders, not ${maxAtOnce}`)
        const tx = deps.db.autocommit
        const rows =
          orderIds.length > 0
            ? await standingsOf(tx, orderIds)
            : await standingsAfter(tx, afterOrderId || first, Math.min(limit, maxAtOnce))
        return {
          standings: rows.map((row) => ({
            orderId: row.payment_id,
            method: row.method,
            state: row.state,
            amountMinor: BigInt(row.amount_minor),
            capturedMinor: BigInt(row.captured_minor),
            refundedMinor: BigInt(row.refunded_minor),
            returnedMinor: BigInt(row.returned_minor),
            cancelledMinor: BigInt(row.cancelled_minor),
            currencyCode: row.currency,
            underWay: row.under_way,
            letGo: row.let_go,
          })),
        }
      },
      getStory: async ({ orderId }) => ({ payments: await storyOf(deps.db.autocommit, orderId) }),
    })
