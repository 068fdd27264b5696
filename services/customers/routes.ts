import type { Route } from '@souk/http'
import { addressRoutes } from './routes-addresses.ts'
import type { Keepers } from './personal-data.ts'
import { consentRoutes } from './routes-consents.ts'
import { exportRoutes } from './routes-export.ts'
import { operatorRoutes } from './routes-operators.ts'
import { profileRoutes, type RouteDeps } from './routes-profile.ts'

export type { RouteDeps }
export const customerRoutes = (deps: RouteDeps & { keepers: Keepers; exportsPerMinute: number }): Route[] => [
  ...profileRoutes(deps),
  ...addressRoutes(deps),
  ...consentRoutes(deps),
  ...exportRoutes(deps),
  ...operatorRoutes(deps),
]
