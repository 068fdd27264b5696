import { orderConfirmed } from '@souk/contracts'
import { MessageService } from '@souk/contracts/notifications'
import { beginning, comparePositions, type Event, isEvent, offsetsIn, type Position } from '@souk/events'
import type { AuditResult } from '@souk/service'
import type { House } from '../house.ts'
import { tailAll } from '../tail-all.ts'

const consumer = 'notifications.orders'
/** Transactions of the whole database that are looked back on unless everything is; some minutes of a sale. */
const latestXids = 50_000n
const pageSize = 2_048

type Confirmed = { orderId: string; customerId: string; confirmedAtMs: bigint }

/**
 * Each confirmation that the service of messages says it has handled must have made its message. What it has not come to
 * yet is its lag, which another check looks at. Reads the log once, asks about 2,048 at a time: some 10 µs an order.
 */
export async function everybodyTold(
  { running, directory, eventLog, division }: Pick<House, 'running' | 'directory' | 'eventLog' | 'division'>,
  { full, maxFindings }: { full: boolean; maxFindings: number },
): Promise<AuditResult> {
  const messages = directory.client(MessageService)
  const service = running.services.find(({ definition }) => definition.name === 'notifications')
  const offsets = service === undefined ? [] : await offsetsIn(service.db)
  // By lane of the log: one, or as many as it has partitions.
  const handled = new Map(
    offsets.filter((offset) => offset.consumer === consumer).map((offset) => [offset.shard, offset]),
  )
  const result: AuditResult = { checked: 0, findings: [] }
  if (handled.size === 0) return result
  const from = (lane: string): Position => {
    const firstXid = BigInt(handled.get(lane)?.xid ?? '0') - latestXids
    return full || firstXid <= 0n ? beginning : { xid: String(firstXid), seq: 0, index: 0 }
  }

  const ask = async (orders: readonly Confirmed[]) => {
    result.checked += orders.length
    const { orderIds } = await messages.findUntold({ orders: [...orders] })
    for (const orderId of orderIds)
      if (result.findings.length < maxFindings)
        result.findings.push({ subject: `order ${orderId}`, message: 'is confirmed, and its customer was not told' })
  }
  let page: Confirmed[] = []
  const events = [orderConfirmed]
  for await (const { lane, at, event } of tailAll({ eventLog, division }, { source: 'orders', events, from })) {
    if (comparePositions(at, handled.get(lane) ?? beginning) >= 0) continue
    if (event !== undefined && isConfirmation(event)) page.push(event.payload)
    if (page.length < pageSize) continue
    await ask(page)
    page = []
  }
  if (page.length > 0) await ask(page)
  return result
}

const isConfirmation = (event: Event): event is Event<typeof orderConfirmed.message> => isEvent(event, orderConfirmed)
