import type { Principal } from '@souk/http'
import type { DemoMarketplace, DemoShop } from '../demo/index.ts'
import { acting, type Desk } from '../desk.ts'

type Shop = { id: string; status: string }

/** Those of the demo's shops that are there. @returns ids by key */
export async function findDemoShops(desk: Desk, shops: readonly DemoShop[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  // Whoever asks may see shops that are not open.
  const as = acting('00000000-0000-7000-8000-000000000000')
  for (const { key, slug } of shops) {
    const shop = await desk.find<Shop>('getShopBySlug', { as, params: { slug } })
    if (shop !== undefined) ids.set(key, shop.id)
  }
  return ids
}

/** Register, verify and staff the demo's shops. @returns ids by key */
export async function stockShops(
  desk: Desk,
  operator: Principal,
  { shops, people }: DemoMarketplace,
  accountOf: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const shop of shops) {
    const known = await desk.find<Shop>('getShopBySlug', { as: operator, params: { slug: shop.slug } })
    const owner = acting(accountOf.get(shop.ownerKey) as string)
    const { id, status } = known ?? (await desk.call<Shop>('registerShop', { as: owner, body: bodyOf(shop) }))
    ids.set(shop.key, id)
    if (status === 'registered')
      await desk.call('decideShopVerification', {
        as: operator,
        params: { shopId: id },
        body: { decision: 'verify', reason: 'Known to us' },
      })
    for (const { key, shopKey, duties = [] } of people) {
      if (shopKey !== shop.key || key === shop.ownerKey) continue
      const accountId = accountOf.get(key) as string
      const member = await desk.find('getShopMember', { as: operator, params: { shopId: id, accountId } })
      if (member === undefined)
        await desk.call('setShopMember', {
          as: operator,
          params: { shopId: id, accountId },
          body: { duties, owner: false },
        })
    }
  }
  return ids
}

const bodyOf = ({ name, slug, countryCode, currency, description, email, pictureUrl, ...more }: DemoShop) => ({
  name,
  slug,
  currency,
  description,
  country: countryCode,
  supportEmail: email,
  logo: { url: pictureUrl, alt: `Drawing for ${name}` },
  metadata: { tagline: more.tagline, trade: more.trade, city: more.city, phone: more.phone },
})
