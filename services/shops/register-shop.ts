import { type Tx, uuidv7, violates } from '@souk/postgres'
import { announce, type By, type ChangeDeps } from './change-shop.ts'
import { shopErrors } from './errors.ts'
import { upsertMember, writeIntent } from './members.sql.ts'
import { nameKeyOf, searchableParts, slugOf } from './names.ts'
import { allDuties, registered, sells } from './shop.ts'
import {
  countOwnedShops,
  insertHistory,
  insertShop,
  lockRegistrations,
  type Profile,
  replaceNames,
  type Shop,
  slugIsTaken,
  updateShop,
} from './shops.sql.ts'

export type NewShop = {
  name: string
  /** Made from the name when left out. */
  slug?: string
  /** ISO 3166, two letters. */
  country: string
  /** ISO 4217. All its prices are in it; it never changes. */
  currency: string
  profile?: Partial<Profile>
}

export type RegisterDeps = ChangeDeps & { shopsPerAccount: number; commissionBasisPoints: number }

/**
 * Register a shop; who does so is its first owner. It does not sell before it is verified, where that is asked for.
 * After the commit: `tellIdentity`, and `tellOrders` if it is open.
 * @throws shop-slug-taken, shop-limit-reached
 */
export async function registerShop(deps: RegisterDeps, tx: Tx, given: NewShop, by: By): Promise<Shop> {
  const now = deps.clock()
  await lockRegistrations(tx, by.accountId)
  if ((await countOwnedShops(tx, by.accountId)) >= deps.shopsPerAccount)
    throw shopErrors.error('shop-limit-reached', `An account may own ${deps.shopsPerAccount} shops.`, {
      limit: deps.shopsPerAccount,
    })
  const shopId = uuidv7(now.getTime())
  const shop: Shop = {
    shopId,
    version: 1,
    slug: given.slug ?? (await freeSlug(tx, given.name, shopId)),
    name: given.name,
    ...registered(deps.needsVerification),
    verificationReason: null,
    country: given.country,
    currency: given.currency,
    ownerAccountId: by.accountId,
    commissionBasisPoints: deps.commissionBasisPoints,
    profile: {
      description: '',
      logo: null,
      banner: null,
      websiteUrl: null,
      supportEmail: null,
      metadata: {},
      ...given.profile,
    },
    createdAt: now,
    changedAt: now,
  }
  try {
    await insertShop(tx, shop, nameKeyOf(shop.name))
  } catch (error) {
    if (violates(error, 'shops_slug_unique'))
      throw shopErrors.error('shop-slug-taken', `There is a shop "${shop.slug}" already.`, { slug: shop.slug })
    throw error
  }
  if (sells(shop.status)) await updateShop(tx, shop, nameKeyOf(shop.name), true)
  await replaceNames(tx, shopId, searchableParts(shop.name))
  await insertHistory(tx, shopId, 1, [
    { what: 'status', from: '', to: shop.status, reason: '', by: by.accountId, at: now },
  ])
  await upsertMember(tx, shopId, { accountId: by.accountId, owner: true, duties: allDuties }, now)
  await writeIntent(tx, { shopId, accountId: by.accountId, duties: [...allDuties], setBy: by.accountId }, now)
  await announce(deps, tx, shop, by.correlationId)
  return shop
}

async function freeSlug(tx: Tx, name: string, shopId: string): Promise<string> {
  const slug = slugOf(name, `shop-${shopId.slice(-6)}`)
  return (await slugIsTaken(tx, slug)) ? `${slug.slice(0, 53)}-${shopId.slice(-6)}` : slug
}
