import type { Route } from '@souk/http'
import { cartRoutes, type CartRouteDeps } from './routes-carts.ts'
import { checkoutRoutes, type CheckoutRouteDeps } from './routes-checkout.ts'
import { wishlistRoutes } from './routes-wishlist.ts'

export type RouteDeps = CartRouteDeps & CheckoutRouteDeps
export const routes = (deps: RouteDeps): Route[] => [
  ...cartRoutes(deps),
  ...checkoutRoutes(deps),
  ...wishlistRoutes(deps),
]
