import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { OrderExtras } from './order-extras.ts'
import type { Order, OrderHistory, OrderLine, OrderStatus, PaymentMethod, PlacedOrder } from './order.ts'

type OrderRow = {
  order_id: string
  shop_id: string
  customer_id: string
  status: OrderStatus
  version: number
  total_minor: number
  currency: string
  payment_method: PaymentMethod
  placed_at: Date
  history: OrderHistory
  details: OrderExtras | null
  lines: readonly LineWithin[] | null
}

/** A line as its order's row keeps it: see `order_lines` in the migrations. */
type LineWithin = readonly [
  variantId: string,
  productId: string,
  sku: string,
  title: string,
  quantity: number,
  unitPriceMinor: number,
  priceVersion: number,
  saleWindowId: string | null,
]

const lineWithin = (line: LineWithin): OrderLine => {
  const [variantId, productId, sku, title, quantity, unitPriceMinor, priceVersion, saleWindowId] = line
  const totalMinor = quantity * unitPriceMinor
  return { variantId, productId, sku, title, quantity, unitPriceMinor, totalMinor, priceVersion, saleWindowId }
}

type LineRow = {
  order_id: string
  variant_id: string
  product_id: string
  sku: string
  title: string
  quantity: number
  unit_price_minor: number
  total_minor: number
  price_version: number
  sale_window_id: string | null
}

const line = (row: LineRow): OrderLine => ({
  variantId: row.variant_id,
  productId: row.product_id,
  sku: row.sku,
  title: row.title,
  quantity: row.quantity,
  unitPriceMinor: row.unit_price_minor,
  totalMinor: row.total_minor,
  priceVersion: row.price_version,
  saleWindowId: row.sale_window_id,
})

/** Orders with their lines, in the order of the rows given. Lines of old and of imported orders have rows of their own: a second statement. */
async function withLines(tx: Tx, rows: readonly OrderRow[]): Promise<Order[]> {
  const apart = rows.filter(({ lines }) => lines === null).map((row) => row.order_id)
  const linesApart =
    apart.length === 0
      ? []
      : await tx.many<LineRow>(sql`
          select order_id, variant_id, product_id, sku, title, quantity, unit_price_minor, total_minor, price_version, sale_window_id
          from order_lines_apart where order_id = any(${uuidArray(apart)}::uuid[]) order by order_id, line_no`)
  const byOrder = Map.groupBy(linesApart, (row) => row.order_id)
  return rows.map((row) => ({
    orderId: row.order_id,
    shopId: row.shop_id,
    customerId: row.customer_id,
    status: row.status,
    version: row.version,
    totalMinor: row.total_minor,
    currency: row.currency,
    paymentMethod: row.payment_method,
    placedAtMs: row.placed_at.getTime(),
    history: row.history,
    lines: row.lines?.map(lineWithin) ?? (byOrder.get(row.order_id) ?? []).map(line),
    ...(row.details !== null && { extras: row.details }),
  }))
}

const columns = sql`order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method, placed_at, history, lines,
  (select d.details from order_details d where d.order_id = orders.order_id) as details`

export const readOrders = async (tx: Tx, orderIds: readonly string[]): Promise<Order[]> =>
  withLines(tx, await tx.many<OrderRow>(sql`select ${columns} from orders where order_id = any(${orderIds}::uuid[])`))

/** As they were when placed: what a repeated key is answered with. */
export const readPlacedOrders = async (tx: Tx, orderIds: readonly string[]): Promise<PlacedOrder[]> =>
  readOrders(tx, orderIds)

/**
 * The order, as nobody else can change it until the transaction ends.
 *
 * Who changes one order queues here and not at its row: of several that wait at a row somebody changes, PostgreSQL may number
 * all (xid) before it lets one in, and their events would leave the log in another order than their versions.
 */
export async function lockOrder(tx: Tx, orderId: string): Promise<Order | undefined> {
  await tx.one(sql`select pg_advisory_xact_lock(hashtextextended(${orderId}::text, 0)) is null as taken`)
  const rows = await tx.many<OrderRow>(sql`select ${columns} from orders where order_id = ${orderId} for update`)
  return (await withLines(tx, rows))[0]
}

/** Locked in the order of their ids; those that are not there are left out. */
export const lockOrders = async (tx: Tx, orderIds: readonly string[]): Promise<Order[]> =>
  withLines(
    tx,
    await tx.many<OrderRow>(sql`
      select ${columns} from orders where order_id = any(${uuidArray(orderIds)}::uuid[]) order by order_id for update`),
  )

/** What has become of these orders; nobody changes it until the transaction ends. */
export const lockStatuses = async (tx: Tx, orderIds: readonly string[]): Promise<Map<string, OrderStatus>> =>
  new Map(
    (
      await tx.many<{ order_id: string; status: OrderStatus }>(sql`
        select order_id, status from orders where order_id = any(${uuidArray(orderIds)}::uuid[]) order by order_id for update`)
    ).map((row) => [row.order_id, row.status]),
  )

/** Newest first, before the order the cursor names. Proven by `orders_by_customer`. */
export const listOfCustomer = async (tx: Tx, customerId: string, before: string | null, limit: number) =>
  withLines(
    tx,
    await tx.many<OrderRow>(sql`
      select ${columns} from orders
      where customer_id = ${customerId} and order_id < coalesce(${before}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by order_id desc limit ${limit}`),
  )

/** Newest first. With a status the index is walked past other states: at most `maxLooked` orders back. */
export const listOfShop = async (
  tx: Tx,
  shopId: string,
  status: OrderStatus | null,
  before: string | null,
  limit: number,
) =>
  withLines(
    tx,
    await tx.many<OrderRow>(sql`
      select * from (
        select ${columns} from orders
        where shop_id = ${shopId} and order_id < coalesce(${before}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        order by order_id desc limit ${status === null ? limit : maxLooked}) recent
      where ${status}::text is null or status = ${status}
      order by order_id desc limit ${limit}`),
  )

/** How far back a shop's list by status looks in one page: 5 ms of index walk. */
export const maxLooked = 5_000

/** The last order a page by status looked at, if it came to the end of what it may look at: where the next page begins. */
export const lookedUntil = (tx: Tx, shopId: string, before: string | null) =>
  tx.one<{ orderId: string | null }>(sql`
    select case when count(*) = ${maxLooked} then min(order_id::text) end as "orderId" from (
      select order_id from orders
      where shop_id = ${shopId} and order_id < coalesce(${before}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by order_id desc limit ${maxLooked}) looked`)

export const saveOrder = (tx: Tx, order: Pick<Order, 'orderId' | 'status' | 'version' | 'history'>) =>
  tx.run(sql`
    update orders set status = ${order.status}, version = ${order.version}, history = ${JSON.stringify(order.history)}::jsonb
    where order_id = ${order.orderId}`)

/** For orders that are locked. */
export const cancelLocked = (tx: Tx, orderIds: readonly string[], atMs: number) =>
  tx.run(sql`
    update orders set status = 'cancelled', version = version + 1,
      history = history || jsonb_build_array(jsonb_build_array('cancelled', ${atMs}::bigint))
    where order_id = any(${uuidArray(orderIds)}::uuid[])`)

/**
 * Move all that are still placed. Resolves to how many: usually all of them, so their ids are not sent back; who was left
 * out is for `confirmedNow` to say. The range lets the server look only into the months concerned.
 */
export const confirmPlaced = async (tx: Tx, orderIds: readonly string[], atMs: number): Promise<number> => {
  const { firstId, lastId } = rangeOf(orderIds)
  return tx.run(sql`
    update orders set status = 'confirmed', version = version + 1,
      history = history || jsonb_build_array(jsonb_build_array('confirmed', ${atMs}::bigint))
    where order_id = any(${uuidArray(orderIds)}::uuid[]) and order_id between ${firstId} and ${lastId} and status = 'placed'`)
}

/** Which of these are confirmed since exactly this instant, by this very transaction. */
export const confirmedNow = async (tx: Tx, orderIds: readonly string[]): Promise<string[]> =>
  (
    await tx.many<{ order_id: string }>(sql`
      select order_id from orders where order_id = any(${uuidArray(orderIds)}::uuid[])
        and status = 'confirmed' and xmin = pg_current_xact_id()::xid`)
  ).map((row) => row.order_id)

function rangeOf(ids: readonly string[]): { firstId: string; lastId: string } {
  let firstId = ids[0] as string
  let lastId = firstId
  for (const id of ids) {
    if (id < firstId) firstId = id
    if (id > lastId) lastId = id
  }
  return { firstId, lastId }
}

export type OrderCounts = { placed: number; confirmed: number; cancelled: number }

/** Orders by state since an instant: what a sale has come to. */
export const countSince = (tx: Tx, firstId: string, shopId: string | null) =>
  tx.one<OrderCounts>(sql`
    select count(*) filter (where status = 'placed') as placed, count(*) filter (where status = 'confirmed') as confirmed,
      count(*) filter (where status = 'cancelled') as cancelled
    from orders where order_id >= ${firstId}::uuid and (${shopId}::uuid is null or shop_id = ${shopId}::uuid)`)

export const tendPartitions = (tx: Tx, now: Date, keysBefore: string) =>
  tx.one<{ made: number }>(sql`select tend_partitions(${now}, ${keysBefore}::date) as made`)
