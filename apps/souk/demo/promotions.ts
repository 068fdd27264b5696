import type { Currency, DemoShop, DemoShopRules, DemoTaxRates } from './types.ts'

/** Shops whose sales a crowd comes for have no rules of their own: their orders never wait for promotions. */
const saleShops = new Set(['coffee', 'electronics'])

const percent = (basisPoints: number) => {
  const share = basisPoints / 100
  return { label: `VAT ${share} %`, labels: { de: `MwSt. ${share.toLocaleString('de')} %` } }
}
const rates = (country: string, standard: number, reduced: number): DemoTaxRates => ({
  country,
  rates: [
    { taxClass: 'standard', ...percent(standard), basisPoints: standard },
    { taxClass: 'reduced', ...percent(reduced), basisPoints: reduced },
  ],
})

export const taxRates: readonly DemoTaxRates[] = [
  rates('AT', 2_000, 1_000),
  rates('DE', 1_900, 700),
  rates('EE', 2_400, 900),
  rates('ES', 2_100, 1_000),
  rates('FI', 2_550, 1_350),
  rates('FR', 2_000, 550),
  rates('GB', 2_000, 0),
  rates('IE', 2_300, 1_350),
  rates('IT', 2_200, 1_000),
  rates('JP', 1_000, 800),
  rates('NL', 2_100, 900),
  rates('PT', 2_300, 600),
]

/** What is eaten, drunk or read bears the reduced rate. */
const reduced = new Set(['bakery', 'books', 'coffee'])
export const taxClassOf = (shopKey: string): string => (reduced.has(shopKey) ? 'reduced' : 'standard')

const europe = ['AT', 'BE', 'DE', 'EE', 'ES', 'FI', 'FR', 'IE', 'IT', 'LU', 'NL', 'PT', 'SE']
/** To send a parcel home, to neighbours and anywhere; what more a heavy one costs; from which sum on home is free. */
const fares: Record<Currency, { home: number; near: number; far: number; heavy: number; freeFrom: number }> = {
  EUR: { home: 490, near: 1_290, far: 2_490, heavy: 900, freeFrom: 6_000 },
  GBP: { home: 390, near: 1_190, far: 1_990, heavy: 800, freeFrom: 5_000 },
  JPY: { home: 800, near: 2_500, far: 4_000, heavy: 1_200, freeFrom: 10_000 },
}
const heavyFromGrams = 10_001

const shippingOf = ({ countryCode, currency }: DemoShop): DemoShopRules['shippingRates'] => {
  const fare = fares[currency]
  const near = europe.filter((country) => country !== countryCode)
  const zone = (countries: string[], priceMinor: number, freeFromMinor: number | null) => [
    { name: 'Parcel', names: { de: 'Paket' }, countries, toGrams: heavyFromGrams - 1, priceMinor, freeFromMinor },
    {
      name: 'Heavy parcel',
      names: { de: 'Schweres Paket' },
      countries,
      fromGrams: heavyFromGrams,
      priceMinor: priceMinor + fare.heavy,
    },
  ]
  return [
    ...zone([countryCode], fare.home, fare.freeFrom),
    ...zone(near, fare.near, null),
    ...zone([], fare.far, null),
    { name: 'Express', names: {}, method: 'express', countries: [countryCode], priceMinor: fare.home * 2 + fare.heavy },
  ].map((rate) => ({ ...rate, currency }))
}

const breaks: Readonly<Record<string, DemoShopRules['discounts']>> = {
  wine: [{ title: 'Twelve per cent off from six bottles on', kind: 'percent', percent: 12, minimumQuantity: 6 }],
  stationery: [{ title: 'Ten per cent off from three on', kind: 'percent', percent: 10, minimumQuantity: 3 }],
}

/** What each shop adds to its prices and takes off them. Two of them have nothing but the lines of their orders. */
export const rulesOf = (shops: readonly DemoShop[]): DemoShopRules[] =>
  shops
    .filter(({ key }) => !saleShops.has(key))
    .map((shop) => ({
      shopKey: shop.key,
      settings: {
        collectsTax: true,
        pricesIncludeTax: true,
        country: shop.countryCode,
        requiresDelivery: false,
        minorPerPoint: 100,
      },
      shippingRates: shippingOf(shop),
      discounts: breaks[shop.key] ?? [],
      vouchers: [
        {
          code: 'WELCOME10',
          title: 'Ten per cent off your first order',
          kind: 'percent',
          percent: 10,
          firstOrderOnly: true,
          usesPerCustomer: 1,
        },
        { code: 'FREESHIP', title: 'Free shipping', kind: 'free-shipping', uses: 500, usesPerCustomer: 3 },
      ],
    }))
