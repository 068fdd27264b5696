import type { Target } from '../load/index.ts'
import type { Api } from './types.ts'

export type Line = { variantId: string; quantity: number }
export type Stage = {
  shopId: string
  /** What is ordered, with the lines an order for it must have. Some stand there several times: they are hot. */
  targets: (Target & { lines: Line[] })[]
  /** Sold without end: what the trials of speed are about. */
  plenty: Target & { lines: Line[] }
  tokens: string[]
  accountIds: string[]
}

type WithId = { id: string }
type Product = WithId & { variants: WithId[] }

export type StageOptions = {
  customers: number
  /** Orders to come, about: what is scarce is measured so that it runs out on the way. */
  expectedOrders: number
}

/** Units one customer may have in the sale. */
const cap = 2
const coldProducts = 8

/** A shop with one product on sale, one that never ends and some of which there are few; and signed-in customers. */
export async function setStage(api: Api, { customers, expectedOrders }: StageOptions): Promise<Stage> {
  const shopId = await openShop(api, 'Rehearsal of faults')
  const product = (title: string, onHand: number) => makeProduct(api, shopId, title, onHand)
  const onSale = await product('Lamp on sale', Math.ceil(expectedOrders / 4))
  const units = Math.ceil(expectedOrders / 6)
  await api.post('/v1/sales', {
    ...onSale,
    priceMinor: 1900,
    capPerCustomer: cap,
    units,
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 6 * 36e5).toISOString(),
  })
  const endless = await product('Plain cup', 100_000_000)
  const cold: Line[] = []
  for (let index = 0; index < coldProducts; index += 1) {
    const { variantId } = await product(`Rare plate ${index}`, Math.ceil(expectedOrders / 5))
    cold.push({ variantId, quantity: 1 })
  }
  const [a, b, c] = cold as [Line, Line, Line]
  const saleOrder = {
    path: `/v1/orders/flash-sale/${onSale.productId}`,
    body: '{}',
    lines: [{ variantId: onSale.variantId, quantity: 1 }],
  }
  const plenty = order([{ variantId: endless.variantId, quantity: 1 }])
  const { tokens, accountIds } = await signIn(api, customers)
  return {
    shopId,
    plenty,
    tokens,
    accountIds,
    targets: [
      saleOrder,
      saleOrder,
      saleOrder,
      plenty,
      plenty,
      plenty,
      // Baskets that name the same things in opposite order, and one thing twice.
      order([a, b]),
      order([b, a]),
      order([a, { ...a, quantity: 2 }]),
      order(cold),
      order(cold.toReversed()),
      order([c, { variantId: endless.variantId, quantity: 3 }]),
    ],
  }
}

/** A shop of the operator's that may sell. */
export async function openShop(api: Api, name: string): Promise<string> {
  const { id } = await api.post<WithId>('/v1/shops', { name, country: 'DE', currency: 'EUR' })
  await api.post(`/v1/shops/${id}/verification`, { decision: 'verify', reason: 'For rehearsals' })
  await api.refresh()
  return id
}

export async function makeProduct(api: Api, shopId: string, title: string, onHand: number) {
  const variants = [{ sku: title.toUpperCase().replaceAll(' ', '-'), priceMinor: 2900 }]
  const made = await api.post<Product>('/v1/products', { shopId, title, status: 'active', variants })
  const variantId = (made.variants[0] as WithId).id
  await api.put(`/v1/products/${made.id}/inventory`, { variants: [{ variantId, onHand }] })
  return { productId: made.id, variantId }
}

/** `paid`: how, if not at the door. */
export const order = (lines: Line[], paid: { paymentMethod?: string; paymentToken?: string | undefined } = {}) => ({
  path: '/v1/orders',
  body: JSON.stringify({ lines, ...paid }),
  lines,
})

export async function signIn(api: Api, count: number) {
  const tokens: string[] = []
  const accountIds: string[] = []
  while (tokens.length < count) {
    const { items } = await api.post<{ items: { accountId: string; accessToken: string }[] }>(
      '/v1/identity/rehearsal-shoppers',
      { count: Math.min(1_000, count - tokens.length) },
    )
    for (const { accountId, accessToken } of items) {
      tokens.push(accessToken)
      accountIds.push(accountId)
    }
  }
  return { tokens, accountIds }
}
