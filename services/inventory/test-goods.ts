import { randomUUID } from 'node:crypto'
import { bucketOf, type Shards, uuidv7 } from '@souk/postgres'
import { type AssignAnswer, assignOrders } from './assign-goods.ts'
import { changeStock } from './change-stock.ts'
import { findHeld } from './assignments.sql.ts'
import { findItems } from './inventory.sql.ts'
import type { Goods } from './issue-lots.ts'
import { type Shipment, issueShipment } from './issue-shipment.ts'
import { itemsOfShop } from './know-items.ts'
import { listLots } from './lots.sql.ts'
import { releaseOrders } from './release-goods.ts'
import { type Return, takeBack } from './take-back.ts'
import { newShop, testInventory } from './test-inventory.ts'

export type LotsOf = Record<string, { units: number; expiresOn?: string; variant?: number }>

/** A shop with goods in lots by their codes ('' for goods without one), and the clock of its inventory to turn. */
export async function shopWithLots(shards: Shards, lots: LotsOf, variants = 1) {
  const clock = { now: new Date('2026-11-21T09:00:00Z') }
  const inv = testInventory(shards, () => clock.now)
  const made = inv.product(newShop(), variants)
  const { shopId, variantIds } = made
  await itemsOfShop(inv.deps, shopId, variantIds)
  const variantOf = (which = 0) => variantIds[which] as string
  const change = (line: {
    by: number
    code?: string
    expiresOn?: string | undefined
    variant?: number | undefined
  }) => {
    const { by, code, expiresOn, variant } = line
    const lot = code === undefined || code === '' ? undefined : { code, expiresOn: expiresOn ?? null }
    const id = randomUUID()
    const about = { id, shopId, reason: 'received', note: '', actor: 'test', correlationId: id }
    return changeStock(inv.deps, { ...about, lines: [{ variantId: variantOf(variant), by, lot }] })
  }
  for (const [code, { units, expiresOn, variant }] of Object.entries(lots)) {
    await change({ code, by: units, expiresOn, variant })
    clock.now = new Date(clock.now.getTime() + 1_000)
  }
  inv.outbox.clear()

  const tx = shards.ofOwner(shopId).db.autocommit
  /** An order of so many units of the first variant, or of each. */
  const order = (...quantities: number[]): Goods => ({
    orderId: uuidv7(Date.now(), bucketOf(shopId)),
    shopId,
    lines: quantities.map((quantity, index) => ({ variantId: variantOf(index), quantity })),
  })
  const takeBackLines = (goods: Goods, lines: Return['lines'], returnId: string = randomUUID()) =>
    takeBack(inv.deps, { returnId, orderId: goods.orderId, shopId, actor: 'clerk', lines })
  return {
    ...inv,
    made,
    shopId,
    variantId: variantOf(),
    variantOf,
    clock,
    order,
    change,
    assign: (...orders: Goods[]): Promise<AssignAnswer[]> => assignOrders(inv.deps, orders),
    release: (...orders: Goods[]) => releaseOrders(inv.deps, orders),
    issue: (goods: Goods, more: Partial<Shipment> = {}) =>
      issueShipment(inv.deps, { ...goods, shipmentId: randomUUID(), actor: 'packer', ...more }),
    takeBack: (goods: Goods, quantity: number, restock: boolean, returnId?: string) =>
      takeBackLines(goods, [{ variantId: variantOf(), quantity, restock }], returnId),
    takeBackLines,
    /** `code on hand/set apart` of each lot that holds goods. */
    lots: async (variant = 0) =>
      (await listLots(tx, variantOf(variant), undefined, 100)).map(
        (lot) => `${lot.code} ${lot.onHand}/${lot.assigned}`,
      ),
    held: async (goods: Goods) =>
      (await findHeld(tx, goods.orderId)).map(({ quantity, issued, released }) => [quantity, issued, released]),
    books: async (variant = 0) => {
      const [item] = await findItems(tx, [variantOf(variant)])
      return item && { onHand: item.onHand, allotted: item.allotted }
    },
  }
}
