import type { Call, Reply } from '../client.ts'
import type { Operation } from '../document.ts'
import type { Person, World } from '../world.ts'

export type Sample = {
  params?: Record<string, string>
  query?: Record<string, string | number | boolean>
  body?: unknown
  headers?: Record<string, string>
  /** Who asks, when it is not who usually does. */
  as?: Person
}

/** One call of one route that is right in every respect. Everything tried on a route is this with one thing changed. */
export type Recipe = {
  /** Who may: 'public', 'signed-in', a permission or a duty. The document must say the same. */
  access: string
  as: (world: World) => Person | undefined
  /** What the right call is answered with. */
  status: number
  /** Makes what the call uses up, so that it can be made more than once. */
  make: (world: World) => Sample | Promise<Sample>
}

export type Recipes = Readonly<Record<string, Recipe>>

const nothing = (): Sample => ({})

const recipe =
  (access: string, as: Recipe['as']) =>
  (status: number, make: Recipe['make'] = nothing): Recipe => ({ access, as, status, make })

export const anybody = recipe('public', () => undefined)
export const shopper = recipe('signed-in', (world) => world.a.customer)
export const buyer = (permission: string) => recipe(permission, (world) => world.a.customer)
export const owner = recipe('signed-in', (world) => world.a.owner)
export const operator = recipe('operator', (world) => world.operator)
export const keeper = (duty: keyof World['a']['staff']) => recipe(duty, (world) => world.a.staff[duty])

/** The call a sample stands for. @throws when the route has a parameter that the sample has no value for. */
export function callOf(operation: Operation, { params = {}, query = {}, body, headers }: Sample): Call {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`${operation.operationId} has no value for the parameter ${name}`)
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  return {
    method: operation.method,
    path: search === '' ? path : `${path}?${search}`,
    ...(body !== undefined && { body }),
    headers: headers ?? {},
  }
}

export const ask = (world: World, operation: Operation, sample: Sample, person: Person | undefined): Promise<Reply> => {
  const { method, path, body, headers } = callOf(operation, sample)
  return world.as(person, method, path, body, headers)
}

/** What is wrong with an answer whatever was asked: a failure of ours, or something the document does not tell of. */
export function faultsOf(operation: Operation, reply: Reply): string[] {
  const { operationId, statuses, codes } = operation
  const faults: string[] = []
  if (reply.status === 500) faults.push(`${operationId} failed: ${reply.text}`)
  if (!statuses.has(reply.status)) faults.push(`${operationId} answered ${reply.status} ${reply.code}, undeclared`)
  else if (reply.status >= 400 && !codes.has(reply.code ?? ''))
    faults.push(`${operationId} answered with the code ${reply.code}, undeclared`)
  return faults
}
