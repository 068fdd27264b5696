import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import { textArray } from './import.sql.ts'

export type SliceRow = { after_number: string; done: boolean }

export const lockSlice = (tx: Tx, importId: string, slice: number) =>
  tx.maybeOne<SliceRow>(sql`
    select after_number, done from import_slices where import_id = ${importId} and slice = ${slice} for update`)

export const saveSlice = (
  tx: Tx,
  importId: string,
  slice: number,
  afterNumber: string,
  done: boolean,
  orderLines: number,
) =>
  tx.run(sql`
    update import_slices set after_number = ${afterNumber}, done = ${done}, order_lines = order_lines + ${orderLines}
    where import_id = ${importId} and slice = ${slice}`)

export const slicesLeft = async (tx: Tx, importId: string) =>
  (
    await tx.one<{ left: number }>(sql`
    select count(*) as left from import_slices where import_id = ${importId} and not done`)
  ).left

export type StagedLine = {
  number: string
  line_no: number
  code_key: string
  title: string
  quantity: number
  unit_price_minor: number
  currency: string
  placed_ms: number
  customer: string
}

/**
 * The next lines of a slice by order number; the last order of them may be cut off, then `restOfNumber` has the rest.
 * Texts that only a rejected line needs are left where they are.
 */
export const nextLines = (tx: Tx, importId: string, slice: number, after: string, limit: number) =>
  tx.many<StagedLine>(sql`
    select number, line_no, code_key, title, quantity, unit_price_minor, currency,
      (extract(epoch from placed_at) * 1000)::bigint as placed_ms, customer
    from import_lines where import_id = ${importId} and slice = ${slice} and number > ${after}
    order by number, line_no limit ${limit}`)

export const restOfNumber = (
  tx: Tx,
  importId: string,
  slice: number,
  number: string,
  afterLine: number,
  limit: number,
) =>
  tx.many<StagedLine>(sql`
    select number, line_no, code_key, title, quantity, unit_price_minor, currency,
      (extract(epoch from placed_at) * 1000)::bigint as placed_ms, customer
    from import_lines where import_id = ${importId} and slice = ${slice} and number = ${number} and line_no > ${afterLine}
    order by line_no limit ${limit}`)

/** Lines of a number that no order can have, all at once: rejected without being read. */
export const rejectRest = (tx: Tx, importId: string, slice: number, number: string, field: string, reason: string) =>
  tx.run(sql`
    insert into import_rejects (import_id, line_no, field, reason, raw, month, currency, minor)
    select import_id, line_no, ${field}::text, ${reason}::text, raw, to_char(placed_at at time zone 'utc', 'YYYY-MM'), currency,
      quantity * unit_price_minor
    from import_lines where import_id = ${importId} and slice = ${slice} and number = ${number}
    on conflict do nothing`)

/** Reject lines of a slice, with what stands in the file. */
export const rejectLines = (
  tx: Tx,
  importId: string,
  slice: number,
  rejects: readonly { number: string; lineNo: number; field: string; reason: string }[],
) =>
  tx.run(sql`
    insert into import_rejects (import_id, line_no, field, reason, raw, month, currency, minor)
    select l.import_id, l.line_no, n.field, n.reason, l.raw, to_char(l.placed_at at time zone 'utc', 'YYYY-MM'), l.currency,
      l.quantity * l.unit_price_minor
    from unnest(${rejects.map((row) => row.number)}::text[], ${rejects.map((row) => row.lineNo)}::int[],
      ${rejects.map((row) => row.field)}::text[], ${rejects.map((row) => row.reason)}::text[]) as n (number, line_no, field, reason)
    join import_lines l on l.import_id = ${importId} and l.slice = ${slice} and l.number = n.number and l.line_no = n.line_no`)

/** The same for lines that took something back. */
export const rejectReturns = (
  tx: Tx,
  importId: string,
  rejects: readonly { lineNo: number; field: string; reason: string }[],
) =>
  tx.run(sql`
    with gone as (
      update import_returns r set state = 'rejected'
      from unnest(${rejects.map((row) => row.lineNo)}::int[], ${rejects.map((row) => row.field)}::text[],
        ${rejects.map((row) => row.reason)}::text[]) as n (line_no, field, reason)
      where r.import_id = ${importId} and r.line_no = n.line_no
      returning r.import_id, r.line_no, n.field, n.reason, r.raw, r.returned_at, r.currency, r.quantity, r.unit_price_minor)
    insert into import_rejects (import_id, line_no, field, reason, raw, month, currency, minor)
    select import_id, line_no, field, reason, raw, to_char(returned_at at time zone 'utc', 'YYYY-MM'), currency,
      -quantity * unit_price_minor from gone`)

export type MatchedReturn = {
  line_no: number
  number: string
  sale_number: string
  sale_line: number
  quantity: number
  unit_price_minor: number
  returned_ms: number
}

export const returnsOf = (tx: Tx, importId: string, numbers: readonly string[]) =>
  tx.many<MatchedReturn>(sql`
    select line_no, number, sale_number, sale_line, quantity, unit_price_minor,
      (extract(epoch from returned_at) * 1000)::bigint as returned_ms
    from import_returns where import_id = ${importId} and state = 'matched' and sale_number = any(${numbers}::text[])
    order by returned_at, number, line_no`)

/** Which of these numbers have an order already. */
export const ordersOfNumbers = (tx: Tx, shopId: string, numbers: readonly string[]) =>
  tx.many<{ number: string; order_id: string }>(sql`
    select number, order_id from imported_orders where shop_id = ${shopId} and number = any(${numbers}::text[])`)

export const linesOfOrders = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<{ order_id: string; variant_id: string; quantity: number; unit_price_minor: number }>(sql`
    select order_id, variant_id, quantity, unit_price_minor from order_lines where order_id = any(${uuidArray(orderIds)}::uuid[])`)

export type KnownProduct = { code_key: string; code: string; title: string; product_id: string; variant_id: string }

export const productsOf = (tx: Tx, shopId: string, codeKeys: readonly string[]) =>
  tx.many<KnownProduct>(sql`
    select code_key, code, title, product_id, variant_id from imported_products
    where shop_id = ${shopId} and code_key = any(${codeKeys}::text[]) and variant_id is not null`)

export const customersOf = (tx: Tx, shopId: string, numbers: readonly string[]) =>
  tx.many<{ number: string; customer_id: string }>(sql`
    select number, customer_id from imported_customers
    where shop_id = ${shopId} and number = any(${numbers}::text[]) and customer_id is not null`)

export type MadeOrder = {
  orderId: string
  number: string
  customerId: string
  status: 'delivered' | 'cancelled'
  version: number
  totalMinor: number
  currency: string
  placedAtMs: number
  /** Null: placed, confirmed, shipped and delivered, as most are; built there, for JSON is dear to escape. */
  history: string | null
  moved: string | null
}

export const insertOrders = (tx: Tx, importId: string, shopId: string, orders: readonly MadeOrder[]) =>
  tx.run(sql`
    with asked as (
      select * from unnest(${uuidArray(orders.map((order) => order.orderId))}::uuid[],
        ${textArray(orders.map((order) => order.number))}::text[], ${uuidArray(orders.map((order) => order.customerId))}::uuid[],
        ${textArray(orders.map((order) => order.status))}::text[], ${integerArray(orders.map((order) => order.version))}::int[],
        ${integerArray(orders.map((order) => order.totalMinor))}::bigint[], ${textArray(orders.map((order) => order.currency))}::text[],
        ${integerArray(orders.map((order) => order.placedAtMs))}::bigint[], ${orders.map((order) => order.history)}::jsonb[],
        ${orders.map((order) => order.moved)}::jsonb[])
        as t (order_id, number, customer_id, status, version, total_minor, currency, placed_ms, history, moved)),
    named as (
      insert into imported_orders (shop_id, number, order_id, import_id, moved)
      select ${shopId}::uuid, number, order_id, ${importId}::uuid, moved from asked)
    insert into orders (order_id, shop_id, customer_id, status, version, total_minor, currency, payment_method, placed_at, history)
    select order_id, ${shopId}::uuid, customer_id, status, version, total_minor, currency, 'external',
      to_timestamp(placed_ms / 1000.0), coalesce(history, jsonb_build_array(jsonb_build_array('placed', placed_ms),
        jsonb_build_array('confirmed', placed_ms), jsonb_build_array('shipped', placed_ms), jsonb_build_array('delivered', placed_ms)))
    from asked`)

/** A column each. Products are named by their place in `products`: hundreds of lines share one. */
export type MadeLines = {
  orderIds: string[]
  numbers: number[]
  products: number[]
  titles: string[]
  quantities: number[]
  unitPricesMinor: number[]
}

/** Resolves to how many were written. */
export const insertLines = (tx: Tx, lines: MadeLines, products: readonly KnownProduct[]) =>
  tx.run(sql`
    with product as (
      select * from unnest(${products.map((product) => product.product_id)}::uuid[],
        ${products.map((product) => product.variant_id)}::uuid[], ${products.map((product) => product.code)}::text[])
        with ordinality as p (product_id, variant_id, sku, at))
    insert into order_lines_apart (order_id, line_no, variant_id, product_id, sku, title, quantity, unit_price_minor, total_minor,
      price_version, sale_window_id)
    select l.order_id, l.line_no, p.variant_id, p.product_id, p.sku, l.title, l.quantity, l.unit_price_minor,
      l.quantity * l.unit_price_minor, 0, null
    from unnest(${uuidArray(lines.orderIds)}::uuid[], ${integerArray(lines.numbers)}::smallint[],
      ${integerArray(lines.products)}::bigint[], ${textArray(lines.titles)}::text[], ${integerArray(lines.quantities)}::int[],
      ${integerArray(lines.unitPricesMinor)}::bigint[]) as l (order_id, line_no, at, title, quantity, unit_price_minor)
    join product p using (at)`)

export type MadeReturn = {
  returnId: string
  orderId: string
  customerId: string
  refundMinor: number
  atMs: number
  number: string
}

export const insertReturns = (tx: Tx, shopId: string, importId: string, returns: readonly MadeReturn[]) =>
  tx.run(sql`
    insert into returns (return_id, order_id, shop_id, customer_id, origin, state, reason, note, answer, refund_minor,
      correlation_id, requested_at, decided_at, received_at, settled_at, try_at)
    select return_id, order_id, ${shopId}::uuid, customer_id, 'customer', 'settled', 'other', '', number, refund_minor,
      ${importId}::text, at, at, at, at, at
    from (select return_id, order_id, customer_id, refund_minor, to_timestamp(at_ms / 1000.0) as at, number
      from unnest(${uuidArray(returns.map((row) => row.returnId))}::uuid[], ${uuidArray(returns.map((row) => row.orderId))}::uuid[],
        ${uuidArray(returns.map((row) => row.customerId))}::uuid[], ${integerArray(returns.map((row) => row.refundMinor))}::bigint[],
        ${integerArray(returns.map((row) => row.atMs))}::bigint[], ${returns.map((row) => row.number)}::text[])
        as t (return_id, order_id, customer_id, refund_minor, at_ms, number)) t`)

export type MadeReturnLine = {
  returnId: string
  lineNo: number
  variantId: string
  quantity: number
  refundMinor: number
}

/** Not restocked: where the goods went is the other system's affair, our shelves never had them. */
export const insertReturnedLines = (tx: Tx, lines: readonly MadeReturnLine[]) =>
  tx.run(sql`
    insert into return_lines (return_id, line_no, variant_id, quantity, received, restock, refund_minor)
    select return_id, line_no, variant_id, quantity, quantity, false, refund_minor
    from unnest(${uuidArray(lines.map((row) => row.returnId))}::uuid[], ${integerArray(lines.map((row) => row.lineNo))}::smallint[],
      ${uuidArray(lines.map((row) => row.variantId))}::uuid[], ${integerArray(lines.map((row) => row.quantity))}::int[],
      ${integerArray(lines.map((row) => row.refundMinor))}::bigint[])
      as t (return_id, line_no, variant_id, quantity, refund_minor)`)

export const markReturnsMade = (tx: Tx, importId: string, rows: readonly { lineNo: number; orderId: string }[]) =>
  tx.run(sql`
    update import_returns r set state = 'made', order_id = n.order_id
    from unnest(${rows.map((row) => row.lineNo)}::int[], ${uuidArray(rows.map((row) => row.orderId))}::uuid[]) as n (line_no, order_id)
    where r.import_id = ${importId} and r.line_no = n.line_no`)
