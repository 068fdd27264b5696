import { bucketOf, type Tx, uuidv7 } from '@souk/postgres'
import {
  changeHeld,
  findGoodsOfShipment,
  findHeld,
  findIssue,
  insertIssue,
  insertRefusal,
  insertStandIns,
} from './assignments.sql.ts'
import { checkGoods } from './assign-goods.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { changeShelves, insertMovements, lockItems, type Movement, saveItems } from './inventory.sql.ts'
import { type Handout, type HandoutRefusal, issueGoods } from './issue-goods.ts'
import type { GoodsLine } from './issue-lots.ts'
import { announce, itemIn } from './keep-books.ts'
import { dayOf } from './lots.ts'
import { changeLots, insertLotMovements, type LotChange, lockLots } from './lots.sql.ts'
import { settleTransfersOfVariants } from './settle-transfers.ts'
import type { Item } from './stock.ts'

export type Shipment = {
  shipmentId: string
  orderId: string
  shopId: string
  /** One per variant. */
  lines: readonly GoodsLine[]
  actor: string
}

type Outcome = { kind: 'issued' } | HandoutRefusal

/** As long as whoever changes stock waits for others. */
const patienceMs = 5_000

/**
 * Hand an order's goods over to a carrier: they leave their lots, the shelf and what is allotted to orders. All lines or
 * none; a repeat of the shipment does nothing and is told the same, also when goods came since. Throws unclear-goods, shipment-differs, stock-busy.
 */
export async function issueShipment(deps: Deps, shipment: Shipment): Promise<Outcome> {
  checkGoods([shipment])
  const deadline = performance.now() + patienceMs
  const { db } = deps.shards.ofOwner(shipment.shopId)
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await db.transaction((tx) => issue(tx, deps, shipment))
    if (outcome !== 'wait') return outcome
    if (performance.now() > deadline)
      throw errors.error('stock-busy', 'Orders has not confirmed yet that these units are its own. Repeat.', {}, 1)
    const variantIds = shipment.lines.map((line) => line.variantId)
    await settleTransfersOfVariants(deps, shipment.shopId, variantIds).catch((error: unknown) => {
      deps.log.warn({ shopId: shipment.shopId, error }, 'a transfer in the way of a shipment could not be settled yet')
    })
    await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 10, 100)))
  }
}

async function issue(tx: Tx, deps: Deps, shipment: Shipment): Promise<Outcome | 'wait'> {
  const at = deps.clock()
  const variantIds = shipment.lines.map((line) => line.variantId)
  const items = await lockItems(tx, shipment.shopId, variantIds)
  const before = await findIssue(tx, shipment.shipmentId)
  if (before !== undefined) return await repeated(tx, shipment, before)
  const lots = await lockLots(tx, variantIds)
  const decision = issueGoods(shipment.lines, await findHeld(tx, shipment.orderId), lots, dayOf(at))
  if (decision.kind === 'refused') return refuse(tx, shipment, decision, at)
  const missing = variantIds.find((id) => !items.some((item) => item.variantId === id))
  if (missing !== undefined) return refuse(tx, shipment, { kind: 'refused', variantId: missing, reason: 'short' }, at)
  // Promised as soon as orders knew of them; our own entry of the same grant is a call behind.
  const quantityOf = new Map(shipment.lines.map((line) => [line.variantId, line.quantity]))
  if (items.some((item) => item.allotted < (quantityOf.get(item.variantId) ?? 0))) return 'wait'
  await enterIssue(tx, deps, shipment, decision, items, at)
  return { kind: 'issued' }
}

/** Written down, or a call that was held up would hand goods over after its repeat was refused. */
async function refuse(tx: Tx, shipment: Shipment, refusal: HandoutRefusal, at: Date): Promise<Outcome> {
  const { shipmentId: id, orderId, shopId, actor } = shipment
  await insertRefusal(tx, { id, orderId, shopId, actor, at, variantId: refusal.variantId, reason: refusal.reason })
  return refusal
}

type Before = Awaited<ReturnType<typeof findIssue>> & object

async function repeated(tx: Tx, shipment: Shipment, { orderId, variantId, refusal }: Before): Promise<Outcome> {
  if (refusal !== null && orderId === shipment.orderId)
    return { kind: 'refused', variantId, reason: refusal as HandoutRefusal['reason'] }
  const goods = await findGoodsOfShipment(tx, shipment.shipmentId)
  const asked = new Map(shipment.lines.map((line) => [line.variantId, line.quantity]))
  const same = goods.length === asked.size && goods.every((each) => asked.get(each.variantId) === each.quantity)
  if (same && orderId === shipment.orderId) return { kind: 'issued' }
  throw errors.error('shipment-differs', 'A shipment of this id was issued with other goods.', {
    shipmentId: shipment.shipmentId,
  })
}

async function enterIssue(
  tx: Tx,
  deps: Deps,
  shipment: Shipment,
  handout: Handout,
  items: readonly Item[],
  at: Date,
): Promise<void> {
  const { shipmentId, orderId, shopId, actor } = shipment
  const before = new Map(items.map((item) => [item.variantId, item]))
  const after = new Map(items.map((item) => [item.variantId, { ...item }]))
  const byShelf = Map.groupBy(handout.goods, ({ lot }) => `${lot.variantId} ${lot.locationId}`)
  const movements = [...byShelf.values()].map((goods): Movement => {
    const { variantId, locationId } = (goods[0] as Handout['goods'][number]).lot
    const units = goods.reduce((sum, each) => sum + each.units, 0)
    const item = itemIn(after, variantId)
    item.onHand -= units
    item.allotted -= units
    return {
      id: uuidv7(at.getTime(), bucketOf(shopId)),
      variantId,
      shopId,
      locationId,
      kind: 'issue',
      onHandDelta: -units,
      allottedDelta: -units,
      onHand: item.onHand,
      causeKind: 'shipment',
      causeId: shipmentId,
      actor,
      note: `order ${orderId}`,
    }
  })
  const lots = lotChangesOf(handout)
  await insertIssue(tx, { id: shipmentId, orderId, shopId, actor, at })
  await changeHeld(tx, orderId, summed(handout.held))
  await insertStandIns(tx, orderId, handout.standIns, at)
  await changeLots(tx, lots)
  await insertLotMovements(
    tx,
    shipmentId,
    lots.filter((lot) => lot.onHand !== 0).map((lot) => ({ ...lot, units: lot.onHand })),
  )
  await changeShelves(
    tx,
    movements.map(({ variantId, locationId, onHandDelta }) => {
      return { variantId, locationId: locationId as string, onHand: onHandDelta, leaving: 0 }
    }),
  )
  await saveItems(tx, [...after.values()], at)
  await insertMovements(tx, movements, at)
  await announce(tx, deps, [...after.values()], before, at, orderId)
}

/** A lot may give goods that were set apart and others besides: each lot once. */
function lotChangesOf(handout: Handout): (LotChange & { variantId: string })[] {
  const changes = new Map<string, LotChange & { variantId: string }>()
  const add = (lotId: string, variantId: string, onHand: number, assigned: number) => {
    const change = changes.get(lotId) ?? { lotId, variantId, onHand: 0, assigned: 0, leaving: 0 }
    changes.set(lotId, { ...change, onHand: change.onHand + onHand, assigned: change.assigned + assigned })
  }
  for (const { lot, units, held } of handout.goods) add(lot.lotId, lot.variantId, -units, -held)
  for (const { lotId, units } of handout.swapped) add(lotId, '', 0, -units)
  return [...changes.values()]
}

/** Each line of the order once. */
function summed(changes: Handout['held']): Handout['held'] {
  return [...Map.groupBy(changes, (each) => each.line)].map(([line, each]) => ({
    line,
    issued: each.reduce((sum, one) => sum + one.issued, 0),
    released: each.reduce((sum, one) => sum + one.released, 0),
  }))
}
