import { createHash } from 'node:crypto'
import { httpErrors } from '@souk/http'
import { bucketOf, type Tx, uuidv7 } from '@souk/postgres'
import { findIssuedGoods, findReturnedUnits, findTakeBack, findWrittenOff, insertTakeBack } from './assignments.sql.ts'
import { findChange, insertChange, insertTransfers } from './changes.sql.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { changeShelves, insertMovements, lockItems, type Movement, saveItems } from './inventory.sql.ts'
import { announce, grantsFor, itemIn } from './keep-books.ts'
import { dayOf, isExpired } from './lots.ts'
import { changeLots, ensureLots, insertLotMovements } from './lots.sql.ts'
import type { GoodsLine } from './issue-lots.ts'
import { grantUnits } from './settle-transfers.ts'
import { maxOnHand } from './stock.ts'

export type Return = {
  returnId: string
  orderId: string
  shopId: string
  /** A variant may be named twice: so many to be sold again, so many not. */
  lines: readonly { variantId: string; quantity: number; restock: boolean }[]
  actor: string
}

/** Of a variant: what came back, what of it is put up again, and where. */
type Returned = { variantId: string; units: number; restocked: number; locationId: string; expiresOn: string | null }

/**
 * Take goods of an order back: onto the shelf, in a lot of their own, and up for sale again; or into the ledger and out
 * of it, written off. Goods that have expired meanwhile are written off whatever is asked: resolves to those that were to
 * be restocked. A repeat does nothing, and says the same.
 * Throws more-returned-than-issued, unclear-goods, idempotency-mismatch.
 */
export async function takeBack(deps: Deps, asked: Return): Promise<GoodsLine[]> {
  const { returnId, shopId } = asked
  const wrong = asked.lines.find(
    ({ quantity }) => !Number.isSafeInteger(quantity) || quantity < 1 || quantity > maxOnHand,
  )
  if (wrong !== undefined || asked.lines.length === 0)
    throw errors.error('unclear-goods', `Return ${returnId} names no goods, or ${wrong?.quantity} of something.`)
  const writtenOff = await deps.shards.ofOwner(shopId).db.transaction(async (tx) => {
    await enterReturn(tx, deps, asked)
    return findWrittenOff(tx, returnId)
  })
  await grantUnits(deps, { changeId: returnId, shopId }, asked.orderId).catch((error: unknown) => {
    deps.log.warn({ returnId, shopId, error }, 'orders did not answer a grant; it is settled later')
  })
  return writtenOff.flatMap(({ variantId, units }) => {
    const wished = asked.lines.filter((line) => line.variantId === variantId && !line.restock)
    const quantity = units - wished.reduce((sum, line) => sum + line.quantity, 0)
    return quantity > 0 ? [{ variantId, quantity }] : []
  })
}

async function enterReturn(tx: Tx, deps: Deps, asked: Return): Promise<void> {
  const at = deps.clock()
  const { returnId, orderId, shopId, actor } = asked
  const items = await lockItems(tx, shopId, [...new Set(asked.lines.map((line) => line.variantId))])
  const requestHash = createHash('sha256')
    .update(JSON.stringify([orderId, asked.lines]))
    .digest()
  const known = await findChange(tx, returnId, shopId)
  if (known !== undefined) {
    if (known.requestHash.equals(requestHash) && (await findTakeBack(tx, returnId)) !== undefined) return
    throw idReused()
  }
  const returned = await returnedGoods(tx, asked, dayOf(at))
  const change = { id: returnId, shopId, reason: 'returned', note: `order ${orderId}`, actor, requestHash }
  if ((await insertChange(tx, { ...change, state: 'applied' }, at)) === 0) throw idReused()
  await insertTakeBack(tx, { id: returnId, orderId, shopId, actor, at })

  const before = new Map(items.map((item) => [item.variantId, item]))
  const after = new Map(items.map((item) => [item.variantId, { ...item }]))
  const movements = returned.flatMap(({ variantId, units, restocked, locationId }): Movement[] => {
    const item = itemIn(after, variantId)
    const move = (kind: 'return' | 'write-off', delta: number): Movement => ({
      id: uuidv7(at.getTime(), bucketOf(shopId)),
      variantId,
      shopId,
      locationId,
      kind,
      onHandDelta: delta,
      allottedDelta: 0,
      onHand: item.onHand + delta,
      causeKind: 'return',
      causeId: returnId,
      actor,
      note: change.note,
    })
    const back = move('return', units)
    item.onHand += units
    if (units === restocked) return [back]
    const off = move('write-off', restocked - units)
    item.onHand += restocked - units
    return [back, off]
  })
  const restocked = returned.filter((each) => each.restocked > 0)
  const lots = await ensureLots(
    tx,
    restocked.map((each) => ({ ...each, lotId: uuidv7(at.getTime(), bucketOf(shopId)), shopId, code: codeOf(each) })),
    at,
  )
  const lotOf = new Map(lots.map((lot) => [lot.variantId, lot.lotId]))
  const into = restocked.map((each) => ({ ...each, lotId: lotOf.get(each.variantId) as string, units: each.restocked }))
  await changeLots(
    tx,
    into.map(({ lotId, units }) => ({ lotId, onHand: units, assigned: 0, leaving: 0 })),
  )
  await insertLotMovements(tx, returnId, into)
  await changeShelves(
    tx,
    restocked.map((each) => ({ ...each, onHand: each.restocked, leaving: 0 })),
  )
  const grants = grantsFor([...after.values()], returnId, at)
  for (const grant of grants) itemIn(after, grant.variantId).granting += grant.quantity
  await saveItems(tx, [...after.values()], at)
  await insertMovements(tx, movements, at)
  await insertTransfers(tx, grants, at)
  await announce(tx, deps, [...after.values()], before, at, orderId)
}

const idReused = () =>
  httpErrors.error('idempotency-mismatch', 'This id was used for another return or change of stock.')

/** Goods that come back expire on the day they were to expire, so goods of several days lie in several lots. */
const codeOf = ({ expiresOn }: Returned) => (expiresOn === null ? 'returned' : `returned ${expiresOn}`)

async function returnedGoods(tx: Tx, asked: Return, today: string): Promise<Returned[]> {
  const issued = Map.groupBy(await findIssuedGoods(tx, asked.orderId), (each) => each.variantId)
  const earlier = new Map((await findReturnedUnits(tx, asked.orderId)).map((each) => [each.variantId, each.units]))
  return [...Map.groupBy(asked.lines, (line) => line.variantId)].map(([variantId, lines]) => {
    const goods = issued.get(variantId) ?? []
    const units = lines.reduce((sum, line) => sum + line.quantity, 0)
    const atMost = goods.reduce((sum, each) => sum + each.units, 0) - (earlier.get(variantId) ?? 0)
    const [first] = goods
    if (first === undefined || units > atMost)
      throw errors.error(
        'more-returned-than-issued',
        `${atMost} units of variant ${variantId} can come back at most.`,
        {
          variantId,
          atMost,
        },
      )
    // Which of several lots a piece came from nobody can see: it is taken for the one that expires first.
    const expired = isExpired(first, today)
    const restocked = expired ? 0 : lines.reduce((sum, line) => sum + (line.restock ? line.quantity : 0), 0)
    return { variantId, units, restocked, locationId: first.locationId, expiresOn: first.expiresOn }
  })
}
