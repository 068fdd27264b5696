import { unique, type World } from '../world.ts'
import { etagOf } from './fresh.ts'
import { aFace } from './media.ts'
import { operator, type Recipes, shopper } from './recipe.ts'

const home = {
  label: 'Home',
  name: 'Ada Lovelace',
  company: 'Engines',
  line1: 'Street 1',
  line2: 'Left',
  postalCode: '10115',
  city: 'Berlin',
  region: 'Berlin',
  country: 'DE',
  phone: '+49 30 901820',
  defaultDelivery: true,
  defaultBilling: true,
}

/** Of the customer of shop A, who keeps a few at most. */
async function freshAddress(world: World): Promise<string> {
  const path = '/v1/customers/me/addresses'
  const { items } = await world.do<{ items: { id: string }[] }>(world.a.customer, 'GET', path)
  for (const { id } of items.slice(0, Math.max(0, items.length - 20)))
    await world.as(world.a.customer, 'DELETE', `${path}/${id}`)
  return (await world.do<{ id: string }>(world.a.customer, 'POST', path, home)).id
}

export const customerRecipes: Recipes = {
  getMyProfile: shopper(200),
  // A person of its own: it may be asked for three times a minute.
  exportMyData: shopper(200, async (world) => ({ as: await world.register('a-exported') })),
  setMyProfile: shopper(200, async (world) => {
    const person = await world.register('a-profiled')
    return {
      as: person,
      body: {
        givenName: 'Ada',
        familyName: `L${unique()}`,
        phone: '+49 30 901820',
        birthDate: '1990-12-10',
        language: 'en',
        currency: 'EUR',
        gender: 'Woman',
      },
      headers: await etagOf(world, person, '/v1/customers/me'),
    }
  }),
  setMyAvatar: shopper(200, async (world) => ({ body: { mediaId: await aFace(world) } })),
  removeMyAvatar: shopper(200),
  getMyPreferences: shopper(200),
  setMyPreferences: shopper(200, async (world) => ({
    body: { appearance: 'dark', timeZone: 'Europe/Berlin', recentlyViewed: true },
    headers: await etagOf(world, world.a.customer, '/v1/customers/me/preferences'),
  })),
  listMyAddresses: shopper(200),
  addMyAddress: shopper(201, async (world) => {
    await freshAddress(world)
    return { body: home }
  }),
  setMyAddress: shopper(200, async (world) => ({
    params: { addressId: await freshAddress(world) },
    body: home,
    headers: { 'if-match': '"1"' },
  })),
  removeMyAddress: shopper(204, async (world) => ({ params: { addressId: await freshAddress(world) } })),
  listMyConsents: shopper(200),
  listMyConsentHistory: shopper(200, () => ({ query: { limit: 5 } })),
  setMyConsent: shopper(200, () => ({
    params: { purpose: 'marketing-email' },
    body: { given: true, wordingVersion: `2026-${unique()}`.slice(0, 40), source: 'web' },
  })),
  listCustomers: operator(200, () => ({ query: { limit: 5, query: 'new' } })),
  getCustomers: operator(200, ({ a: { customer } }) => ({ body: { customerIds: [customer.accountId] } })),
  getCustomer: operator(200, ({ a: { customer } }) => ({ params: { customerId: customer.accountId } })),
}
