import type { Database, Tx } from '@souk/postgres'
import type { Static, TSchema } from 'typebox'

/** Who is asking. Made from a verified access token or API key; for public routes it may be nobody. */
export type Principal = {
  readonly accountId: string
  /** Session of the token, or id of the API key. */
  readonly sessionId: string
  readonly kind: 'session' | 'api-key'
  /** Permissions that hold everywhere: "orders:place", "operator". */
  readonly permissions: ReadonlySet<string>
  /** Duties by shop: "catalog", "inventory", "orders", "members", "settings". */
  readonly duties: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Who may call a route. Every route declares it or the process refuses to start.
 * - `public`: anybody. - `signed-in`: any account.
 * - `permission`: the principal must hold it. - `duty`: it must have that duty in at least one shop, or be an operator;
 *   the handler then asks `mayActFor` about the very shop, and answers 404 for another's.
 */
export type Access = 'public' | 'signed-in' | { permission: string } | { duty: string }

export type Answer = {
  status: number
  /** What the route declares; with a content-type among the headers, a string, a Buffer or a stream of bytes. */
  body?: unknown
  headers?: Record<string, string>
  /** The body answers many requests and never changes: it is written out once. */
  shared?: true
}

export type RouteRequest<Params = unknown, Query = unknown, Body = unknown> = {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Present unless the route is public; on public routes present when a valid token was sent. */
  readonly principal: Principal | undefined
  /** The principal; for routes that are not public. */
  readonly me: Principal
  readonly idempotencyKey: string | undefined
  readonly correlationId: string
  /** Network address of the caller. */
  readonly address: string
  /**
   * Run an unsafe request's effects in one transaction that also remembers the answer under the caller's
   * Idempotency-Key: a repeat within 24 hours gets the first answer, another body under the same key 422. What `body`
   * throws rolls all of it back and leaves the key free.
   */
  once(db: Database, body: (tx: Tx) => Promise<Answer>): Promise<Answer>
}

export type RouteDefinition<
  Params extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** "/v1/products/:productId" */
  url: string
  /** Name of the SDK method: "getProduct". Unique. */
  operationId: string
  summary: string
  description?: string
  /** Chapter of the API reference: the service, capitalised. */
  tag: string
  access: Access
  params?: Params
  query?: Query
  body?: Body
  /**
   * `request.body` is the body's bytes as they came (a Buffer), for signatures: nothing of it is parsed or checked here.
   * Declares no `body`; the content type must be JSON all the same.
   */
  rawBody?: true
  /**
   * Content types of a body that is not kept in memory: `request.body` is a stream (node:stream `Readable`) of its bytes,
   * `bodyLimitBytes` at most. Declares no `body`. Where the types say nothing else it is refused with 415.
   */
  streamBody?: readonly string[]
  /** Schema of the body for each status the handler may answer with. */
  answers: Record<number, TSchema>
  /** Codes of the catalogue this route may answer with, beyond those every route may. */
  errors?: readonly string[]
  /**
   * How Idempotency-Key is treated on unsafe methods: `stored` by `request.once` (the default), `required` = the
   * handler keeps it itself and cannot do without, `none` where repeating is harmless or the answer is a secret.
   */
  idempotency?: 'stored' | 'required' | 'none'
  /** A limit of its own, counted apart from the general ones; with `instead` only this one counts. */
  limit?: { name: string; perMinute: number; per: 'account' | 'address'; instead?: true }
  bodyLimitBytes?: number
  timeoutMs?: number
  /** A POST that a crowd sends: taken the short way, see direct.ts. */
  hot?: boolean
  handle(request: RouteRequest<Static<Params>, Static<Query>, Static<Body>>): Promise<Answer>
}

export type Route = RouteDefinition<TSchema, TSchema, TSchema>

/** Identity function that infers the types of params, query and body from their schemas. */
export const route = <Params extends TSchema, Query extends TSchema, Body extends TSchema>(
  definition: RouteDefinition<Params, Query, Body>,
): Route => definition as unknown as Route

export const ok = (body: unknown, headers?: Record<string, string>): Answer => ({
  status: 200,
  body,
  ...(headers && { headers }),
})
/** What many are answered with: an object out of a cache. Nobody may change it. */
export const shared = (body: object, headers?: Record<string, string>): Answer => ({
  ...ok(body, headers),
  shared: true,
})
export const created = (body: unknown, headers?: Record<string, string>): Answer => ({
  status: 201,
  body,
  ...(headers && { headers }),
})
export const noContent: Answer = { status: 204 }

export const mayActFor = (principal: Principal, shopId: string, duty: string): boolean =>
  principal.permissions.has('operator') || (principal.duties.get(shopId)?.has(duty) ?? false)
