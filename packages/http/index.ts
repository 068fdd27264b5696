export { cursorOf, pageOf, readCursor } from './cursor.ts'
export { etag, versionFrom } from './entity-tag.ts'
export { createApiKeyVerifier, type ApiKeyVerifier, type ApiKeyVerifierOptions } from './verify-api-key.ts'
export { errors as httpErrors } from './errors.ts'
export { clientAddressHeader, forwardedAddress, forwarderHeader } from './forwarder.ts'
export type { HealthCheck, HealthChecks } from './health.ts'
export { purgeIdempotencyKeys } from './idempotency.sql.ts'
export type { Jwks } from './key-set.ts'
export { createGovernor, type Governor } from './governor.ts'
export { type LoopLag, watchLoopLag } from './loop-lag.ts'
export type { ApiInfo, OpenApi } from './openapi.ts'
export { defaultQuotas, type Quotas } from './quotas.ts'
export { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
export { createSharedRateLimiter, type SharedRateLimiter, type WindowCounts } from './shared-rate-limiter.ts'
export {
  type Access,
  type Answer,
  created,
  mayActFor,
  noContent,
  ok,
  type Principal,
  type Route,
  type RouteDefinition,
  type RouteRequest,
  route,
  shared,
} from './route.ts'
export {
  createHttpServer,
  type HttpServer,
  type HttpServerOptions,
  RoutesRefused,
  type ServerLimits,
} from './server.ts'
export type { Admission } from './sockets.ts'
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './verify-token.ts'
export { authenticate, type Verifiers } from './authenticate.ts'
export { refusalOf } from './access.ts'
export { createQuotaKeeper, rateLimitHeader } from './quotas.ts'
export type { RouteEntry } from './route-table.ts'
export { securityHeaders } from './headers.ts'
