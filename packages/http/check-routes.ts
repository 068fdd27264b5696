import { faultOfAccess } from './access.ts'
import type { Route } from './route.ts'
import { faultsOfSchema } from './schema.ts'

/** Every reason not to start, at once, each naming its route. */
export function faultsOfRoutes(routes: readonly Route[], knownCodes: ReadonlySet<string> | undefined): string[] {
  const faults: string[] = []
  const operations = new Set<string>()
  const addresses = new Set<string>()
  for (const route of routes) {
    const name = `${route.method} ${route.url} (${route.operationId})`
    const fault = (text: string) => faults.push(`${name} ${text}`)
    const access = faultOfAccess(route.access)
    if (access !== undefined) fault(access)
    if (operations.has(route.operationId)) fault('has an operationId that another route has too')
    operations.add(route.operationId)
    // Names of parameters do not tell addresses apart: /a/:id and /a/:other are one.
    const address = `${route.method} ${route.url.replace(/:\w+/g, ':')}`
    if (addresses.has(address)) fault('has the address of another route')
    addresses.add(address)
    if (Object.keys(route.answers).length === 0) fault('declares no answers')
    if (route.body !== undefined && (route.method === 'GET' || route.method === 'DELETE'))
      fault('takes a body, which its method has none of')
    if (route.rawBody && (route.body !== undefined || route.method === 'GET'))
      fault('takes its body raw, and so declares none and is no GET')
    if (route.streamBody && (route.rawBody || route.body !== undefined || route.method === 'GET'))
      fault('takes its body as a stream, and so declares none and is no GET')
    for (const part of ['params', 'query', 'body'] as const) {
      const schema = route[part]
      if (schema !== undefined) for (const text of faultsOfSchema(schema)) fault(`${part}: ${text}`)
    }
    const declared = Object.keys((route.params as { properties?: object } | undefined)?.properties ?? {}).sort()
    const used = [...route.url.matchAll(/:(\w+)/g)].map(([, param = '']) => param).sort()
    if (declared.join() !== used.join())
      fault(`has the parameters ${used.join(', ') || 'none'} but declares ${declared.join(', ') || 'none'}`)
    for (const code of route.errors ?? [])
      if (knownCodes !== undefined && !knownCodes.has(code)) fault(`names the error ${code}, which no catalogue has`)
  }
  return faults
}
