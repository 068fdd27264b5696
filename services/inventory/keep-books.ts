import { stockChanged, stockRanLow } from '@souk/contracts'
import { type NewEvent, newEvent } from '@souk/events'
import { bucketOf, type Tx, uuidv7 } from '@souk/postgres'
import { type Change, insertTransfers, type PlacedLine, type Transfer } from './changes.sql.ts'
import type { Deps } from './deps.ts'
import { changeShelves, insertMovements, type Movement, saveItems } from './inventory.sql.ts'
import { changeLots, insertLotMovements, type LotChange } from './lots.sql.ts'
import { type Item, movementKind, ranLow, ungranted } from './stock.ts'

/** The permission to promise that came back from orders before lines may take goods off the shelf. */
export type Withdrawn = readonly Transfer[]

/**
 * Enter the lines of a change: shelves, lots, totals, ledger, events, and the intent to grant whatever is now on the shelf and
 * not allotted. A fixed number of statements, however many lines.
 * @param locked  the items of all lines, locked and as they are in the database.
 * @param release units that the lines had marked as leaving while they waited: those of every line with delta < 0.
 */
export async function applyLines(
  tx: Tx,
  deps: Pick<Deps, 'outbox' | 'clock'>,
  change: Change,
  given: {
    lines: readonly PlacedLine[]
    locked: readonly Item[]
    withdrawn: Withdrawn
    release: boolean
    correlationId: string
  },
): Promise<void> {
  const at = deps.clock()
  const before = new Map(given.locked.map((item) => [item.variantId, item]))
  const after = new Map(given.locked.map((item) => [item.variantId, { ...item }]))
  const movements: Movement[] = []
  for (const transfer of given.withdrawn) {
    const item = itemIn(after, transfer.variantId)
    item.withdrawing -= transfer.quantity
    item.allotted -= transfer.quantity
    movements.push(movementOf(transfer, item, change, at))
  }
  for (const line of given.lines) {
    const item = itemIn(after, line.variantId)
    item.onHand += line.delta
    if (given.release && line.delta < 0) item.leaving += line.delta
    movements.push({
      ...movementBase(item, change, at),
      locationId: line.locationId,
      kind: movementKind(change.reason, line.delta),
      onHandDelta: line.delta,
      allottedDelta: 0,
      causeKind: 'change',
      causeId: change.id,
    })
  }
  const grants = grantsFor([...after.values()], change.id, at)
  for (const grant of grants) itemIn(after, grant.variantId).granting += grant.quantity
  await changeShelves(
    tx,
    given.lines.map((line) => ({ ...line, onHand: line.delta, leaving: given.release ? Math.min(line.delta, 0) : 0 })),
  )
  const lots = lotChangesOf(given.lines, given.release)
  await changeLots(tx, lots)
  await insertLotMovements(
    tx,
    change.id,
    lots.map((lot) => ({ ...lot, units: lot.onHand })),
  )
  await saveItems(tx, [...after.values()], at)
  await insertMovements(tx, movements, at)
  if (grants.length > 0) await insertTransfers(tx, grants, at)
  await announce(tx, deps, [...after.values()], before, at, given.correlationId)
}

/** What lines do to lots: no lot is touched by two, for each is of another variant. */
const lotChangesOf = (lines: readonly PlacedLine[], release: boolean): (LotChange & { variantId: string })[] =>
  lines.flatMap(({ variantId, lotId, delta, takes }) => {
    if (lotId !== null) return [{ variantId, lotId, onHand: delta, assigned: 0, leaving: 0 }]
    return takes.map((take) => {
      return { variantId, lotId: take.lotId, onHand: -take.units, assigned: 0, leaving: release ? -take.units : 0 }
    })
  })

/** Enter grants that orders has confirmed. @param locked their items, locked. */
export async function applyGrants(
  tx: Tx,
  deps: Pick<Deps, 'outbox' | 'clock'>,
  change: Change,
  given: { grants: readonly Transfer[]; locked: readonly Item[]; correlationId: string },
): Promise<void> {
  const at = deps.clock()
  const before = new Map(given.locked.map((item) => [item.variantId, item]))
  const after = new Map(given.grants.map(({ variantId }) => [variantId, { ...itemIn(before, variantId) }]))
  const movements = given.grants.map((grant) => {
    const item = itemIn(after, grant.variantId)
    item.granting -= grant.quantity
    item.allotted += grant.quantity
    return movementOf(grant, item, change, at)
  })
  await saveItems(tx, [...after.values()], at)
  await insertMovements(tx, movements, at)
  await announce(tx, deps, [...after.values()], before, at, given.correlationId)
}

export function itemIn(items: ReadonlyMap<string, Item>, variantId: string): Item {
  const item = items.get(variantId)
  if (item === undefined) throw new Error(`variant ${variantId} is not among the locked ones`)
  return item
}

export const grantsFor = (items: readonly Item[], changeId: string, at: Date): Transfer[] =>
  items
    .filter((item) => ungranted(item) > 0)
    .map((item) => ({
      id: uuidv7(at.getTime(), bucketOf(item.shopId)),
      changeId,
      shopId: item.shopId,
      variantId: item.variantId,
      direction: 'grant',
      quantity: ungranted(item),
    }))

const movementBase = (item: Item, change: Change, at: Date) => ({
  id: uuidv7(at.getTime(), bucketOf(item.shopId)),
  variantId: item.variantId,
  shopId: item.shopId,
  onHand: item.onHand,
  actor: change.actor,
  note: change.note,
})

const movementOf = (transfer: Transfer, item: Item, change: Change, at: Date): Movement => ({
  ...movementBase(item, change, at),
  locationId: null,
  kind: transfer.direction,
  onHandDelta: 0,
  allottedDelta: transfer.direction === 'grant' ? transfer.quantity : -transfer.quantity,
  causeKind: 'transfer',
  causeId: transfer.id,
})

/** Tell of every item's stock, and of those that fell to their alert level. */
export async function announce(
  tx: Tx,
  deps: Pick<Deps, 'outbox'>,
  items: readonly Item[],
  before: ReadonlyMap<string, Item>,
  at: Date,
  correlationId: string,
): Promise<void> {
  const about = { occurredAtMs: at.getTime(), correlationId }
  const events = items.flatMap((item): NewEvent[] => {
    const { variantId, productId, shopId } = item
    const onHand = BigInt(item.onHand)
    const changed = newEvent(
      stockChanged,
      {
        variantId,
        productId,
        shopId,
        version: BigInt(item.version + 1),
        onHand,
        allotted: BigInt(item.allotted),
        changedAtMs: BigInt(at.getTime()),
      },
      about,
    )
    if (!ranLow(item, itemIn(before, variantId).onHand)) return [changed]
    const alertLevel = BigInt(item.alertLevel ?? 0)
    const noticedAtMs = BigInt(at.getTime())
    return [changed, newEvent(stockRanLow, { variantId, productId, shopId, onHand, alertLevel, noticedAtMs }, about)]
  })
  await deps.outbox.append(tx, events)
}
