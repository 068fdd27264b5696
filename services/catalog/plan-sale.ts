import { saleWindowChanged } from '@souk/contracts'
import type { SaleService } from '@souk/contracts/orders'
import { newEvent } from '@souk/events'
import { bucketOf, type Shards, type Tx, uuidv7, violates } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'
import { catalogErrors } from './errors.ts'
import { holdShop, lockProduct } from './products.sql.ts'
import { checkSale, nextSale, overlaps, type SaleWindow } from './sale.ts'
import {
  claimTry,
  findWindow,
  findWindowByKey,
  freeTry,
  insertWindow,
  liveSalesOf,
  lockWindow,
  moveWindow,
  removePending,
} from './sales.sql.ts'
import { type By, productNotFound, type WriteDeps } from './write-products.ts'

export type SaleDeps = WriteDeps & {
  shards: Shards
  log: Logger
  sales: Pick<Client<typeof SaleService>, 'setAside' | 'endSale'>
}

export type NewSale = {
  productId: string
  /** May be left out where the product has one variant for sale. */
  variantId?: string
  priceMinor: number
  startsAt: Date
  endsAt: Date
  /** 0: none. */
  capPerCustomer: number
  units: number
}

const callTimeoutMs = 5_000
/** Who asked orders longer ago than this has died: three times what a call may take. */
export const tryAgainAfterMs = 15_000

/**
 * Enter a window as pending; `settleSale` then asks orders for the units. The product is locked, so two plans for one
 * variant see each other. A repeat with the same key gets the window that is there.
 * @throws product-not-found, sale-times-impossible, sale-price-not-lower, sale-overlaps, sale-key-mismatch, catalog-shop-closed
 */
export async function planSale(
  deps: WriteDeps,
  tx: Tx,
  sale: NewSale,
  key: { requestKey: string; bodyHash: Buffer },
  by: By,
): Promise<SaleWindow> {
  const product = await lockProduct(tx, sale.productId)
  if (product === undefined) throw productNotFound(sale.productId)
  const known = await findWindowByKey(tx, by.accountId, key.requestKey)
  if (known !== undefined) {
    if (!known.bodyHash.equals(key.bodyHash))
      throw catalogErrors.error('sale-key-mismatch', 'This Idempotency-Key was sent with another sale.')
    return known
  }
  if ((await holdShop(tx, product.shopId))?.status === 'closed')
    throw catalogErrors.error('catalog-shop-closed', 'A closed shop plans no sales.')
  const forSale = product.variants.filter((variant) => variant.active)
  const variant =
    sale.variantId === undefined
      ? forSale.length === 1
        ? forSale[0]
        : undefined
      : product.variants.find(({ variantId }) => variantId === sale.variantId)
  if (variant === undefined)
    throw sale.variantId === undefined
      ? catalogErrors.error('variants-do-not-fit', 'Name the variant: the product does not have exactly one for sale.')
      : productNotFound(sale.variantId)
  const now = deps.clock()
  checkSale(sale, variant.priceMinor, now)
  const inTheWay = (await liveSalesOf(tx, variant.variantId, now)).find((other) => overlaps(other, sale))
  if (inTheWay !== undefined)
    throw catalogErrors.error('sale-overlaps', 'The variant is on sale at that time.', {
      saleWindowId: inTheWay.saleWindowId,
    })
  const window: SaleWindow = {
    ...sale,
    saleWindowId: uuidv7(now.getTime(), bucketOf(product.shopId)),
    shopId: product.shopId,
    variantId: variant.variantId,
    status: 'pending',
    currency: product.currency,
    createdAt: now,
    changedAt: now,
  }
  try {
    await insertWindow(tx, { ...window, ...key, createdBy: by.accountId })
  } catch (error) {
    // The same key for two products at once: their locks do not meet.
    if (violates(error, 'sale_windows_key_unique'))
      throw catalogErrors.error('sale-key-mismatch', 'This Idempotency-Key was sent with another sale.')
    throw error
  }
  return window
}

export type Settled =
  | { outcome: 'settled'; window: SaleWindow }
  | { outcome: 'refused'; remaining: number }
  /** Orders could not be reached, or somebody else is asking it. */
  | { outcome: 'open' }
  | { outcome: 'gone' }

/** Ask orders what is still to be asked of a window, and record the answer. Safe to repeat at any point. */
export async function settleSale(deps: SaleDeps, saleWindowId: string, correlationId: string): Promise<Settled> {
  const { db } = deps.shards.ofId(saleWindowId)
  const now = deps.clock()
  const window = await claimTry(db.autocommit, saleWindowId, now, new Date(now.getTime() - tryAgainAfterMs))
  if (window === undefined) {
    const current = await findWindow(db.autocommit, saleWindowId)
    if (current === undefined) return { outcome: 'gone' }
    return current.status === 'pending' || current.status === 'cancelling'
      ? { outcome: 'open' }
      : { outcome: 'settled', window: current }
  }
  try {
    return window.status === 'pending'
      ? await setAside(deps, window, correlationId)
      : await endSale(deps, window, correlationId)
  } catch (error) {
    deps.log.warn({ saleWindowId, error }, 'orders could not be asked about a sale; it will be tried again')
    await freeTry(db.autocommit, saleWindowId)
    return { outcome: 'open' }
  }
}

async function setAside(deps: SaleDeps, window: SaleWindow, correlationId: string): Promise<Settled> {
  const { saleWindowId, shopId, productId, variantId } = window
  const { db } = deps.shards.ofId(saleWindowId)
  const answer = await deps.sales.setAside(
    {
      saleWindowId,
      shopId,
      productId,
      variantId,
      units: BigInt(window.units),
      priceMinor: BigInt(window.priceMinor),
      currencyCode: window.currency,
      startsAtMs: BigInt(window.startsAt.getTime()),
      endsAtMs: BigInt(window.endsAt.getTime()),
      capPerCustomer: window.capPerCustomer,
    },
    { timeoutMs: callTimeoutMs },
  )
  if (!answer.setAside && (await removePending(db.autocommit, saleWindowId)) === 1)
    return { outcome: 'refused', remaining: Number(answer.remaining) }
  const planned = await settle(deps, window, 'plan', correlationId)
  if (planned !== undefined) return { outcome: 'settled', window: planned }
  const current = await findWindow(db.autocommit, saleWindowId)
  if (current !== undefined) return { outcome: 'settled', window: current }
  // Somebody who asked before us was refused and has removed the window: the units we were given go back.
  await deps.sales.endSale({ saleWindowId, shopId }, { timeoutMs: callTimeoutMs })
  return { outcome: 'gone' }
}

async function endSale(deps: SaleDeps, window: SaleWindow, correlationId: string): Promise<Settled> {
  const { saleWindowId, shopId } = window
  await deps.sales.endSale({ saleWindowId, shopId }, { timeoutMs: callTimeoutMs })
  const cancelled = await settle(deps, window, 'confirm', correlationId)
  return { outcome: 'settled', window: cancelled ?? { ...window, status: 'cancelled' } }
}

/** Move the window on, and announce it if it was us who did. */
const settle = (deps: SaleDeps, window: SaleWindow, action: 'plan' | 'confirm', correlationId: string) =>
  deps.shards.ofId(window.saleWindowId).db.transaction(async (tx) => {
    const now = deps.clock()
    const moved = await moveWindow(tx, window.saleWindowId, window.status, nextSale(window.status, action), now)
    if (moved === undefined) return undefined
    await deps.outbox.append(tx, [
      newEvent(
        saleWindowChanged,
        {
          saleWindowId: moved.saleWindowId,
          shopId: moved.shopId,
          productId: moved.productId,
          variantId: moved.variantId,
          status: moved.status,
          priceMinor: BigInt(moved.priceMinor),
          currencyCode: moved.currency,
          startsAtMs: BigInt(moved.startsAt.getTime()),
          endsAtMs: BigInt(moved.endsAt.getTime()),
          capPerCustomer: moved.capPerCustomer,
          units: BigInt(moved.units),
          changedAtMs: BigInt(now.getTime()),
        },
        { occurredAtMs: now.getTime(), correlationId },
      ),
    ])
    return moved
  })

/**
 * Call a sale off; `settleSale` then tells orders. One that is being called off or has been stays so.
 * @throws sale-not-found, sale-move-refused
 */
export async function cancelSale(deps: WriteDeps, tx: Tx, saleWindowId: string): Promise<SaleWindow> {
  const window = await lockWindow(tx, saleWindowId)
  if (window === undefined) throw catalogErrors.error('sale-not-found', `There is no sale ${saleWindowId} for you.`)
  if (window.status === 'cancelling' || window.status === 'cancelled') return window
  const now = deps.clock()
  const cancelling = { ...window, status: nextSale(window.status, 'cancel'), changedAt: now }
  await moveWindow(tx, saleWindowId, window.status, cancelling.status, now)
  return cancelling
}
