import { accountClosed, productChanged, saleWindowChanged, shopChanged } from '@souk/contracts'
import type { AccountClosed } from '@souk/contracts/identity'
import type { Consumer, Event } from '@souk/events'
import { forgetCarts } from './carts.sql.ts'
import { keepProducts, keepShops, keepWindows } from './keep-offers.ts'
import { forgetWishes } from './wishes.sql.ts'

const payloads = <Payload>(events: readonly Event[]) => events.map((event) => event.payload as unknown as Payload)

export const cartConsumers = (): Consumer[] => [
  { name: 'carts.products', events: [productChanged], handle: (tx, events) => keepProducts(tx, payloads(events)) },
  { name: 'carts.sales', events: [saleWindowChanged], handle: (tx, events) => keepWindows(tx, payloads(events)) },
  { name: 'carts.shops', events: [shopChanged], handle: (tx, events) => keepShops(tx, payloads(events)) },
  {
    name: 'carts.accounts',
    events: [accountClosed],
    async handle(tx, events) {
      const customerIds = payloads<AccountClosed>(events).map(({ accountId }) => accountId)
      await forgetCarts(tx, customerIds)
      await forgetWishes(tx, customerIds)
    },
  },
]
