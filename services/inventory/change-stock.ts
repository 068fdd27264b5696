import { createHash } from 'node:crypto'
import { httpErrors } from '@souk/http'
import { bucketOf, type Tx, uuidv7 } from '@souk/postgres'
import {
  type Change,
  findChange,
  findLines,
  insertChange,
  insertLines,
  insertTakes,
  insertTransfers,
  type PlacedLine,
  type Transfer,
} from './changes.sql.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import {
  changeShelves,
  findDefaultLocation,
  findItemsOfProduct,
  findLocations,
  insertLocation,
  listMovementsOfChange,
  lockItems,
  saveItems,
} from './inventory.sql.ts'
import { applyLines } from './keep-books.ts'
import { isExpired, dayOf } from './lots.ts'
import { changeLots, ensureLots, lockLots } from './lots.sql.ts'
import { settleTransfersOfVariants, grantUnits, withdrawUnits } from './settle-transfers.ts'
import { decideChange, type Item, type Line, maxOnHand, versionOf, type Wanted, type WantedLine } from './stock.ts'

/** A line as asked for; without a location it is about the shop's default one. */
export type AskedLine = Omit<WantedLine, 'locationId'> & { locationId?: string | undefined } & Wanted

export type ChangeRequest = {
  /** The key of the change: repeated with the same one nothing more happens. */
  id: string
  shopId: string
  /** One of `reasons`. */
  reason: string
  note: string
  actor: string
  correlationId: string
  /** Each variant once, 1,000 at most; all of this shop, and known here. */
  lines: readonly AskedLine[]
  /** What whoever asks has last seen: the sum of the versions of a product's variants. */
  seen?: { productId: string; version: number } | undefined
}

/** What a line has done; `onHand` of the variant over all locations, afterwards. */
export type ChangedLine = { variantId: string; delta: number; onHand: number }

/** Somebody else's change of a hot variant takes two commits and a call: about 10 ms. */
const patienceMs = 5_000

/**
 * Change what lies on the shelves, all lines or none. Units taken that orders may promise are withdrawn from it first;
 * units added are granted to it at once. If orders does not answer a grant the goods are on the shelf all the same and
 * are granted later; if it does not answer a withdrawal nobody knows yet, and 503 says so.
 * Throws already-promised, not-on-shelf, too-many-units, lot-differs, lot-expired, location-not-found, version-mismatch, stock-busy,
 * stock-transfer-pending, idempotency-mismatch.
 */
export async function changeStock(deps: Deps, request: ChangeRequest): Promise<ChangedLine[]> {
  const { db } = deps.shards.ofOwner(request.shopId)
  const pending = { changeId: request.id, shopId: request.shopId }
  const state = await recordWhenSettled(deps, request)
  if (state === 'nothing') return []
  if (state === 'withdrawing') {
    await withdrawUnits(deps, pending, request.correlationId).catch((error: unknown) => {
      deps.log.warn({ ...pending, error }, 'orders did not answer a withdrawal; it is settled later')
      throw errors.error(
        'stock-transfer-pending',
        'The change is recorded and waits for the orders service. Read the stock in a moment to see how it ended.',
        pending,
        2,
      )
    })
    await throwIfRefused(db.autocommit, request)
  }
  if (state === 'refused') await throwIfRefused(db.autocommit, request)
  await grantUnits(deps, pending, request.correlationId).catch((error: unknown) => {
    deps.log.warn({ ...pending, error }, 'orders did not answer a grant; it is settled later')
  })
  const kinds = await listMovementsOfChange(db.autocommit, request.id)
  return kinds.filter((line) => line.delta !== 0)
}

type Recorded = Change['state'] | 'nothing'

async function recordWhenSettled(deps: Deps, request: ChangeRequest): Promise<Recorded> {
  const deadline = performance.now() + patienceMs
  const variantIds = request.lines.map((line) => line.variantId)
  for (let attempt = 1; ; attempt += 1) {
    const recorded = await deps.shards.ofOwner(request.shopId).db.transaction((tx) => record(tx, deps, request))
    if (recorded !== 'wait') return recorded
    if (performance.now() > deadline)
      throw errors.error('stock-busy', 'Other changes of these variants are under way. Repeat the request.', {}, 1)
    // Most often whoever began it is about to end it; from the third time on it is taken for abandoned.
    if (attempt > 2)
      await settleTransfersOfVariants(deps, request.shopId, variantIds).catch((error: unknown) => {
        deps.log.warn({ shopId: request.shopId, error }, 'a change in the way could not be settled yet')
      })
    await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 5, 100) * (0.5 + Math.random())))
  }
}

async function record(tx: Tx, deps: Deps, request: ChangeRequest): Promise<Recorded | 'wait'> {
  const at = deps.clock()
  const wanted = await atLocations(tx, request, at)
  const locked = await lockItems(
    tx,
    request.shopId,
    request.lines.map((line) => line.variantId),
  )
  const requestHash = hashOf(request)
  const before = await findChange(tx, request.id, request.shopId)
  if (before !== undefined) {
    if (!before.requestHash.equals(requestHash)) throw keyReused()
    return before.state
  }
  await checkSeen(tx, request)
  const lots = await lockLots(
    tx,
    locked.map((item) => item.variantId),
  )
  const decision = decideChange(wanted, locked, lots)
  if (decision.kind === 'wait' || decision.kind === 'nothing') return decision.kind
  if (decision.kind === 'short')
    throw errors.error('not-on-shelf', 'More would be taken from a location than lies there.', {
      lines: decision.lines,
    })
  if (decision.kind === 'set-apart')
    throw errors.error('already-promised', 'Nothing was changed: these units are set apart for orders.', {
      lines: decision.lines,
    })
  if (decision.kind === 'too-many')
    throw errors.error('too-many-units', `A variant can have ${maxOnHand} units at most.`, {
      variantId: decision.variantId,
    })
  const state = decision.kind === 'apply' ? 'applied' : 'withdrawing'
  const change: Change = { ...request, requestHash, state }
  if ((await insertChange(tx, change, at)) === 0) throw keyReused()
  const lines = await inLots(tx, request.shopId, decision.lines, at)
  if (state === 'withdrawing') await recordIntent(tx, change, lines, locked, at)
  else {
    const { correlationId } = request
    await applyLines(tx, deps, change, { lines, locked, withdrawn: [], release: false, correlationId })
  }
  return state
}

/** Find or make the lots that goods go to. A code stands for one expiry: with another, something was misread. */
async function inLots(tx: Tx, shopId: string, lines: readonly Line[], at: Date): Promise<PlacedLine[]> {
  const asked = lines.flatMap(({ variantId, locationId, into }) =>
    into === undefined
      ? []
      : [{ ...into, lotId: uuidv7(at.getTime(), bucketOf(shopId)), variantId, locationId, shopId }],
  )
  const expired = asked.find((lot) => isExpired(lot, dayOf(at)))
  if (expired !== undefined)
    throw errors.error('lot-expired', `Nothing was changed: the goods expired on ${expired.expiresOn}.`, {
      variantId: expired.variantId,
    })
  const found = new Map((asked.length > 0 ? await ensureLots(tx, asked, at) : []).map((lot) => [lot.variantId, lot]))
  const differing = asked.find((lot) => found.get(lot.variantId)?.expiresOn !== lot.expiresOn)
  if (differing !== undefined)
    throw errors.error('lot-differs', `Nothing was changed: lot ${differing.code} is there with another expiry.`, {
      variantId: differing.variantId,
      expiresOn: found.get(differing.variantId)?.expiresOn ?? null,
    })
  return lines.map(({ into, ...line }) => ({
    ...line,
    lotId: into === undefined ? null : (found.get(line.variantId)?.lotId ?? null),
  }))
}

/** What the change will take is marked as leaving, so that nobody else counts on it; then orders can be asked. */
async function recordIntent(tx: Tx, change: Change, lines: readonly PlacedLine[], locked: readonly Item[], at: Date) {
  const taking = new Map(lines.filter((line) => line.delta < 0).map((line) => [line.variantId, line]))
  const transfers = lines
    .filter((line) => line.withdraw > 0)
    .map(
      (line): Transfer => ({
        id: uuidv7(at.getTime(), bucketOf(change.shopId)),
        changeId: change.id,
        shopId: change.shopId,
        variantId: line.variantId,
        direction: 'withdrawal',
        quantity: line.withdraw,
      }),
    )
  const takes = lines.flatMap((line) => line.takes)
  await insertLines(tx, change.id, lines)
  await insertTakes(tx, change.id, takes)
  await insertTransfers(tx, transfers, at)
  await changeLots(
    tx,
    takes.map(({ lotId, units }) => ({ lotId, onHand: 0, assigned: 0, leaving: units })),
  )
  await changeShelves(
    tx,
    [...taking.values()].map((line) => ({ ...line, onHand: 0, leaving: -line.delta })),
  )
  await saveItems(
    tx,
    locked.flatMap((item) => {
      const line = taking.get(item.variantId)
      if (line === undefined) return []
      return [{ ...item, leaving: item.leaving - line.delta, withdrawing: item.withdrawing + line.withdraw }]
    }),
    at,
  )
}

async function throwIfRefused(tx: Tx, request: ChangeRequest): Promise<void> {
  const change = await findChange(tx, request.id, request.shopId)
  if (change?.state !== 'refused') return
  const lines = (await findLines(tx, request.id))
    .filter((line) => line.atMost !== null)
    .map(({ variantId, atMost }) => ({ variantId, atMost }))
  throw errors.error(
    'already-promised',
    `Nothing was changed: orders have promised these units. ${lines.length === 1 ? `${lines[0]?.atMost} can be taken at most.` : 'Each line says how many can be taken at most.'}`,
    { lines },
  )
}

async function atLocations(tx: Tx, request: ChangeRequest, at: Date): Promise<WantedLine[]> {
  const named = [...new Set(request.lines.flatMap((line) => line.locationId ?? []))]
  const found = named.length > 0 ? await findLocations(tx, request.shopId, named) : []
  const known = new Set(found.map((location) => location.locationId))
  const unknown = named.find((id) => !known.has(id))
  if (unknown !== undefined)
    throw errors.error('location-not-found', 'The shop has no location with this id.', { locationId: unknown })
  if (request.lines.every((line) => line.locationId !== undefined)) return request.lines as WantedLine[]
  const locationId = await defaultLocation(tx, request.shopId, at)
  return request.lines.map((line) => ({ ...line, locationId: line.locationId ?? locationId }))
}

/** The shop's default location, made when it has none yet. */
export async function defaultLocation(tx: Tx, shopId: string, at: Date): Promise<string> {
  const existing = await findDefaultLocation(tx, shopId)
  if (existing !== undefined) return existing.locationId
  await insertLocation(tx, uuidv7(at.getTime(), bucketOf(shopId)), shopId, 'Main', true, at)
  const made = await findDefaultLocation(tx, shopId)
  if (made === undefined) throw new Error(`the shop's locations have taken the name of the default one: ${shopId}`)
  return made.locationId
}

async function checkSeen(tx: Tx, { seen }: ChangeRequest): Promise<void> {
  if (seen === undefined) return
  const version = versionOf(await findItemsOfProduct(tx, seen.productId))
  if (version === seen.version) return
  throw httpErrors.error('version-mismatch', 'The stock has changed since it was read. Read it again.', { version })
}

const keyReused = () =>
  httpErrors.error('idempotency-mismatch', 'This Idempotency-Key was used for another request. Use a new one.')

const hashOf = ({ shopId, reason, note, lines }: ChangeRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([shopId, reason, note, lines]))
    .digest()
