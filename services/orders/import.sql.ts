import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'

export type ImportRow = {
  importId: string
  shopId: string
  name: string
  state: 'staging' | 'preparing' | 'making' | 'done'
  lines: number
  products: number
  customers: number
  result: unknown
}

const importColumns = sql`
  import_id as "importId", shop_id as "shopId", name, state, lines, products, customers, result`

export const insertImport = (
  tx: Tx,
  row: { importId: string; shopId: string; fingerprint: string; name: string },
  now: Date,
) =>
  tx.run(sql`
    insert into imports (import_id, shop_id, fingerprint, name, state, started_at)
    values (${row.importId}, ${row.shopId}, ${row.fingerprint}, ${row.name}, 'staging', ${now})
    on conflict (shop_id, fingerprint) do nothing`)

/**
 * Imports of a shop that nobody went on with since an instant, such as of a file that was mended and is another one now:
 * what is kept of them goes. Orders they made stay, and are known by their numbers should the file come again.
 */
export const forgetAbandoned = (tx: Tx, shopId: string, before: Date) =>
  tx.run(sql`
    with gone as (
      delete from imports where shop_id = ${shopId} and state <> 'done' and started_at < ${before} returning import_id),
    lines as (delete from import_lines where import_id in (select import_id from gone)),
    returned as (delete from import_returns where import_id in (select import_id from gone) and state <> 'made'),
    rejects as (delete from import_rejects where import_id in (select import_id from gone)),
    sums as (delete from import_sums where import_id in (select import_id from gone)),
    slices as (delete from import_slices where import_id in (select import_id from gone))
    select from gone`)

export const findImportByPrint = (tx: Tx, shopId: string, fingerprint: string) =>
  tx.maybeOne<ImportRow>(
    sql`select ${importColumns} from imports where shop_id = ${shopId} and fingerprint = ${fingerprint}`,
  )

/** Held until the transaction ends: two programs at the same import take turns. */
export const lockImport = (tx: Tx, importId: string) =>
  tx.maybeOne<ImportRow>(sql`select ${importColumns} from imports where import_id = ${importId} for update`)

export const readImport = (tx: Tx, importId: string) =>
  tx.maybeOne<ImportRow>(sql`select ${importColumns} from imports where import_id = ${importId}`)

export const saveImport = (tx: Tx, row: Pick<ImportRow, 'importId' | 'state' | 'lines' | 'products' | 'customers'>) =>
  tx.run(sql`
    update imports set state = ${row.state}, lines = ${row.lines}, products = ${row.products}, customers = ${row.customers}
    where import_id = ${row.importId}`)

export const finishImport = (tx: Tx, importId: string, result: string, now: Date) =>
  tx.run(sql`
    update imports set state = 'done', result = ${result}::jsonb, finished_at = ${now} where import_id = ${importId}`)

export type StagedSales = {
  slices: readonly number[]
  lineNumbers: readonly number[]
  numbers: readonly string[]
  codeKeys: readonly string[]
  codes: readonly string[]
  titles: readonly string[]
  quantities: readonly number[]
  unitPricesMinor: readonly number[]
  currencies: readonly string[]
  placedAtMs: readonly number[]
  customers: readonly string[]
  services: readonly boolean[]
  raws: readonly string[]
}

export const insertSales = (tx: Tx, importId: string, lines: StagedSales) =>
  tx.run(sql`
    insert into import_lines (import_id, slice, number, line_no, code_key, code, title, quantity, unit_price_minor, currency,
      placed_at, customer, service, raw)
    select ${importId}::uuid, slice, number, line_no, code_key, code, title, quantity, unit_price_minor, currency,
      to_timestamp(placed_ms / 1000.0), customer, service, raw
    from unnest(${integerArray(lines.slices)}::smallint[], ${textArray(lines.numbers)}::text[],
      ${integerArray(lines.lineNumbers)}::int[], ${textArray(lines.codeKeys)}::text[], ${textArray(lines.codes)}::text[],
      ${textArray(lines.titles)}::text[], ${integerArray(lines.quantities)}::int[],
      ${integerArray(lines.unitPricesMinor)}::bigint[], ${textArray(lines.currencies)}::text[],
      ${integerArray(lines.placedAtMs)}::bigint[], ${textArray(lines.customers)}::text[],
      ${`{${lines.services.join(',')}}`}::boolean[],
      ${textArray(lines.raws)}::text[])
      as t (slice, number, line_no, code_key, code, title, quantity, unit_price_minor, currency, placed_ms, customer, service, raw)`)

export const insertReturnLines = (tx: Tx, importId: string, shopId: string, lines: StagedSales) =>
  tx.run(sql`
    insert into import_returns (import_id, line_no, shop_id, number, code_key, quantity, unit_price_minor, currency,
      returned_at, customer, raw)
    select ${importId}::uuid, line_no, ${shopId}::uuid, number, code_key, quantity, unit_price_minor, currency,
      to_timestamp(placed_ms / 1000.0), customer, raw
    from unnest(${textArray(lines.numbers)}::text[], ${integerArray(lines.lineNumbers)}::int[],
      ${textArray(lines.codeKeys)}::text[], ${integerArray(lines.quantities)}::int[],
      ${integerArray(lines.unitPricesMinor)}::bigint[], ${textArray(lines.currencies)}::text[],
      ${integerArray(lines.placedAtMs)}::bigint[], ${textArray(lines.customers)}::text[], ${textArray(lines.raws)}::text[])
      as t (number, line_no, code_key, quantity, unit_price_minor, currency, placed_ms, customer, raw)`)

/**
 * Texts as one array parameter: the driver escapes each element with two regular expressions, and here seven columns of
 * thousands of lines are texts.
 */
export function textArray(texts: readonly string[]): string {
  let array = '{'
  for (let index = 0; index < texts.length; index += 1) {
    const text = texts[index] as string
    const plain = !text.includes('"') && !text.includes('\\')
    array += `${index === 0 ? '' : ','}"${plain ? text : text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  }
  return `${array}}`
}

export type SumRow = { month: string; currency: string; lines: number; minor: number; known_minor: number }

export const addSums = (
  tx: Tx,
  importId: string,
  sums: readonly { month: string; currency: string; lines: number; minor: number; knownMinor: number }[],
) =>
  tx.run(sql`
    insert into import_sums as s (import_id, month, currency, lines, minor, known_minor)
    select ${importId}::uuid, * from unnest(${sums.map((sum) => sum.month)}::text[],
      ${sums.map((sum) => sum.currency)}::text[], ${sums.map((sum) => sum.lines)}::bigint[],
      ${sums.map((sum) => sum.minor)}::bigint[], ${sums.map((sum) => sum.knownMinor)}::bigint[])
      as t (month, currency, lines, minor, known_minor)
    order by 2, 3
    on conflict (import_id, month, currency) do update set lines = s.lines + excluded.lines,
      minor = s.minor + excluded.minor, known_minor = s.known_minor + excluded.known_minor`)

export const readSums = (tx: Tx, importId: string) =>
  tx.many<SumRow>(sql`
    select month, currency, lines, minor, known_minor from import_sums where import_id = ${importId} order by 1, 2`)

export type RejectRow = {
  lineNo: number
  field: string
  reason: string
  raw: string
  month: string
  currency: string
  minor: number
}

export const insertRejects = (tx: Tx, importId: string, rejects: readonly RejectRow[]) =>
  rejects.length === 0
    ? Promise.resolve(0)
    : tx.run(sql`
        insert into import_rejects (import_id, line_no, field, reason, raw, month, currency, minor)
        select ${importId}::uuid, * from unnest(${rejects.map((row) => row.lineNo)}::int[],
          ${textArray(rejects.map((row) => row.field))}::text[], ${textArray(rejects.map((row) => row.reason))}::text[],
          ${textArray(rejects.map((row) => row.raw))}::text[], ${rejects.map((row) => row.month)}::text[],
          ${rejects.map((row) => row.currency)}::text[], ${rejects.map((row) => row.minor)}::bigint[])`)

export const listRejects = (tx: Tx, importId: string, after: number, limit: number) =>
  tx.many<RejectRow>(sql`
    select line_no as "lineNo", field, reason, raw, month, currency, minor from import_rejects
    where import_id = ${importId} and line_no > ${after} order by line_no limit ${limit}`)

// ── before orders are made ───────────────────────────────────────────────────────────────────────────────────────────

/**
 * One row per article number not known yet, under its most frequent description, at the price it was sold for most often; and one per customer. Two statements however many lines there are.
 */
export async function wantProductsAndCustomers(tx: Tx, importId: string, shopId: string): Promise<void> {
  await tx.run(sql`
    insert into imported_products (shop_id, code_key, code, title, price_minor, service)
    select ${shopId}::uuid, code_key, min(code collate "C"),
      coalesce(mode() within group (order by nullif(title, '')), ''),
      coalesce(mode() within group (order by nullif(unit_price_minor, 0)), 0), bool_or(service)
    from import_lines l where import_id = ${importId}
      and not exists (select from imported_products p where p.shop_id = ${shopId} and p.code_key = l.code_key)
    group by code_key on conflict do nothing`)
  await tx.run(sql`
    insert into imported_customers (shop_id, number)
    select distinct ${shopId}::uuid, customer from import_lines where import_id = ${importId} on conflict do nothing`)
}

export type WantedProductRow = { code_key: string; code: string; title: string; price_minor: number; service: boolean }

export const wantedProducts = (tx: Tx, shopId: string, after: string | undefined, limit: number) =>
  tx.many<WantedProductRow>(sql`
    select code_key, code, title, price_minor, service from imported_products
    where shop_id = ${shopId} and variant_id is null and (${after ?? null}::text is null or code_key > ${after ?? null}::text)
    order by code_key limit ${limit}`)

export const saveProducts = (
  tx: Tx,
  shopId: string,
  rows: readonly { codeKey: string; productId: string; variantId: string; sku: string }[],
) =>
  tx.run(sql`
    update imported_products p set product_id = n.product_id, variant_id = n.variant_id, code = n.sku
    from unnest(${textArray(rows.map((row) => row.codeKey))}::text[], ${uuidArray(rows.map((row) => row.productId))}::uuid[],
      ${uuidArray(rows.map((row) => row.variantId))}::uuid[], ${textArray(rows.map((row) => row.sku))}::text[])
      as n (code_key, product_id, variant_id, sku)
    where p.shop_id = ${shopId} and p.code_key = n.code_key`)

export const wantedCustomers = (tx: Tx, shopId: string, after: string | undefined, limit: number) =>
  tx.many<{ number: string }>(sql`
    select number from imported_customers
    where shop_id = ${shopId} and customer_id is null and (${after ?? null}::text is null or number > ${after ?? null}::text)
    order by number limit ${limit}`)

export const saveCustomers = (tx: Tx, shopId: string, numbers: readonly string[], customerIds: readonly string[]) =>
  tx.run(sql`
    update imported_customers c set customer_id = n.customer_id
    from unnest(${textArray(numbers)}::text[], ${uuidArray(customerIds)}::uuid[]) as n (number, customer_id)
    where c.shop_id = ${shopId} and c.number = n.number`)

export type ReturnLineRow = {
  line_no: number
  number: string
  code_key: string
  quantity: number
  unit_price_minor: number
  currency: string
  returned_ms: number
  customer: string
  raw: string
}

const returnColumns = sql`
  line_no, number, code_key, quantity, unit_price_minor, currency, (extract(epoch from returned_at) * 1000)::bigint as returned_ms,
  customer, raw`

/** The next lines that take something back, the oldest first. Held: two programs at the same import take turns. */
export const returnsToMatch = (tx: Tx, importId: string, limit: number) =>
  tx.many<ReturnLineRow>(sql`
    select ${returnColumns} from import_returns where import_id = ${importId} and state = 'read'
    order by returned_at, line_no limit ${limit} for update`)

export type CandidateRow = {
  return_line: number
  number: string
  line_no: number
  left: number
  unit_price_minor: number
  placed_ms: number
}

/**
 * Lines just written are unknown to the planner, which then expects one and compares everything with everything: 8 s
 * instead of 60 ms for 600 cancellations among 29,000 lines. Holds for this transaction.
 */
export const expectManyLines = (tx: Tx) => tx.one(sql`select set_config('enable_nestloop', 'off', true)`)

/**
 * For each of these lines what it may be about: sales of the same article to the same customer, not later and not cheaper,
 * with how many units of them nobody has taken back yet.
 */
export const candidatesFor = (tx: Tx, importId: string, lineNumbers: readonly number[]) =>
  tx.many<CandidateRow>(sql`
    with taken as (
      select sale_number, sale_line, sum(quantity)::bigint as quantity from import_returns
      where import_id = ${importId} and state = 'matched' group by 1, 2)
    select r.line_no as return_line, l.number, l.line_no, l.quantity - coalesce(t.quantity, 0) as left, l.unit_price_minor,
      (extract(epoch from l.placed_at) * 1000)::bigint as placed_ms
    from import_returns r
    join import_lines l on l.import_id = r.import_id and l.customer = r.customer and l.code_key = r.code_key
      and l.currency = r.currency and l.placed_at <= r.returned_at and l.unit_price_minor >= r.unit_price_minor
    left join taken t on t.sale_number = l.number and t.sale_line = l.line_no
    where r.import_id = ${importId} and r.line_no = any(${integerArray(lineNumbers)}::int[]) and r.customer <> ''`)

/** Lines of these numbers that an earlier import made something of, for comparison. */
export const returnsMadeBefore = (tx: Tx, importId: string, shopId: string, numbers: readonly string[]) =>
  tx.many<{ number: string; code_key: string; quantity: number; unit_price_minor: number }>(sql`
    select number, code_key, quantity, unit_price_minor from import_returns
    where shop_id = ${shopId} and state = 'made' and number = any(${textArray(numbers)}::text[]) and import_id <> ${importId}`)

export const saveMatches = (
  tx: Tx,
  importId: string,
  matches: readonly { lineNo: number; state: string; saleNumber: string | null; saleLine: number | null }[],
) =>
  tx.run(sql`
    update import_returns r set state = n.state, sale_number = n.sale_number, sale_line = n.sale_line
    from unnest(${matches.map((row) => row.lineNo)}::int[], ${matches.map((row) => row.state)}::text[],
      ${matches.map((row) => row.saleNumber)}::text[], ${matches.map((row) => row.saleLine)}::int[])
      as n (line_no, state, sale_number, sale_line)
    where r.import_id = ${importId} and r.line_no = n.line_no`)

export const makePartitions = (tx: Tx, importId: string) =>
  tx.one<{ made: number }>(sql`
    select make_partitions_for(array(select distinct date_trunc('month', placed_at at time zone 'utc') at time zone 'utc'
      from import_lines where import_id = ${importId})) as made`)

export const openSlices = (tx: Tx, importId: string, slices: number) =>
  tx.run(sql`
    insert into import_slices (import_id, slice) select ${importId}::uuid, generate_series(0, ${slices}::int - 1) on conflict do nothing`)
