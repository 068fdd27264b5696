import { unique, type World } from '../world.ts'
import { anybody, keeper, operator, type Recipes, shopper } from './recipe.ts'

const settings = keeper('settings')

type Listed = { items: { key: string; version: number }[] }

/** The version a setting has now, for who changes it. */
async function versionOf(world: World, path: string, key: string) {
  const { items } = await world.do<Listed>(world.operator, 'GET', path)
  return { 'if-match': `"${items.find((each) => each.key === key)?.version ?? 0}"` }
}

const flag = (shopId: string) => ({
  description: 'A new page',
  type: 'boolean',
  variants: [
    { name: 'on', value: true },
    { name: 'off', value: false },
  ],
  fallback: 'off',
  enabled: true,
  exposed: true,
  rules: [
    {
      name: 'one shop',
      shopIds: [shopId],
      roles: ['staff'],
      countries: ['DE'],
      serve: [{ variant: 'on', basisPoints: 5_000 }],
    },
  ],
  otherwise: [{ variant: 'on', basisPoints: 2_000 }],
})

async function freshFlag(world: World) {
  const key = `flag-${unique()}`
  await world.do(world.operator, 'POST', '/v1/flags', { key, ...flag(world.a.shopId) })
  return { params: { flagKey: key }, headers: { 'if-match': '"1"' } }
}

const days = 'returns.window-days'
const theme = { params: { key: 'display.theme' } }

export const settingRecipes: Recipes = {
  listSettings: anybody(200),
  listSettingHistory: operator(200, () => ({ query: { limit: 5 } })),
  changeSetting: operator(200, async (world) => ({
    params: { key: days },
    body: { value: 30 },
    headers: await versionOf(world, '/v1/settings', days),
  })),
  resetSetting: operator(200, async (world) => ({
    params: { key: days },
    headers: await versionOf(world, '/v1/settings', days),
  })),
  listFeaturedShops: anybody(200),
  listShopSettings: anybody(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  listShopSettingHistory: settings(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  changeShopSetting: settings(200, async (world) => ({
    params: { shopId: world.a.shopId, key: days },
    body: { value: 40 },
    headers: await versionOf(world, `/v1/shops/${world.a.shopId}/settings`, days),
  })),
  resetShopSetting: settings(200, async (world) => ({
    params: { shopId: world.a.shopId, key: days },
    headers: await versionOf(world, `/v1/shops/${world.a.shopId}/settings`, days),
  })),
  listMySettings: shopper(200),
  changeMySetting: shopper(200, () => ({ ...theme, body: { value: 'dark' } })),
  resetMySetting: shopper(200, () => theme),
  evaluateFlags: anybody(200, ({ a: { shopId } }) => ({ query: { key: 'visitor-1', country: 'DE', shopId } })),
  listFlags: operator(200, () => ({ query: { limit: 5 } })),
  createFlag: operator(201, ({ a: { shopId } }) => ({
    body: { key: `flag-${unique()}`, ...flag(shopId), note: 'For a few.' },
  })),
  getFlag: operator(200, () => ({ params: { flagKey: 'price-intelligence' } })),
  changeFlag: operator(200, async (world) => ({
    ...(await freshFlag(world)),
    body: { ...flag(world.a.shopId), enabled: false, note: 'For nobody.' },
  })),
  restoreFlag: operator(200, async (world) => ({ ...(await freshFlag(world)), body: { version: 1 } })),
  removeFlag: operator(204, freshFlag),
  listFlagHistory: operator(200, () => ({ params: { flagKey: 'price-intelligence' }, query: { limit: 5 } })),
}
