import { eventually } from '@souk/testing'
import { type Person, type Shop, unique, type World } from '../world.ts'

// Things made for one call, because the call uses them up.

export const etagOf = async (world: World, person: Person, path: string): Promise<{ 'if-match': string }> => ({
  'if-match': String((await world.as(person, 'GET', path)).headers.etag),
})

/** A shop of a new owner, not verified. */
export async function freshShop(world: World): Promise<{ owner: Person; shopId: string }> {
  const person = await world.register('a-fresh')
  const { id } = await world.do<{ id: string }>(person, 'POST', '/v1/shops', {
    name: 'Fresh',
    slug: `fresh-${unique()}`,
    country: 'DE',
    currency: 'EUR',
  })
  return { owner: await world.signIn(person), shopId: id }
}

export async function verifiedShop(world: World): Promise<{ owner: Person; shopId: string }> {
  const shop = await freshShop(world)
  await world.do(world.operator, 'POST', `/v1/shops/${shop.shopId}/verification`, { decision: 'verify' })
  return shop
}

/** A product of shop A that comes in two colours and has one of them. */
export async function freshProduct(
  world: World,
  of: Shop = world.a,
): Promise<{ productId: string; variantId: string }> {
  const { id, variants } = await world.do<{ id: string; variants: { id: string }[] }>(
    of.owner,
    'POST',
    '/v1/products',
    {
      shopId: of.shopId,
      title: 'Cup',
      status: 'active',
      options: [{ name: 'Colour', values: ['Red', 'Blue'] }],
      variants: [{ sku: `CUP-${unique()}`, priceMinor: 2_500, options: { Colour: 'Red' } }],
    },
  )
  return { productId: id, variantId: variants[0]?.id ?? '' }
}

/** The same with units on the shelf, granted to orders. */
export async function stockedProduct(world: World, onHand = 1_000, of: Shop = world.a) {
  const product = await freshProduct(world, of)
  const path = `/v1/products/${product.productId}/inventory`
  await eventually(() => world.do(of.owner, 'PUT', path, { onHand }), { timeoutMs: 60_000, everyMs: 50 })
  return product
}

/** Its goods: a lot without a code. */
export async function freshLot(world: World, of: Shop = world.a): Promise<string> {
  const { variantId } = await stockedProduct(world, 1_000, of)
  const path = `/v1/inventory/variants/${variantId}/lots`
  return (await world.do<{ items: { lotId: string }[] }>(of.owner, 'GET', path)).items[0]?.lotId ?? ''
}

export const newSale = (product: { productId: string; variantId: string }, units = 10) => ({
  ...product,
  priceMinor: 1_200,
  startsAt: new Date(Date.now() - 60_000).toISOString(),
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  capPerCustomer: 5,
  units,
})

export async function freshSale(world: World): Promise<string> {
  const sale = newSale(await stockedProduct(world))
  return (await world.do<{ id: string }>(world.a.owner, 'POST', '/v1/sales', sale)).id
}

export async function freshOrder(world: World): Promise<string> {
  const lines = [{ variantId: world.a.variantId, quantity: 1 }]
  return (await world.do<{ id: string }>(world.a.customer, 'POST', '/v1/orders', { lines })).id
}

export async function freshKey(world: World): Promise<string> {
  const wish = { name: 'Fresh', permissions: [] }
  return (await world.do<{ keyId: string }>(world.a.customer, 'POST', '/v1/api-keys', wish)).keyId
}
