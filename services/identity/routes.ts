import type { Route } from '@souk/http'
import type { Identity } from './identity.ts'
import { apiKeyRoutes } from './routes-api-keys.ts'
import { authRoutes } from './routes-auth.ts'
import { operatorRoutes } from './routes-operators.ts'
import { secondFactorRoutes } from './routes-second-factor.ts'
import { sessionRoutes } from './routes-sessions.ts'

export type RouteSettings = { authPerMinute: number; rehearsal: boolean }

export const routes = (identity: Identity, settings: RouteSettings): Route[] => [
  ...authRoutes(identity, settings),
  ...sessionRoutes(identity),
  ...secondFactorRoutes(identity),
  ...apiKeyRoutes(identity),
  ...operatorRoutes(identity, settings),
]
