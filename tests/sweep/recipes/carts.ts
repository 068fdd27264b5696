import type { Person, World } from '../world.ts'
import { anybody, buyer, type Recipes, shopper } from './recipe.ts'

type Opened = { cart: { id: string }; cartToken: string }

/** A guest's cart with something of shop A in it. */
async function guestCart(world: World) {
  const { cart, cartToken } = (await world.as(undefined, 'POST', '/v1/carts')).json as Opened
  const headers = { 'x-cart-token': cartToken }
  const path = `/v1/carts/${cart.id}/items/${world.a.variantId}`
  const reply = await world.as(undefined, 'PUT', path, { quantity: 2 }, headers)
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.text}`)
  return { cartId: cart.id, headers }
}

/** The customer's own cart, with one thing in it. */
export async function filledCart(world: Pick<World, 'do'>, person: Person, variantId: string): Promise<string> {
  const { cart } = await world.do<Opened>(person, 'POST', '/v1/carts')
  await world.do(person, 'PUT', `/v1/carts/${cart.id}/items/${variantId}`, { quantity: 1 })
  return cart.id
}

const address = { name: 'Ada', line1: 'Street 1', postalCode: '10115', city: 'Berlin', country: 'DE' }

async function addressOf(world: World, person: Person): Promise<string> {
  const path = '/v1/customers/me/addresses'
  const { items } = await world.do<{ items: { id: string }[] }>(person, 'GET', path)
  return items[0]?.id ?? (await world.do<{ id: string }>(person, 'POST', path, address)).id
}

const withGuestCart = async (world: World, more: object = {}) => {
  const { cartId, headers } = await guestCart(world)
  return { params: { cartId }, headers, ...more }
}

export const cartRecipes: Recipes = {
  openCart: anybody(201),
  getCart: anybody(200, (world) => withGuestCart(world)),
  setCartItem: anybody(200, async (world) => {
    const { cartId, headers } = await guestCart(world)
    return { params: { cartId, variantId: world.a.variantId }, headers, body: { quantity: 3 } }
  }),
  removeCartItem: anybody(200, async (world) => {
    const { cartId, headers } = await guestCart(world)
    return { params: { cartId, variantId: world.a.variantId }, headers }
  }),
  clearCart: anybody(200, (world) => withGuestCart(world)),
  setCartVouchers: anybody(200, (world) => withGuestCart(world, { body: { codes: ['SPRING'] } })),
  mergeCart: shopper(200, (world) => withGuestCart(world)),
  checkOut: buyer('orders:place')(201, async (world) => {
    const { customer, variantId } = world.a
    return {
      params: { cartId: await filledCart(world, customer, variantId) },
      body: {
        paymentMethod: 'cash-on-delivery',
        delivery: { addressId: await addressOf(world, customer) },
        contact: { name: 'Ada', email: 'ada@souk.example' },
        allOrNothing: false,
        acceptChanges: true,
      },
    }
  }),
  getCheckout: shopper(200, ({ a: { checkoutId } }) => ({ params: { checkoutId } })),
  listWishes: shopper(200, () => ({ query: { limit: 5 } })),
  addWish: shopper(204, ({ a: { productId } }) => ({ params: { productId } })),
  removeWish: shopper(204, ({ a: { productId } }) => ({ params: { productId } })),
}
