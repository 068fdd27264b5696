import { unique } from '../world.ts'
import { etagOf, freshShop, verifiedShop } from './fresh.ts'
import { anybody, keeper, operator, owner, type Recipes } from './recipe.ts'

const profile = () => ({
  name: 'The Shop',
  description: 'Lamps\nand rugs.',
  logo: { url: 'https://souk.example/logo.png', alt: 'A lamp' },
  banner: null,
  websiteUrl: 'https://souk.example/shop',
  supportEmail: 'help@souk.example',
  metadata: { vat: 'DE123' },
})

export const shopRecipes: Recipes = {
  registerShop: owner(201, () => ({
    body: { ...profile(), slug: `new-${unique()}`, country: 'DE', currency: 'EUR' },
  })),
  listShops: anybody(200, () => ({ query: { limit: 5, search: 'Shop' } })),
  listMyShops: owner(200, () => ({ query: { limit: 5 } })),
  getShop: anybody(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  editShop: keeper('settings')(200, async (world) => {
    const { shopId, staff } = world.a
    return {
      params: { shopId },
      body: profile(),
      headers: await etagOf(world, staff.settings, `/v1/shops/${shopId}`),
    }
  }),
  getShopBySlug: anybody(200, ({ a: { slug } }) => ({ params: { slug } })),
  requestShopVerification: keeper('settings')(200, async (world) => {
    const { owner: as, shopId } = await freshShop(world)
    return { as, params: { shopId }, body: { note: 'Please.' } }
  }),
  decideShopVerification: operator(200, async (world) => ({
    params: { shopId: (await freshShop(world)).shopId },
    body: { decision: 'verify', reason: 'Papers seen.' },
  })),
  suspendShop: operator(200, async (world) => ({
    params: { shopId: (await verifiedShop(world)).shopId },
    body: { reason: 'Complaints.' },
  })),
  reinstateShop: operator(200, async (world) => {
    const { shopId } = await verifiedShop(world)
    await world.do(world.operator, 'POST', `/v1/shops/${shopId}/suspend`, { reason: 'Complaints.' })
    return { params: { shopId }, body: { reason: 'Settled.' } }
  }),
  closeShop: keeper('settings')(200, async (world) => {
    const { owner: as, shopId } = await freshShop(world)
    return { as, params: { shopId }, body: { reason: 'Tired.' } }
  }),
  setShopCommission: operator(200, ({ a: { shopId } }) => ({
    params: { shopId },
    body: { basisPoints: 900, reason: 'Volume.' },
  })),
  listShopHistory: keeper('settings')(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  listShopMembers: keeper('members')(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  getShopMember: keeper('members')(200, ({ a: { shopId, staff } }) => ({
    params: { shopId, accountId: staff.catalog.accountId },
  })),
  setShopMember: keeper('members')(200, async (world) => ({
    params: { shopId: world.a.shopId, accountId: (await world.register('a-hired')).accountId },
    body: { duties: ['catalog'], owner: false },
  })),
  removeShopMember: keeper('members')(204, async (world) => {
    const { shopId, staff } = world.a
    const { accountId } = await world.register('a-fired')
    await world.do(staff.members, 'PUT', `/v1/shops/${shopId}/members/${accountId}`, { duties: ['catalog'] })
    return { params: { shopId, accountId } }
  }),
}
