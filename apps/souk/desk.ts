import type { Answer, Principal, Route, RouteRequest } from '@souk/http'
import type { RunningServices } from '@souk/service'

type Call = {
  /** Nobody, for what anybody may ask. */
  as?: Principal
  params?: object
  query?: object
  body?: object
  ifMatch?: string
  /** The same at every repeat; where a service keeps it, the first answer comes again. */
  key?: string
}

/** Asks services for what their public API offers, in this process and without HTTP: `desk.call('registerShop', …)`. */
export type Desk = {
  /** @throws the refusal, as the service means it (DomainError). */
  call<Body>(operationId: string, call: Call): Promise<Body>
  /** The same, but a refusal with status 404 is an answer: undefined. */
  find<Body>(operationId: string, call: Call): Promise<Body | undefined>
}

export function openDesk(running: Pick<RunningServices, 'services'>): Desk {
  const routes = new Map<string, Route>(
    running.services.flatMap(({ parts }) => (parts.routes ?? []).map((route) => [route.operationId, route] as const)),
  )
  async function call<Body>(operationId: string, given: Call): Promise<Body> {
    const route = routes.get(operationId)
    if (route === undefined) throw new Error(`none of the services in this process offers ${operationId}`)
    const answer = await route.handle(requestOf(given) as never)
    return answer.body as Body
  }
  return {
    call,
    async find(operationId, given) {
      try {
        return await call(operationId, given)
      } catch (error) {
        if ((error as { row?: { status?: number } }).row?.status === 404) return undefined
        throw error
      }
    },
  }
}

/** The program itself, acting for an account: whoever can start it can read its database, so it may do everything. */
export const acting = (accountId: string): Principal => ({
  accountId,
  sessionId: '00000000-0000-7000-8000-000000000000',
  kind: 'session',
  permissions: new Set(['operator', 'orders:place', 'orders:read-own']),
  duties: new Map(),
})

const requestOf = ({ as, params = {}, query = {}, body, ifMatch, key }: Call): RouteRequest => ({
  params,
  query,
  body,
  headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  principal: as,
  me: as as Principal,
  idempotencyKey: key,
  correlationId: 'souk-seed',
  address: '127.0.0.1',
  once: (db, effects) => db.transaction<Answer>(effects),
})
