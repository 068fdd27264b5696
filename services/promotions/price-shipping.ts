import type { Refusal } from './price-basket.ts'
import type { ShippingRate } from './rules.ts'

export type Parcel = {
  readonly method: string
  readonly country: string
  readonly currency: string
  readonly grams: number
  /** What the goods are worth after discounts. */
  readonly goodsMinor: number
}

export type DeliveryPrice = { readonly method: string; readonly name: string; readonly priceMinor: number }

const weighs = ({ fromGrams, toGrams }: ShippingRate, grams: number) =>
  fromGrams <= grams && (toGrams === null || grams <= toGrams)

const priceOf = (rate: ShippingRate, goodsMinor: number): number =>
  rate.freeFromMinor !== null && goodsMinor >= rate.freeFromMinor ? 0 : rate.priceMinor

/** Rates that name the country come before those for everywhere else. */
function inZone(rates: readonly ShippingRate[], country: string): ShippingRate[] {
  const named = rates.filter(({ countries }) => countries.includes(country))
  return named.length > 0 ? named : rates.filter(({ countries }) => countries.length === 0)
}

function cheapest(rates: readonly ShippingRate[], goodsMinor: number): DeliveryPrice | undefined {
  const [first] = rates
    .map((rate) => ({ method: rate.method, name: rate.name, priceMinor: priceOf(rate, goodsMinor) }))
    .sort((a, b) => a.priceMinor - b.priceMinor)
  return first
}

/**
 * What sending a parcel costs: the cheapest rate of the method for its zone and weight. Undefined when the shop has no
 * rates: it sends for nothing. A refusal when it has some and none is for this parcel.
 */
export function quoteDelivery(rates: readonly ShippingRate[], parcel: Parcel): DeliveryPrice | Refusal | undefined {
  const own = rates.filter(({ currency }) => currency === parcel.currency)
  if (own.length === 0) return undefined
  const refuse = (reason: Refusal['reason'], detail: string): Refusal => ({ kind: 'delivery', reason, detail })
  if (inZone(own, parcel.country).length === 0) return refuse('country', `The shop does not send to ${parcel.country}.`)
  const ofMethod = own.filter(({ method }) => method === parcel.method)
  const zone = inZone(ofMethod, parcel.country)
  if (zone.length === 0) return refuse('method', `The shop does not send ${parcel.method} to ${parcel.country}.`)
  const price = cheapest(
    zone.filter((rate) => weighs(rate, parcel.grams)),
    parcel.goodsMinor,
  )
  return price ?? refuse('weight', `The shop does not send ${parcel.grams} g ${parcel.method} to ${parcel.country}.`)
}

/** Every method the shop offers for this parcel, the cheapest first. */
export function deliveryMethods(rates: readonly ShippingRate[], parcel: Omit<Parcel, 'method'>): DeliveryPrice[] {
  const methods = [...new Set(rates.map(({ method }) => method))]
  return methods
    .flatMap((method) => {
      const price = quoteDelivery(rates, { ...parcel, method })
      return price === undefined || 'reason' in price ? [] : [price]
    })
    .sort((a, b) => a.priceMinor - b.priceMinor)
}
