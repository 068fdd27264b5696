import type { Product, SearchProductsResponse } from '@souk/sdk'

export type SaleOf = {
  id: string
  phase: 'upcoming' | 'running' | 'past'
  priceMinor: number
  startsAt: string
  endsAt: string
  units: number
  variantId: string
  capPerCustomer: number
}

/** A product as lists show it. */
export type Card = {
  id: string
  slug: string
  title: string
  picture: { url: string; alt: string } | undefined
  currency: string
  /** Of the cheapest variant on sale. */
  priceMinor: number
  /** Variants have different prices. */
  from: boolean
  shopName: string | undefined
  sale: SaleOf | undefined
  rating?: { average: number; count: number }
}

export function cardOf(product: Product, more: { sale: SaleOf | undefined; shopName: string | undefined }): Card {
  const prices = product.variants.filter(({ active }) => active).map(({ priceMinor }) => priceMinor)
  const all = prices.length > 0 ? prices : product.variants.map(({ priceMinor }) => priceMinor)
  const lowest = Math.min(...all)
  return {
    id: product.id,
    slug: product.slug,
    title: product.title,
    picture: product.pictures[0],
    currency: product.currency,
    priceMinor: Number.isFinite(lowest) ? lowest : 0,
    from: all.some((price) => price !== lowest),
    ...more,
  }
}

/** A product as the search found it. */
export const cardOfHit = (hit: SearchProductsResponse['items'][number]): Card => ({
  id: hit.productId,
  slug: hit.slug,
  title: hit.title,
  picture: hit.picture ?? undefined,
  currency: hit.currency,
  priceMinor: hit.regularPriceMinor,
  from: false,
  shopName: hit.shop.name,
  sale:
    hit.saleEndsAt === null
      ? undefined
      : {
          id: '',
          phase: 'running',
          priceMinor: hit.priceMinor,
          startsAt: '',
          endsAt: hit.saleEndsAt,
          units: 0,
          variantId: '',
          capPerCustomer: 0,
        },
  ...(hit.ratingTenths !== null && { rating: { average: hit.ratingTenths / 10, count: hit.ratingCount } }),
})

export const productPath = ({ id, slug }: { id: string; slug: string }) => `/p/${id}/${slug}`
