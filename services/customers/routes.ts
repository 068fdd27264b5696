import type { Route } from '@souk/http'
import { addressRoutes } from './routes-addresses.ts'
import { consentRoutes } from './routes-consents.ts'
import { operatorRoutes } from './routes-operators.ts'
import { profileRoutes, type RouteDeps } from './routes-profile.ts'

export type { RouteDeps }
export const customerRoutes = (deps: RouteDeps): Route[] => [
  ...profileRoutes(deps),
  ...addressRoutes(deps),
  ...consentRoutes(deps),
  ...operatorRoutes(deps),
]
