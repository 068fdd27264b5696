import { analytics } from '@souk/analytics'
import { carts } from '@souk/carts'
import { catalog } from '@souk/catalog'
import { customers } from '@souk/customers'
import { identity } from '@souk/identity'
import { inventory } from '@souk/inventory'
import { media } from '@souk/media'
import { notifications } from '@souk/notifications'
import { orders } from '@souk/orders'
import { payments } from '@souk/payments'
import { promotions } from '@souk/promotions'
import { reviews } from '@souk/reviews'
import { search } from '@souk/search'
import type { ServiceDefinition } from '@souk/service'
import { settings } from '@souk/settings'
import { shops } from '@souk/shops'

/** All there are, in the order they start. */
export const allServices: readonly ServiceDefinition[] = [
  identity,
  customers,
  shops,
  catalog,
  inventory,
  payments,
  promotions,
  orders,
  notifications,
  carts,
  reviews,
  search,
  media,
  settings,
  analytics,
] as never

/** @throws RangeError naming the ones there are. */
export function servicesNamed(names: readonly string[]): readonly ServiceDefinition[] {
  if (names.length === 0) return allServices
  const unknown = names.filter((name) => !allServices.some((service) => service.name === name))
  if (unknown.length > 0)
    throw new RangeError(
      `there is no service ${unknown.join(', ')}; there are ${allServices.map((service) => service.name).join(', ')}`,
    )
  return allServices.filter((service) => names.includes(service.name))
}
