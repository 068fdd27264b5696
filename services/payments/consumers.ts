import { orderDelivered, orderShipped, shopChanged } from '@souk/contracts'
import type { ShopChanged } from '@souk/contracts/shops'
import { type Consumer, type Event, isEvent } from '@souk/events'
import { type Asked, type ChangeDeps, changePayments } from './change-payments.ts'
import { commissionOf } from './commissions.ts'
import { upsertShops } from './payments.sql.ts'

export const paymentConsumers = (deps: ChangeDeps): Consumer[] => [
  {
    name: 'payments.shops',
    events: [shopChanged],
    async handle(tx, events) {
      const latest = new Map<string, ReturnType<typeof commissionOf>>()
      for (const event of events) {
        if (!isEvent(event, shopChanged)) continue
        const news = commissionOf(event.payload as ShopChanged)
        if ((latest.get(news.shopId)?.version ?? 0) < news.version) latest.set(news.shopId, news)
      }
      if (latest.size > 0) await upsertShops(tx, [...latest.values()])
    },
  },
  {
    // Cash changes hands at the door; promised money is collected when goods leave.
    name: 'payments.collect',
    events: [orderShipped, orderDelivered],
    async handle(tx, events) {
      await changePayments(tx, deps, events.flatMap(collect))
    },
  },
]

const dueOf = ({ dueMinor }: { dueMinor?: bigint }) => (dueMinor === undefined ? undefined : Number(dueMinor))

function collect(event: Event): Asked[] {
  const { correlationId } = event
  if (isEvent(event, orderDelivered))
    return event.payload.paymentMethod === 'cash-on-delivery'
      ? [
          {
            paymentId: event.payload.orderId,
            command: { do: 'collect', dueMinor: dueOf(event.payload) },
            correlationId,
          },
        ]
      : []
  return isEvent(event, orderShipped) && event.payload.paymentMethod !== 'cash-on-delivery'
    ? [{ paymentId: event.payload.orderId, command: { do: 'ship' }, correlationId }]
    : []
}
