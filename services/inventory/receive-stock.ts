import { type ChangedLine, changeStock } from './change-stock.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { itemsOfShop } from './know-items.ts'
import type { LotName } from './lots.ts'

/** Why goods came. `id` is a UUID: a delivery received twice under one id is received once. */
export type ReceiptCause = { id: string; actor: string; note?: string }

/**
 * Receive goods at a shop's default location, in a lot where one is named, and grant them to orders: 1,000 variants at most, each once, in a fixed
 * number of statements and one call to orders. @throws stock-item-not-found naming variants the shop does not have.
 */
export async function receiveStock(
  deps: Deps,
  shopId: string,
  goods: readonly { variantId: string; quantity: number; lot?: LotName }[],
  cause: ReceiptCause,
): Promise<ChangedLine[]> {
  if (goods.length > 1_000 || new Set(goods.map((each) => each.variantId)).size < goods.length)
    throw new RangeError('receive 1,000 variants at most at a time, each of them once')
  const wrong = goods.find((each) => !Number.isSafeInteger(each.quantity) || each.quantity < 1)
  if (wrong !== undefined) throw new RangeError(`${wrong.quantity} is no quantity of variant ${wrong.variantId}`)
  const items = await itemsOfShop(
    deps,
    shopId,
    goods.map((each) => each.variantId),
  )
  if (items.length < goods.length) {
    const known = new Set(items.map((item) => item.variantId))
    const variantIds = goods.map((each) => each.variantId).filter((id) => !known.has(id))
    throw errors.error('stock-item-not-found', 'The shop has no such variants.', { variantIds })
  }
  return await changeStock(deps, {
    id: cause.id,
    shopId,
    reason: 'received',
    note: cause.note ?? '',
    actor: cause.actor,
    correlationId: cause.id,
    lines: goods.map(({ variantId, quantity, lot }) => ({
      variantId,
      ...(lot !== undefined && { lot }),
      by: quantity,
    })),
  })
}
