import type { Database, Tx } from '@souk/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors } from './errors.ts'
import { hashOfRequest, onceUnderKey } from './idempotency.ts'
import type { Taken } from './rate-limiter.ts'
import type { Answer, Principal, RouteRequest } from './route.ts'
import type { ServedRoute } from './served-route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange | undefined
  }
}

/**
 * One request on its way through the server, and what the handler gets to see of it. A class, because it is made for
 * every request: one object with its methods on the prototype instead of a dozen closures.
 */
export class Exchange implements RouteRequest {
  readonly served: ServedRoute
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly startedAtMs: number
  principal: Principal | undefined = undefined
  idempotencyKey: string | undefined = undefined
  /** Last quota taken, for the headers of the answer. */
  policy: string | undefined = undefined
  taken: Taken | undefined = undefined
  /** 0 until the handler runs, and again when it has answered. */
  handlingSinceMs = 0
  /** 0 until something was answered. */
  answeredAtMs = 0
  done = false
  /** Among those in flight. */
  place = -1

  constructor(served: ServedRoute, request: FastifyRequest, reply: FastifyReply, nowMs: number) {
    this.served = served
    this.request = request
    this.reply = reply
    this.startedAtMs = nowMs
  }

  get params(): unknown {
    return this.request.params
  }
  get query(): unknown {
    return this.request.query
  }
  get body(): unknown {
    return this.request.body
  }
  get headers(): RouteRequest['headers'] {
    return this.request.headers
  }
  get correlationId(): string {
    return this.request.id
  }
  get address(): string {
    return this.served.forwardedAddress(this.request.headers) ?? this.request.ip
  }
  get me(): Principal {
    if (this.principal === undefined) throw errors.error('unauthenticated', 'Sign in to do this.')
    return this.principal
  }

  once(db: Database, effects: (tx: Tx) => Promise<Answer>): Promise<Answer> {
    const { served, idempotencyKey: key } = this
    if (key === undefined || served.definition.idempotency === 'none') return db.transaction(effects)
    const request = {
      // Keys belong to whoever sent them; of callers without a name, to their address.
      principal: this.principal?.accountId ?? `address ${this.address}`,
      key,
      route: served.definition.operationId,
      bodyHash: hashOfRequest(this.request.url, this.body),
    }
    return onceUnderKey(db, request, served.clock, effects)
  }
}
