import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderDeliveredSchema,
  OrderPlacedSchema,
  OrderReturnedSchema,
  OrderShippedSchema,
  OrdersImportedSchema,
} from '@souk/contracts/orders'
import { type Codec, codecOf, decodeBatch } from '@souk/events'
import type { Tx } from '@souk/postgres'
import type { AuditMark, AuditScope } from '@souk/service'
import { oldestOutboxRow, type OutboxPlace, outboxRows, placeBefore } from './audits-told.sql.ts'

/** A change of an order, as its event tells of it. */
export type Change = {
  readonly orderId: string
  readonly version: number
  readonly customerId: string
  readonly lines: readonly { readonly variantId: string; readonly saleWindowId: string }[]
  /** Of a part that left; empty for other changes. */
  readonly shipmentId: string
}

/** What orders were changed since, and what that may have moved. */
export type Touched = {
  /** The first version of each that was told of. */
  readonly orders: ReadonlyMap<string, number>
  readonly allotmentIds: ReadonlySet<string>
  readonly variantIds: ReadonlySet<string>
  readonly shipmentIds: ReadonlySet<string>
  /** Customers and the sales they bought in, each pair once. */
  readonly holders: readonly { readonly customerId: string; readonly saleWindowId: string }[]
}

/** Beyond this looking at what changed costs more memory than looking at everything saves time. */
const manyOrders = 1_000_000
/** What was begun before the mark and is looked at five minutes later (I10), or was committed late. */
const marginMs = 10 * 60_000
const start: OutboxPlace = { xid: '0', seq: 0 }

const codecs: Readonly<Record<string, Codec>> = {
  'orders.order_placed': codecOf(OrderPlacedSchema),
  'orders.order_confirmed': codecOf(OrderConfirmedSchema),
  'orders.order_cancelled': codecOf(OrderCancelledSchema),
  'orders.order_shipped': codecOf(OrderShippedSchema),
  'orders.order_delivered': codecOf(OrderDeliveredSchema),
  'orders.order_returned': codecOf(OrderReturnedSchema),
}

/** Every change told of since an instant, or ever. */
export async function* changesSince(tx: Tx, sinceMs: number | undefined): AsyncIterable<Change> {
  yield* changes(tx, (sinceMs === undefined ? undefined : await placeBefore(tx, sinceMs)) ?? start, null)
}

/** A page at a time: a million events pass through 30 MB. */
async function* changes(tx: Tx, from: OutboxPlace, notIn: string | null): AsyncIterable<Change> {
  for (let after = from; ; ) {
    const rows = await outboxRows(tx, after, notIn, 200)
    for (const { batch } of rows)
      for (const { type, payload } of decodeBatch(batch)) {
        if (type === 'orders.orders_imported') yield* importedIn(payload)
        const told = codecs[type]?.decode(payload) as Partial<Change> | undefined
        if (told !== undefined) yield { ...nothingMore, ...told } as Change
      }
    const last = rows.at(-1)
    if (last === undefined) return
    after = last
  }
}

const nothingMore = { customerId: '', lines: [], shipmentId: '' }
const imported = codecOf(OrdersImportedSchema)

/** One event stands for every change of each of its orders; they hold nothing. */
function* importedIn(payload: Uint8Array): Iterable<Change> {
  const { orders } = imported.decode(payload) as { orders: Pick<Change, 'orderId' | 'version'>[] }
  for (const { orderId, version: last } of orders)
    for (let version = 1; version <= last; version += 1) yield { ...nothingMore, orderId, version }
}

/** Whether the outbox still tells of everything that this mark had not seen. */
async function tellsAllSince(tx: Tx, madeAt: Date): Promise<boolean> {
  const oldest = await oldestOutboxRow(tx)
  return oldest.complete || oldest.writtenAt.getTime() + marginMs < madeAt.getTime()
}

/** Exactly what this mark had not seen. Undefined: too much, or no longer known; then everything is to be looked at. */
export async function touchedAfter(tx: Tx, { snapshot, madeAt }: AuditMark): Promise<Touched | undefined> {
  if (!(await tellsAllSince(tx, madeAt))) return undefined
  // In the text of a snapshot its oldest running transaction comes first.
  const xmin = BigInt(snapshot.split(':')[0] ?? '1')
  return gather(changes(tx, { xid: String(xmin - 1n), seq: Number.MAX_SAFE_INTEGER }, snapshot))
}

const touchedIn = new WeakMap<AuditScope, Promise<Touched | undefined>>()

/**
 * At least what changed since the mark of the audit, for checks that may as well look at more. Read once for all checks of
 * an audit: what is told of while it runs, the next one looks at.
 */
export function touchedLately(tx: Tx, scope: AuditScope): Promise<Touched | undefined> {
  const { sinceMs } = scope
  if (sinceMs === undefined) return Promise.resolve(undefined)
  const known = touchedIn.get(scope)
  if (known !== undefined) return known
  const read = tellsAllSince(tx, new Date(sinceMs)).then((all) =>
    all ? gather(changesSince(tx, sinceMs - marginMs)) : undefined,
  )
  touchedIn.set(scope, read)
  return read
}

async function gather(told: AsyncIterable<Change>): Promise<Touched | undefined> {
  const orders = new Map<string, number>()
  const [allotmentIds, variantIds, shipmentIds] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const holders = new Map<string, Touched['holders'][number]>()
  for await (const { orderId, version, customerId, lines, shipmentId } of told) {
    orders.set(orderId, Math.min(version, orders.get(orderId) ?? version))
    if (orders.size > manyOrders) return undefined
    if (shipmentId !== '') shipmentIds.add(shipmentId)
    for (const { variantId, saleWindowId = '' } of lines) {
      variantIds.add(variantId)
      allotmentIds.add(saleWindowId || variantId)
      if (saleWindowId) holders.set(customerId + saleWindowId, { customerId, saleWindowId })
    }
  }
  return { orders, allotmentIds, variantIds, shipmentIds, holders: [...holders.values()] }
}
