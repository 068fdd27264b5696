import { slugOf } from './compose.ts'
import type { Trade } from './trade.ts'
import type { DemoPerson } from './types.ts'

/** What staff may be trusted with in their shop: an owner with everything, a helper with the daily work. */
const ownerDuties = ['catalog', 'inventory', 'orders', 'members', 'settings']
const helperDuties = ['catalog', 'inventory', 'orders']

const shoppers = [
  'Amina Haddad',
  'Jonas Lindqvist',
  'Chiara Moretti',
  'Tomasz Zielinski',
  'Priya Raman',
  'Sean Gallagher',
  'Lucie Marchand',
  'Kenji Mori',
]

const person = (name: string) => ({ name, email: `${slugOf(name).replaceAll('-', '.')}@souk.example` })

/** Passwords are printed at the first start and hold for the demo alone. */
export const people = (trades: readonly Trade[]): DemoPerson[] => [
  { key: 'operator', ...person('Noor Verhoeven'), password: 'demo-operator-lantern', role: 'operator' },
  ...trades.flatMap(({ shop, owner, helper }): DemoPerson[] => [
    {
      key: `${shop.key}-owner`,
      ...person(owner),
      password: `demo-${shop.key}-owner`,
      role: 'staff',
      shopKey: shop.key,
      duties: [...ownerDuties],
    },
    {
      key: `${shop.key}-helper`,
      ...person(helper),
      password: `demo-${shop.key}-helper`,
      role: 'staff',
      shopKey: shop.key,
      duties: [...helperDuties],
    },
  ]),
  ...shoppers.map(
    (name, index): DemoPerson => ({
      key: `shopper-${index + 1}`,
      ...person(name),
      password: `demo-shopper-basket-${index + 1}`,
      role: 'shopper',
    }),
  ),
]
