export type Currency = 'EUR' | 'GBP' | 'JPY'

/** By language: what something is called there. */
type Names = Record<string, string>

export type DemoCategory = { key: string; parentKey?: string; name: string; names: Names; slug: string }

/** `phone` is E.164, either from a range kept for fiction or one no exchange can assign. */
export type DemoShop = {
  key: string
  name: string
  slug: string
  tagline: string
  description: string
  trade: string
  city: string
  countryCode: string
  currency: Currency
  phone: string
  email: string
  pictureUrl: string
  ownerKey: string
}

export type DemoPerson = {
  key: string
  email: string
  name: string
  password: string
  role: 'operator' | 'staff' | 'shopper'
  shopKey?: string
  duties?: string[]
}

/** `optionValues` maps each of the product's option names to one of its values; empty when there are no options. */
export type DemoVariant = {
  sku: string
  optionValues: Record<string, string>
  priceMinor: number
  weightGrams: number
  onHand: number
}

export type DemoProduct = {
  key: string
  shopKey: string
  /** Most specific first. */
  categoryKeys: string[]
  title: string
  slug: string
  description: string
  tags: string[]
  status: 'active' | 'draft' | 'archived'
  options: { name: string; values: string[] }[]
  pictures: { url: string; alt: string }[]
  variants: DemoVariant[]
}

/** `units` are set aside from the product's only variant; `capPerCustomer` counts units over the whole sale. */
export type DemoSale = {
  key: string
  shopKey: string
  productKey: string
  name: string
  startsAt: Date
  endsAt: Date
  priceMinor: number
  capPerCustomer: number
  units: number
}

/** Of a product a shopper is taken to have got. `pending`: waits for a moderator. */
export type DemoReview = {
  productKey: string
  shopKey: string
  personKey: string
  rating: number
  title: string
  text: string
  author: string
  daysAgo: number
  answer?: string
  pending?: boolean
}

/** Where a shopper lives, and what lies in the cart: products of several shops, one or two of each. */
export type DemoHousehold = {
  personKey: string
  addresses: {
    label: string
    name: string
    line1: string
    line2?: string
    postalCode: string
    city: string
    region?: string
    country: string
  }[]
  cart: { productKey: string; quantity: number }[]
}

export type DemoTaxRates = {
  country: string
  rates: { taxClass: string; label: string; labels: Names; basisPoints: number }[]
}

/** Bodies as the API takes them. */
export type DemoShopRules = {
  shopKey: string
  settings: {
    collectsTax: boolean
    pricesIncludeTax: boolean
    country: string
    requiresDelivery: boolean
    minorPerPoint: number | null
  }
  shippingRates: {
    name: string
    names: Names
    method?: string
    countries: string[]
    fromGrams?: number
    toGrams?: number
    priceMinor: number
    currency: Currency
    freeFromMinor?: number | null
  }[]
  discounts: { title: string; kind: 'percent'; percent: number; minimumQuantity: number }[]
  vouchers: {
    code: string
    title: string
    kind: 'percent' | 'free-shipping'
    percent?: number
    firstOrderOnly?: boolean
    uses?: number
    usesPerCustomer: number
  }[]
}

export type DemoMarketplace = {
  categories: DemoCategory[]
  shops: DemoShop[]
  people: DemoPerson[]
  products: DemoProduct[]
  sales: DemoSale[]
  reviews: DemoReview[]
  households: DemoHousehold[]
  taxRates: readonly DemoTaxRates[]
  rules: DemoShopRules[]
}
