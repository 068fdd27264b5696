import { UsageError } from '../explain.ts'
import { acting, type Desk } from '../desk.ts'

type Shop = { id: string; name: string; status: string; currency: string }

const looking = acting('00000000-0000-7000-8000-000000000000')

/** The shop with this id or short name. @throws UsageError saying how to make one */
export async function findShop(desk: Desk, given: string): Promise<Shop> {
  const byId = /^[0-9a-f-]{36}$/i.test(given)
  const shop = byId
    ? await desk.find<Shop>('getShop', { as: looking, params: { shopId: given.toLowerCase() } })
    : await desk.find<Shop>('getShopBySlug', { as: looking, params: { slug: given } })
  if (shop === undefined)
    throw new UsageError(`There is no shop ${given}. With --create-shop one is opened under this short name.`)
  return shop
}

/** The shop, opened and verified if there is none yet. It belongs to nobody who could sign in until given a member. */
export async function ensureImportShop(
  desk: Desk,
  given: string,
  currency: string,
  keeperId: () => Promise<string>,
): Promise<Shop> {
  const known = await desk.find<Shop>('getShopBySlug', { as: looking, params: { slug: given } })
  if (known !== undefined) return known
  if (!/^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/.test(given))
    throw new UsageError(`${given} cannot be the short name of a shop: small letters, digits and hyphens.`)
  const keeper = acting(await keeperId())
  const name = given.charAt(0).toUpperCase() + given.slice(1).replaceAll('-', ' ')
  const shop = await desk.call<Shop>('registerShop', {
    as: keeper,
    body: { name, slug: given, country: 'GB', currency },
  })
  if (shop.status === 'registered')
    await desk.call('decideShopVerification', {
      as: keeper,
      params: { shopId: shop.id },
      body: { decision: 'verify', reason: 'Opened to import its orders' },
    })
  return shop
}
