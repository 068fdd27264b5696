import type { Api } from '../api.ts'
import { Refusal } from '../explain.ts'

export type Stage = { shopId: string; productId: string; variantId: string; saleWindowId: string }

const shopSlug = 'flash-sale-rehearsal'
const currency = 'EUR'

type WithId = { id: string }
type Shop = WithId & { status: string }
type Product = WithId & { variants: WithId[] }

/**
 * Everything a sale needs, by the public API: a shop of the operator's (the same at every run), a new product, its stock
 * set aside for a sale that runs from now on, one for each customer.
 */
export async function setTheStage(api: Api, units: number): Promise<Stage> {
  const shopId = await rehearsalShop(api)
  const now = new Date()
  const product = await api.post<Product>('/v1/products', {
    shopId,
    title: `Flash sale of ${now.toISOString().slice(0, 19).replace('T', ' ')}`,
    status: 'active',
    variants: [{ sku: `FLASH-${now.getTime()}`, priceMinor: 4_900 }],
  })
  const [variant] = product.variants
  if (variant === undefined) throw new Refusal('The marketplace made a product without a variant.')
  await api.put(`/v1/products/${product.id}/inventory`, {
    variants: [{ variantId: variant.id, onHand: units }],
    note: 'Rehearsal of a flash sale',
  })
  const sale = await api.post<WithId>('/v1/sales', {
    productId: product.id,
    variantId: variant.id,
    priceMinor: 1_900,
    startsAt: now.toISOString(),
    endsAt: new Date(now.getTime() + 6 * 3_600_000).toISOString(),
    capPerCustomer: 1,
    units,
  })
  return { shopId, productId: product.id, variantId: variant.id, saleWindowId: sale.id }
}

async function rehearsalShop(api: Api): Promise<string> {
  const mine = await api.get<{ items: (Shop & { slug: string })[] }>('/v1/shops/mine?limit=100')
  let shop: Shop | undefined = mine.items.find(({ slug, status }) => slug.startsWith(shopSlug) && status !== 'closed')
  // Its address is made from its name: where somebody else's rehearsals left one, a number is added.
  shop ??= await api.post<Shop>('/v1/shops', { name: 'Flash sale rehearsal', country: 'DE', currency })
  if (shop.status === 'registered')
    await api.post(`/v1/shops/${shop.id}/verification`, { decision: 'verify', reason: 'For rehearsals' })
  return shop.id
}

/** Nothing of the rehearsal stays on the shelves, nobody of it signed in; the orders stay, they are history. */
export async function clearTheStage(api: Api, { productId, saleWindowId }: Stage): Promise<void> {
  await api.post(`/v1/sales/${saleWindowId}/cancel`)
  await api.post(`/v1/products/${productId}/archive`)
  await api.delete('/v1/identity/rehearsal-shoppers')
}

export type Left = { granted: number; left: number }

/** What the server says is granted and not yet promised, in the sale and outside. */
export async function unitsLeft(api: Api, { shopId, variantId }: Stage): Promise<Left> {
  const answer = await api.get<{ granted: number; remaining: number; setAside: number }>(
    `/v1/operations/allotments?shopId=${shopId}&variantId=${variantId}`,
  )
  return { granted: answer.granted, left: answer.remaining + answer.setAside }
}
