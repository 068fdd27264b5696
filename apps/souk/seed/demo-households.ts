import type { DemoMarketplace } from '../demo/index.ts'
import { acting, type Desk } from '../desk.ts'
import { findDemoProducts } from './demo-products.ts'

type Opened = { cart: { id: string; itemCount: number } }

/** Where the demo's shoppers live and what lies in their carts. Whoever has an address or a filled cart keeps it as it is. */
export async function stockHouseholds(
  desk: Desk,
  demo: DemoMarketplace,
  accountOf: ReadonlyMap<string, string>,
): Promise<void> {
  const keys = [...new Set(demo.households.flatMap(({ cart }) => cart.map(({ productKey }) => productKey)))]
  const products = await findDemoProducts(desk, demo, keys)
  for (const { personKey, addresses, cart } of demo.households) {
    const as = acting(accountOf.get(personKey) as string)
    const { items } = await desk.call<{ items: unknown[] }>('listMyAddresses', { as })
    if (items.length === 0) for (const body of addresses) await desk.call('addMyAddress', { as, body })
    const opened = await desk.call<Opened>('openCart', { as })
    if (opened.cart.itemCount > 0) continue
    for (const { productKey, quantity } of cart) {
      const variantId = products.get(productKey)?.variants[0]?.id
      if (variantId === undefined) continue
      await desk.call('setCartItem', { as, params: { cartId: opened.cart.id, variantId }, body: { quantity } })
    }
  }
}
