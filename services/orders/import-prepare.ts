import type { CatalogService } from '@souk/contracts/catalog'
import type { IdentityService } from '@souk/contracts/identity'
import type { Database } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import {
  addSums,
  candidatesFor,
  expectManyLines,
  insertRejects,
  makePartitions,
  openSlices,
  type ReturnLineRow,
  returnsMadeBefore,
  returnsToMatch,
  saveCustomers,
  saveImport,
  saveMatches,
  saveProducts,
  wantedCustomers,
  wantedProducts,
  wantProductsAndCustomers,
} from './import.sql.ts'
import { compare, matchReturns, monthOf } from './import-assemble.ts'
import { heldImport, sliceCount } from './import-orders.ts'

export type PrepareDeps = {
  db: Database
  catalog: Pick<Client<typeof CatalogService>, 'ensureProducts'>
  identity: Pick<Client<typeof IdentityService>, 'ensureOutsideCustomers'>
}

export type Prepared = { done: boolean; step: 'products' | 'customers' | 'cancellations'; count: number }

const productsAtOnce = 1_000
const customersAtOnce = 2_000
const returnsAtOnce = 5_000
/** A scan and a sort of all lines, of which there may be millions. */
const statementTimeoutMs = 600_000
/** Who made the products, in their price history: the import itself. */
const nobody = '00000000-0000-7000-8000-000000000000'

/**
 * The next step before orders can be made. The services that are asked make what is not there yet and find the rest, so
 * an answer that got lost is asked for again without harm.
 */
export async function prepareOrders(deps: PrepareDeps, shopId: string, importId: string): Promise<Prepared> {
  const { db } = deps
  const fresh = await db.transaction(
    async (tx) => {
      const row = await heldImport(tx, importId, shopId, ['preparing', 'making'])
      if (row.state === 'making') return false
      await wantProductsAndCustomers(tx, importId, shopId)
      return true
    },
    { statementTimeoutMs },
  )
  if (!fresh) return { done: true, step: 'cancellations', count: 0 }
  const [products, customers, matched] = await Promise.all([
    ensureAllProducts(deps, shopId, importId),
    ensureAllCustomers(deps, shopId, importId),
    matchAll(db, shopId, importId),
  ])
  await db.transaction(
    async (tx) => {
      const row = await heldImport(tx, importId, shopId, ['preparing'])
      await makePartitions(tx, importId)
      await openSlices(tx, importId, sliceCount)
      await saveImport(tx, { ...row, state: 'making' })
    },
    { statementTimeoutMs },
  )
  return { done: true, step: 'cancellations', count: products + customers + matched }
}

async function ensureAllProducts({ db, catalog }: PrepareDeps, shopId: string, importId: string): Promise<number> {
  return ensureAll(
    (after) => wantedProducts(db.autocommit, shopId, after, productsAtOnce),
    ({ code_key }) => code_key,
    async (wanted) => {
      const { products } = await catalog.ensureProducts({
        shopId,
        actorId: nobody,
        correlationId: importId,
        products: wanted.map(({ code, title, price_minor, service }) => ({
          sku: code,
          title: title.trim() === '' ? code : title.trim(),
          priceMinor: BigInt(price_minor),
          // A service is no goods, and what was only ever given away has no price: nobody is to buy those.
          active: !service && price_minor > 0,
          tags: service ? ['service'] : [],
        })),
      })
      const created = products.filter((product) => product.created).length
      return () =>
        db.transaction(async (tx) => {
          const row = await heldImport(tx, importId, shopId, ['preparing'])
          await saveProducts(
            tx,
            shopId,
            products.map(({ productId, variantId, sku }, index) => ({
              codeKey: (wanted[index] as { code_key: string }).code_key,
              productId,
              variantId,
              sku,
            })),
          )
          await saveImport(tx, { ...row, products: row.products + created })
        })
    },
  )
}

async function ensureAllCustomers({ db, identity }: PrepareDeps, shopId: string, importId: string): Promise<number> {
  return ensureAll(
    (after) => wantedCustomers(db.autocommit, shopId, after, customersAtOnce),
    ({ number }) => number,
    async (wanted) => {
      const numbers = wanted.map(({ number }) => number)
      const { accountIds, created } = await identity.ensureOutsideCustomers({ shopId, numbers })
      return () =>
        db.transaction(async (tx) => {
          const row = await heldImport(tx, importId, shopId, ['preparing'])
          await saveCustomers(tx, shopId, numbers, accountIds)
          await saveImport(tx, { ...row, customers: row.customers + created })
        })
    },
  )
}

/**
 * Ask for all that is wanted, a part at a time in the order of its keys. While one part is asked for the next is read, and
 * the one before is written down. Resolves to how many there were.
 */
async function ensureAll<Wanted>(
  next: (after: string | undefined) => Promise<Wanted[]>,
  keyOf: (wanted: Wanted) => string,
  ask: (wanted: readonly Wanted[]) => Promise<() => Promise<void>>,
): Promise<number> {
  let total = 0
  let saving: Promise<void> = Promise.resolve()
  let reading = next(undefined)
  for (;;) {
    const wanted = await reading
    const last = wanted.at(-1)
    if (last === undefined) break
    reading = next(keyOf(last))
    // Awaited a part later; meanwhile a failure must not pass for one nobody looks at.
    reading.catch(() => {})
    const save = await ask(wanted)
    await saving
    saving = save()
    saving.catch(() => {})
    total += wanted.length
  }
  await saving
  return total
}

async function matchAll(db: Database, shopId: string, importId: string): Promise<number> {
  for (let total = 0; ; ) {
    const matched = await matchNext(db, shopId, importId)
    if (matched === 0) return total
    total += matched
  }
}

/** Decide the next lines that take something back. Resolves to how many. */
const matchNext = (db: Database, shopId: string, importId: string): Promise<number> =>
  db.transaction(
    async (tx) => {
      const rows = await returnsToMatch(tx, importId, returnsAtOnce)
      if (rows.length === 0) return 0
      const numbers = [...new Set(rows.map((row) => row.number))]
      const before = await returnsMadeBefore(tx, importId, shopId, numbers)
      const byNumber = Map.groupBy(before, (row) => row.number)
      const known = new Set<number>()
      for (const [number, ofNumber] of Map.groupBy(rows, (row) => row.number))
        for (const { lineNo } of compare(ofNumber.map(line), (byNumber.get(number) ?? []).map(line)).found)
          known.add(lineNo)
      const open = rows.filter((row) => !known.has(row.line_no))
      await expectManyLines(tx)
      const candidates = await candidatesFor(
        tx,
        importId,
        open.map((row) => row.line_no),
      )
      const matches = matchReturns(
        open.map((row) => ({ ...line(row), customer: row.customer, atMs: row.returned_ms })),
        candidates.map((row) => ({
          returnLine: row.return_line,
          number: row.number,
          lineNo: row.line_no,
          left: row.left,
          unitPriceMinor: row.unit_price_minor,
          placedAtMs: row.placed_ms,
        })),
      )
      await saveMatches(
        tx,
        importId,
        rows.map(({ line_no: lineNo }) => {
          const match = matches.get(lineNo)
          const state = known.has(lineNo) ? 'known' : match === undefined ? 'rejected' : 'matched'
          return { lineNo, state, saleNumber: match?.number ?? null, saleLine: match?.lineNo ?? null }
        }),
      )
      await insertRejects(
        tx,
        importId,
        open
          .filter((row) => !matches.has(row.line_no))
          .map((row) => ({
            lineNo: row.line_no,
            ...whyUnmatched(row),
            raw: row.raw,
            month: monthOf(row.returned_ms),
            currency: row.currency,
            minor: -row.quantity * row.unit_price_minor,
          })),
      )
      await addSums(
        tx,
        importId,
        sumsOf(
          rows.filter((row) => known.has(row.line_no)).map((row) => ({ ...row, sign: -1, atMs: row.returned_ms })),
        ),
      )
      return rows.length
    },
    { statementTimeoutMs },
  )

const line = (row: { line_no?: number; code_key: string; quantity: number; unit_price_minor: number }) => ({
  lineNo: row.line_no ?? 0,
  codeKey: row.code_key,
  quantity: row.quantity,
  unitPriceMinor: row.unit_price_minor,
})

const whyUnmatched = (row: ReturnLineRow) =>
  row.customer === ''
    ? { field: 'customer', reason: 'without a customer nobody can tell which order it takes back' }
    : {
        field: 'number',
        reason: `no earlier order of customer ${row.customer} has ${row.quantity} of ${row.code_key} left to take back at this price`,
      }

/** Amounts of lines that an earlier import had brought, by month and currency. */
export function sumsOf(
  lines: readonly { quantity: number; unit_price_minor: number; currency: string; atMs: number; sign: number }[],
) {
  const sums = new Map<string, { month: string; currency: string; lines: number; minor: number; knownMinor: number }>()
  for (const { quantity, unit_price_minor, currency, atMs, sign } of lines) {
    const month = monthOf(atMs)
    const sum = sums.get(`${month} ${currency}`) ?? { month, currency, lines: 0, minor: 0, knownMinor: 0 }
    sum.knownMinor += sign * quantity * unit_price_minor
    sums.set(`${month} ${currency}`, sum)
  }
  return [...sums.values()]
}
