import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors } from './errors.ts'
import type { QuotaKeeper } from './quotas.ts'
import type { Route } from './route.ts'

/** Addresses that lead nowhere: 405 where another method would do, else 404; counted against the sender's address. */
export function createNotFound(
  routes: readonly Route[],
  quotas: QuotaKeeper,
  sendProblem: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void,
) {
  const patterns = routes.map(({ method, url }) => ({
    method,
    pattern: new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`),
  }))

  return (request: FastifyRequest, reply: FastifyReply): void => {
    const taken = quotas.takeByAddress(request.ip)
    if (taken?.allowed === false) {
      const wait = `The next request is possible in ${taken.resetSeconds} s.`
      sendProblem(errors.error('rate-limited', wait, { policy: 'address' }, taken.resetSeconds), request, reply)
      return
    }
    const path = request.url.split('?', 1)[0] ?? ''
    const methods = new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    if (methods.size === 0) {
      sendProblem(errors.error('not-found', 'No route has this address; /openapi.json lists them all.'), request, reply)
      return
    }
    const allow = [...methods].sort().join(', ')
    reply.header('allow', allow)
    sendProblem(errors.error('method-not-allowed', `This address takes ${allow}.`), request, reply)
  }
}
