import { productChanged, saleWindowChanged, shopChanged } from '@souk/contracts'
import type { Consumer, Event } from '@souk/events'
import { keepProducts, keepShops, keepWindows } from './keep-offers.ts'

const payloads = <Payload>(events: readonly Event[]) => events.map((event) => event.payload as unknown as Payload)

export const cartConsumers = (): Consumer[] => [
  { name: 'carts.products', events: [productChanged], handle: (tx, events) => keepProducts(tx, payloads(events)) },
  { name: 'carts.sales', events: [saleWindowChanged], handle: (tx, events) => keepWindows(tx, payloads(events)) },
  { name: 'carts.shops', events: [shopChanged], handle: (tx, events) => keepShops(tx, payloads(events)) },
]
