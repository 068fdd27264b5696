import type { Tx } from '@souk/postgres'
import {
  bumpOffer,
  grantToWindow,
  insertWindow,
  lockWindow,
  markEnded,
  type PlannedSale,
  remainingOfGoods,
  returnToGoods,
  takeFromGoods,
  takeFromWindow,
} from './sales.sql.ts'

export type SetAside = { setAside: boolean; remaining: number }

/** Set units aside for a sale, or refuse when fewer are left. Repeating it is harmless. */
export async function setAside(tx: Tx, sale: PlannedSale): Promise<SetAside> {
  if ((await insertWindow(tx, sale)) === 0) return { setAside: true, remaining: await goodsLeft(tx, sale.variantId) }
  if ((await takeFromGoods(tx, sale)) === 0) {
    const remaining = await goodsLeft(tx, sale.variantId)
    throw new NotEnoughForSale(remaining)
  }
  await grantToWindow(tx, sale)
  await bumpOffer(tx, sale.variantId)
  return { setAside: true, remaining: await goodsLeft(tx, sale.variantId) }
}

/** Thrown so that the transaction which had entered the window leaves nothing behind. */
export class NotEnoughForSale extends Error {
  readonly remaining: number
  constructor(remaining: number) {
    super(`only ${remaining} units are left to set aside`)
    this.remaining = remaining
  }
}

const goodsLeft = async (tx: Tx, variantId: string) => (await remainingOfGoods(tx, variantId))?.remaining ?? 0

/** End a sale: what it has left goes back on ordinary sale. Resolves to the units returned and the variant; ended ones return 0. */
export async function endSale(
  tx: Tx,
  saleWindowId: string,
  now: Date,
): Promise<{ returned: number; variantId: string | undefined }> {
  const window = await lockWindow(tx, saleWindowId)
  if (window === undefined || window.ended_at !== null) return { returned: 0, variantId: window?.variant_id }
  const returned = (await takeFromWindow(tx, saleWindowId))?.returned ?? 0
  await returnToGoods(tx, window.variant_id, returned)
  await markEnded(tx, saleWindowId, now)
  await bumpOffer(tx, window.variant_id)
  return { returned, variantId: window.variant_id }
}
