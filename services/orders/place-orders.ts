import type { DomainError } from '@souk/errors'
import { encodeBatch, type Outbox, type WrittenRow } from '@souk/events'
import { type Database, DatabaseUnavailable, isServerError, OutcomeUnknown, type Tx, timeInId } from '@souk/postgres'
import { allocate, type Demand, type RemainingOf } from './allocate.ts'
import { orderErrors } from './errors.ts'
import { daysToSearch, keyDays, keysLiveSince } from './keys.ts'
import type { PlacedOrder } from './order.ts'
import { orderPlacedEvent } from './order-events.ts'
import { readPlacedOrders } from './orders.sql.ts'
import { ensureCaps, expectationFailed, findKeys, lockRemaining, placeBatch, readRemaining } from './place.sql.ts'
import { isCap, type OrderRequest, type PricedOrder, priceOrder } from './price-order.ts'
import type { Terms, TermsMemory } from './terms.ts'
import { readTerms } from './terms.sql.ts'
import { lockUses, placeExtras, readUses } from './uses.sql.ts'

export type PlaceDeps = {
  db: Database
  memory: TermsMemory
  clock: () => Date
  /** Told after each commit, so that the log is read at once; with what was announced, where that is known. */
  wake: Outbox['wake']
  /** Ask the services that own them about variants we do not know. Resolves when what they said is stored. */
  learnVariants(variantIds: readonly string[]): Promise<void>
  /** Which way a batch took, for the metrics. */
  onPath(path: 'optimistic' | 'careful' | 'resolved'): void
}

export type PlaceOutcome =
  | { readonly kind: 'placed'; readonly order: PlacedOrder; readonly repeated: boolean }
  | { readonly kind: 'refused'; readonly error: DomainError }

type Waiting = { readonly request: OrderRequest; priced: PricedOrder | undefined; outcome: PlaceOutcome | undefined }
type DemandById = ReadonlyMap<string, Demand>

/**
 * Place a batch of orders on one shard: in order of arrival, all lines of an order or none. One outcome per request.
 *
 * The usual path decides from memory and writes in one statement that counts its own effects; if anything was not as
 * remembered it wrote nothing, and the careful path decides again with the allotments locked. Nobody is refused from
 * memory alone, and nobody is answered before the commit.
 */
export async function placeOrders(deps: PlaceDeps, requests: readonly OrderRequest[]): Promise<PlaceOutcome[]> {
  const batch = requests.map((request): Waiting => ({ request, priced: undefined, outcome: undefined }))
  const demand = await readAgainIfCut(async () => {
    for (const waiting of batch) waiting.outcome = undefined
    if (deps.memory.repeatsAreComing(deps.clock().getTime())) await answerRepeats(deps, deps.db.autocommit, batch)
    await learnMissing(deps, batch)
    const decided = decide(deps, batch, remembered(deps))
    return batch.some(isRefused) ? askAgain(deps, batch) : decided
  })
  const accepted = batch.filter((waiting) => waiting.outcome === undefined)
  if (accepted.length > 0) await write(deps, accepted, demand)
  return batch.map((waiting) => waiting.outcome as PlaceOutcome)
}

/** Up to here nothing was written: a connection that broke while reading is replaced, and the question asked again. */
async function readAgainIfCut<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error
      if (attempt >= 5) throw new DatabaseUnavailable(error)
    }
  }
}

const isRefused = (waiting: Waiting) => waiting.outcome?.kind === 'refused'

const variantsOf = (batch: readonly Waiting[]) => [
  ...new Set(batch.flatMap(({ request }) => request.lines.map((line) => line.variantId))),
]

async function learnMissing(deps: PlaceDeps, batch: readonly Waiting[]): Promise<void> {
  const missing = variantsOf(batch).filter((variantId) => deps.memory.get(variantId) === undefined)
  if (missing.length === 0) return
  await recall(deps, deps.db.autocommit, missing)
  const unknown = missing.filter((variantId) => !deps.memory.get(variantId)?.shopSelling)
  if (unknown.length === 0) return
  try {
    await deps.learnVariants(unknown)
  } catch (error) {
    if (error instanceof DatabaseUnavailable || error instanceof OutcomeUnknown) throw error
    // Thrown for the batch, which is then divided until those who name the unknown are alone with it.
    throw orderErrors.error('terms-unavailable', 'The catalogue did not answer in time.', { variantIds: unknown }, 1)
  }
  await recall(deps, deps.db.autocommit, unknown)
}

/** What a batch is decided on. */
type View = { termsOf(variantId: string): Terms | undefined; remainingOf: RemainingOf }

const remembered = ({ memory }: PlaceDeps): View => ({ termsOf: memory.get, remainingOf: memory.remainingOf })

/** Bring terms and remaining units of these variants into memory as the database has them now; what was read comes first. */
async function recall(deps: PlaceDeps, tx: Tx, variantIds: readonly string[]): Promise<View> {
  const terms = await readTerms(tx, variantIds)
  const ids = terms.flatMap((known) => [known.variantId, ...known.windows.map((window) => window.saleWindowId)])
  const remaining = await readRemaining(tx, ids)
  for (const known of terms) deps.memory.learn(known)
  for (const row of remaining) deps.memory.setRemaining(row.allotment_id, row.remaining)
  const termsRead = new Map(terms.map((known) => [known.variantId, known]))
  const remainingRead = new Map(remaining.map((row) => [row.allotment_id, row.remaining]))
  return {
    termsOf: (variantId) => termsRead.get(variantId) ?? deps.memory.get(variantId),
    remainingOf: (allotmentId) => remainingRead.get(allotmentId) ?? deps.memory.remainingOf(allotmentId),
  }
}

/** Price and allocate whoever has no outcome yet. The refused get theirs; the others are what the demand is of. */
function decide(deps: PlaceDeps, batch: readonly Waiting[], view: View): DemandById {
  const nowMs = deps.clock().getTime()
  const open: Waiting[] = []
  const orders: PricedOrder[] = []
  for (const waiting of batch) {
    if (waiting.outcome !== undefined) continue
    const priced = priceOrder(waiting.request, view.termsOf, nowMs, waiting.priced?.order.orderId)
    if ('order' in priced) {
      waiting.priced = priced
      open.push(waiting)
      orders.push(priced)
    } else {
      waiting.outcome = { kind: 'refused', error: priced }
    }
  }
  const { refusals, demand } = allocate(orders, view.remainingOf)
  refusals.forEach((error, index) => {
    if (error !== undefined) (open[index] as Waiting).outcome = { kind: 'refused', error }
  })
  return demand
}

/**
 * Before anybody is refused: has this key been answered before, and is memory still right? Terms are those read here:
 * a batch that failed meanwhile may have made memory forget them.
 */
async function askAgain(deps: PlaceDeps, batch: readonly Waiting[]): Promise<DemandById> {
  const refused = batch.filter(isRefused)
  for (const waiting of refused) waiting.outcome = undefined
  await answerRepeats(deps, deps.db.autocommit, refused)
  const open = refused.filter((waiting) => waiting.outcome === undefined)
  const view = await recall(deps, deps.db.autocommit, variantsOf(batch))
  decide(deps, open, { ...view, remainingOf: everything })
  const caps = drawsOf(open).filter(isCap)
  if (caps.length > 0) {
    const ids = caps.map((draw) => draw.allotmentId)
    for (const row of await readRemaining(deps.db.autocommit, ids)) deps.memory.setCap(row.allotment_id, row.remaining)
  }
  const vouchers = vouchersIn(open)
  if (vouchers.length > 0)
    for (const row of await readUses(deps.db.autocommit, vouchers)) deps.memory.setCap(row.allotment_id, row.remaining)
  for (const waiting of open) waiting.outcome = undefined
  return decide(deps, batch, view)
}

/** As if nothing ever ran out: to learn what an order would draw on. */
const everything: RemainingOf = () => Number.MAX_SAFE_INTEGER

const drawsOf = (batch: readonly Waiting[]) => batch.flatMap((waiting) => waiting.priced?.draws ?? [])

const vouchersIn = (batch: readonly Waiting[]): string[] => [
  ...new Set(drawsOf(batch).flatMap((draw) => (draw.kind === 'voucher' ? [draw.allotmentId] : []))),
]

async function write(deps: PlaceDeps, accepted: readonly Waiting[], demand: DemandById): Promise<void> {
  // Taken from memory before it is sent: the next batch is decided while this one commits.
  for (const { draw, quantity } of demand.values())
    if (draw.kind === 'voucher')
      deps.memory.setCap(draw.allotmentId, (deps.memory.remainingOf(draw.allotmentId) ?? quantity) - quantity)
    else deps.memory.take(draw.allotmentId, quantity)
  let announced: WrittenRow[] = []
  try {
    // One statement is its own transaction; a batch with an order that has more than lines takes two.
    announced = accepted.some(hasExtras)
      ? await deps.db.transaction((tx) => insert(tx, accepted, demand))
      : await insert(deps.db.autocommit, accepted, demand)
    deps.onPath('optimistic')
  } catch (error) {
    for (const variantId of variantsOf(accepted)) deps.memory.forget(variantId)
    if (error instanceof OutcomeUnknown) await resolveUnknown(deps, accepted)
    else if (isNotAsRemembered(error)) await writeOrResolve(deps, accepted)
    else throw error
  }
  deps.wake(announced)
}

/** The statement's own count differed, a key or id was there before, or a neighbour's commit got in the way. */
const isNotAsRemembered = (error: unknown) =>
  isServerError(error) && [expectationFailed, '23505', '23514', '40P01', '40001', '55P03'].includes(error.code)

const hasExtras = (waiting: Waiting) => waiting.priced?.order.extras !== undefined

/** @returns the row that announces them, true once this is committed. */
async function insert(tx: Tx, accepted: readonly Waiting[], demand: DemandById): Promise<WrittenRow[]> {
  const priced = accepted.map((waiting) => waiting.priced as PricedOrder)
  const placedAtMs = (priced[0] as PricedOrder).order.placedAtMs
  if (accepted.some(hasExtras))
    await placeExtras(
      tx,
      priced.map(({ order }) => order),
      demand,
    )
  const batch = encodeBatch(
    accepted.map(({ request }, index) => orderPlacedEvent((priced[index] as PricedOrder).order, request.correlationId)),
  )
  const place = await placeBatch(tx, {
    orders: priced,
    demand,
    keyDays: keyDays(placedAtMs),
    keys: accepted.map(({ request }) => request.key),
    bodyHashes: accepted.map(({ request }) => request.bodyHash),
    outboxBatch: batch,
    placedAtMs,
  })
  for (const waiting of accepted)
    waiting.outcome = { kind: 'placed', order: (waiting.priced as PricedOrder).order, repeated: false }
  return [{ ...place, batch }]
}

async function writeOrResolve(deps: PlaceDeps, batch: readonly Waiting[]): Promise<void> {
  try {
    await writeCarefully(deps, batch)
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error
    await resolveUnknown(deps, batch)
  }
}

/**
 * Decide with everything locked that can run out. A key that appears between our look and our insert, or terms that
 * change meanwhile, undo the attempt; each begins with what is then true, so a few are enough.
 */
async function writeCarefully(deps: PlaceDeps, batch: readonly Waiting[]): Promise<void> {
  const maxAttempts = 5
  for (let attempt = 1; ; attempt += 1) {
    try {
      await deps.db.transaction(async (tx) => {
        for (const waiting of batch) waiting.outcome = undefined
        await answerRepeats(deps, tx, batch)
        const open = batch.filter((waiting) => waiting.outcome === undefined)
        const terms = new Map((await readTerms(tx, variantsOf(open))).map((known) => [known.variantId, known]))
        const termsOf = (variantId: string) => terms.get(variantId)
        decide(deps, open, { termsOf, remainingOf: everything })
        const ids = new Set(drawsOf(open).map((draw) => draw.allotmentId))
        const vouchers = vouchersIn(open)
        const uses = vouchers.length === 0 ? [] : await lockUses(tx, vouchers)
        const caps = drawsOf(open).filter(isCap)
        if (caps.length > 0) await ensureCaps(tx, caps)
        const rows = [...uses, ...(await lockRemaining(tx, [...ids]))]
        const locked = new Map(rows.map((row) => [row.allotment_id, row.remaining]))
        for (const waiting of open) waiting.outcome = undefined
        const demand = decide(deps, open, { termsOf, remainingOf: (allotmentId) => locked.get(allotmentId) })
        const accepted = open.filter((waiting) => waiting.outcome === undefined)
        if (accepted.length > 0) await insert(tx, accepted, demand)
      })
      deps.onPath('careful')
      return
    } catch (error) {
      if (!isNotAsRemembered(error) || attempt >= maxAttempts) throw error
    } finally {
      for (const variantId of variantsOf(batch)) deps.memory.forget(variantId)
    }
  }
}

/**
 * The connection broke after the statement was sent. It may have committed, may still be running, or never arrived.
 * Placing the same orders again, under the same ids and keys, settles it: if the first attempt committed, its keys are
 * found; if it is still running, our insert of the same keys waits for it; if it comes later, it meets ours and undoes
 * itself. Nobody is answered until one of these has happened.
 */
async function resolveUnknown(deps: PlaceDeps, batch: readonly Waiting[]): Promise<void> {
  const deadlineMs = performance.now() + resolveWithinMs
  for (let pauseMs = 50; ; pauseMs = Math.min(1_000, pauseMs * 2)) {
    try {
      await writeCarefully(deps, batch)
      deps.onPath('resolved')
      return
    } catch (error) {
      const mayPass =
        error instanceof DatabaseUnavailable || error instanceof OutcomeUnknown || isNotAsRemembered(error)
      if (!mayPass || performance.now() > deadlineMs) throw new OutcomeUnknown(error)
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** A restarted server recovers in under 10 s here; whoever waits longer is told to ask again with the same key. */
const resolveWithinMs = 15_000

/** Give whoever used his key before the first answer again; refuse a key that was used for another body. */
async function answerRepeats(deps: PlaceDeps, tx: Tx, batch: readonly Waiting[]): Promise<void> {
  const nowMs = deps.clock().getTime()
  const found = await findKeys(
    tx,
    daysToSearch(nowMs),
    batch.map(({ request }) => request.customerId),
    batch.map(({ request }) => request.key),
  )
  const live = found.filter((row) => timeInId(row.order_id) > keysLiveSince(nowMs))
  if (live.length === 0) return
  deps.memory.sawRepeat(nowMs)
  const byKey = new Map(live.map((row) => [`${row.customer_id} ${row.key}`, row]))
  const orders = await readPlacedOrders(
    tx,
    live.map((row) => row.order_id),
  )
  const byId = new Map(orders.map((order) => [order.orderId, order]))
  for (const waiting of batch) {
    const row = byKey.get(`${waiting.request.customerId} ${waiting.request.key}`)
    const order = row && byId.get(row.order_id)
    if (row === undefined || order === undefined) continue
    waiting.outcome =
      row.body_hash === waiting.request.bodyHash
        ? { kind: 'placed', order, repeated: order.orderId !== waiting.priced?.order.orderId }
        : { kind: 'refused', error: keyMismatch() }
  }
}

export const keyMismatch = (): DomainError =>
  orderErrors.error(
    'order-key-mismatch',
    'This Idempotency-Key was used for another order. Send a new key with a new order.',
  )
