import type { FastifyInstance } from 'fastify'
import type { Access, Route } from './route.ts'

/** What a gateway must know of a route to send requests there. */
export type RouteEntry = {
  method: string
  /** "/v1/products/:productId"; of what lies outside the contract also "/media/*". */
  url: string
  /** Undefined: outside the contract, for anybody. */
  operationId?: string
  access: Access
  limit?: Route['limit']
  bodyLimitBytes?: number
  timeoutMs?: number
}

export const entryOf = (route: Route): RouteEntry => {
  const { method, url, operationId, access, limit, bodyLimitBytes, timeoutMs } = route
  return {
    method,
    url,
    operationId,
    access,
    ...(limit && { limit }),
    ...(bodyLimitBytes !== undefined && { bodyLimitBytes }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
}

/** Notes what is registered from now on outside the contract. */
export function collectExtras(app: FastifyInstance): RouteEntry[] {
  const extras: RouteEntry[] = []
  app.addHook('onRoute', ({ method, url, bodyLimit }) => {
    for (const each of [method].flat())
      if (each !== 'HEAD' && each !== 'OPTIONS')
        extras.push({
          method: each,
          url,
          access: 'public',
          ...(bodyLimit !== undefined && { bodyLimitBytes: bodyLimit }),
        })
  })
  return extras
}
