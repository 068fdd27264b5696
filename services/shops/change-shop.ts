import { type ShopChanged, ShopChangedSchema } from '@souk/contracts/shops'
import { create } from '@bufbuild/protobuf'
import { shopChanged } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import { httpErrors } from '@souk/http'
import type { Tx } from '@souk/postgres'
import { shopErrors } from './errors.ts'
import { nameKeyOf, searchableParts } from './names.ts'
import { decide, type ShopAction, sells } from './shop.ts'
import { type Entry, insertHistory, lockShop, type Profile, replaceNames, type Shop, updateShop } from './shops.sql.ts'

export type ChangeDeps = { outbox: Outbox; clock: () => Date; needsVerification: boolean }

/** Who changes it, and by which request. */
export type By = { accountId: string; correlationId: string }

export const shopNotFound = (shopId: string) =>
  shopErrors.error('shop-not-found', `There is no shop ${shopId} for you.`)

export const toShopChanged = (shop: Shop): ShopChanged =>
  create(ShopChangedSchema, {
    shopId: shop.shopId,
    version: BigInt(shop.version),
    name: shop.name,
    slug: shop.slug,
    status: shop.status,
    verification: shop.verification,
    currencyCode: shop.currency,
    countryCode: shop.country,
    ownerAccountId: shop.ownerAccountId,
    changedAtMs: BigInt(shop.changedAt.getTime()),
    commissionBasisPoints: shop.commissionBasisPoints,
  })

export const announce = (deps: Pick<ChangeDeps, 'outbox'>, tx: Tx, shop: Shop, correlationId: string) =>
  deps.outbox.append(tx, [
    newEvent(shopChanged, toShopChanged(shop), { occurredAtMs: shop.changedAt.getTime(), correlationId }),
  ])

/** Lock a shop, change it, raise its version, announce it. What is given back is what was written. */
export async function changeShop(
  deps: Pick<ChangeDeps, 'outbox' | 'clock'>,
  tx: Tx,
  shopId: string,
  by: By,
  change: (
    shop: Shop,
  ) =>
    | { changed: Shop; entries?: readonly Omit<Entry, 'by' | 'at'>[] }
    | Promise<{ changed: Shop; entries?: readonly Omit<Entry, 'by' | 'at'>[] }>,
): Promise<Shop> {
  const before = await lockShop(tx, shopId)
  if (before === undefined) throw shopNotFound(shopId)
  const now = deps.clock()
  const { changed, entries = [] } = await change(before)
  const shop: Shop = { ...changed, version: before.version + 1, changedAt: now }
  await updateShop(tx, shop, nameKeyOf(shop.name), sells(before.status) !== sells(shop.status))
  if (shop.name !== before.name) await replaceNames(tx, shopId, searchableParts(shop.name))
  if (entries.length > 0)
    await insertHistory(
      tx,
      shopId,
      shop.version,
      entries.map((entry) => ({ ...entry, by: by.accountId, at: now })),
    )
  await announce(deps, tx, shop, by.correlationId)
  return shop
}

/** One move of its status or verification, and what follows from it. @throws shop-not-found, shop-move-refused */
export const moveShop = (
  deps: ChangeDeps,
  tx: Tx,
  shopId: string,
  action: ShopAction,
  reason: string,
  by: By,
): Promise<Shop> =>
  changeShop(deps, tx, shopId, by, (shop) => {
    const { state, moves } = decide(shop, action, deps.needsVerification)
    return {
      changed: {
        ...shop,
        ...state,
        verificationReason:
          action === 'reject'
            ? reason
            : moves.some((move) => move.what === 'verification')
              ? null
              : shop.verificationReason,
      },
      entries: moves.map((move) => ({ ...move, reason })),
    }
  })

export type ProfileChange = Partial<Profile> & { name?: string }

/** @param ifVersion the version the change was made on. @throws shop-not-found, version-mismatch */
export const editShop = (
  deps: ChangeDeps,
  tx: Tx,
  shopId: string,
  ifVersion: number,
  change: ProfileChange,
  by: By,
): Promise<Shop> =>
  changeShop(deps, tx, shopId, by, (shop) => {
    if (shop.version !== ifVersion)
      throw httpErrors.error('version-mismatch', `The shop has version ${shop.version} by now.`, {
        version: shop.version,
      })
    const { name = shop.name, ...profile } = change
    return { changed: { ...shop, name, profile: { ...shop.profile, ...profile } } }
  })

export const setCommission = (
  deps: ChangeDeps,
  tx: Tx,
  shopId: string,
  basisPoints: number,
  reason: string,
  by: By,
): Promise<Shop> =>
  changeShop(deps, tx, shopId, by, (shop) => ({
    changed: { ...shop, commissionBasisPoints: basisPoints },
    entries: [{ what: 'commission', from: String(shop.commissionBasisPoints), to: String(basisPoints), reason }],
  }))
