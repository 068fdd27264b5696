import type { DemoHousehold, DemoPerson, DemoProduct, DemoSale } from './types.ts'

type Place = Omit<DemoHousehold['addresses'][number], 'name'>

/** One for each shopper, in their order; streets that lead nowhere in towns that exist. */
const homes: readonly Place[][] = [
  [
    { label: 'Home', line1: 'Lindenweg 4', postalCode: '10115', city: 'Berlin', country: 'DE' },
    { label: 'Work', line1: 'Am Speicher 12', line2: '3rd floor', postalCode: '20457', city: 'Hamburg', country: 'DE' },
  ],
  [{ label: 'Home', line1: 'Granstigen 9', postalCode: '114 55', city: 'Stockholm', country: 'SE' }],
  [{ label: 'Casa', line1: 'Via dei Tigli 21', postalCode: '00144', city: 'Roma', region: 'RM', country: 'IT' }],
  [{ label: 'Dom', line1: 'ul. Lipowa 7', line2: 'm. 15', postalCode: '00-950', city: 'Warszawa', country: 'PL' }],
  [{ label: 'Home', line1: '14 Banyan Road', postalCode: '110034', city: 'Delhi', region: 'Delhi', country: 'IN' }],
  [
    { label: 'Home', line1: '3 Hawthorn Lane', postalCode: 'D02 AF30', city: 'Dublin', country: 'IE' },
    { label: 'Mum', line1: '8 Quay Street', postalCode: '', city: 'Galway', country: 'IE' },
  ],
  [{ label: 'Maison', line1: '18 rue des Tilleuls', postalCode: '75011', city: 'Paris', country: 'FR' }],
  [{ label: '自宅', line1: '1-2-3 Kaede', postalCode: '154-0023', city: 'Setagaya', region: 'Tokyo', country: 'JP' }],
]

/** How many different things lie in a cart. */
const things = 3

/** The demo's shoppers at home, each with a cart half filled; always the same. */
export function householdsOf(
  products: readonly DemoProduct[],
  sales: readonly DemoSale[],
  people: readonly DemoPerson[],
): DemoHousehold[] {
  const onSale = new Set(sales.map(({ productKey }) => productKey))
  // What is sold in a sale has its price for an hour or two only, and what there is little of is soon gone.
  const plenty = products.filter(
    ({ key, status, variants }) => status === 'active' && !onSale.has(key) && (variants[0]?.onHand ?? 0) > 5,
  )
  return people
    .filter(({ role }) => role === 'shopper')
    .map(({ key, name }, index) => ({
      personKey: key,
      addresses: (homes[index % homes.length] ?? []).map((home) => ({ ...home, name })),
      cart: Array.from({ length: things }, (_, thing) => ({
        // 61 and 17 are prime: carts differ, and reach into several shops.
        productKey: plenty[(index * 61 + thing * 17 * things) % plenty.length]?.key ?? '',
        quantity: 1 + ((index + thing) % 2),
      })),
    }))
}
