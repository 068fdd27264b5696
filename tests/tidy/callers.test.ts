import { callers, mayCall, ownerOf } from '@souk/contracts/callers'
import { expect, test } from 'vitest'
import { paths, read } from './source.ts'

const services = [...new Set(paths.flatMap((path) => /^services\/([^/]+)\/index\.ts$/.exec(path)?.[1] ?? []))]
const contracts = paths
  .filter((path) => /^contracts\/proto\/souk\/\w+\.proto$/.test(path))
  .flatMap((path) =>
    [...read(path).matchAll(/^service (\w+)/gm)].map(
      ([, name]) => `souk.${path.slice('contracts/proto/souk/'.length, -'.proto'.length)}.${name}`,
    ),
  )

/** The contracts a file imports, by the names they have there: some have the same name in many services. */
const importedBy = (text: string) =>
  new Map(
    [...text.matchAll(/import \{([^}]*)\} from '@souk\/contracts\/(\w+)'/g)].flatMap(([, names = '', owner]) =>
      names.split(',').map((each): [string, string] => {
        const [name = '', alias = name] = each.trim().split(' as ')
        return [alias, `souk.${owner}.${name}`]
      }),
    ),
  )

/** What a service asks its directory for. */
const askedBy = (service: string) => [
  ...new Set(
    paths
      .filter(
        (path) => path.startsWith(`services/${service}/`) && path.endsWith('.ts') && !/\/test-|\.test\.ts$/.test(path),
      )
      .flatMap((path) => {
        const imported = importedBy(read(path))
        return [...read(path).matchAll(/\.client\((\w+)\)/g)].map(([, name = '']) => imported.get(name) ?? name)
      }),
  ),
]

test('contracts/callers.ts names what each service calls, and nothing else', () => {
  const table = Object.fromEntries(services.map((service) => [service, [...(callers[service] ?? [])].sort()]))
  const code = Object.fromEntries(services.map((service) => [service, askedBy(service).sort()]))
  expect(table, 'A service may call only what stands beside its name in contracts/callers.ts.').toEqual(code)
})

test('nobody calls a contract that does not exist, or whose service does not', () => {
  const named = Object.values(callers).flat()
  expect(named.filter((name) => !contracts.includes(name))).toEqual([])
  expect(named.filter((name) => !(ownerOf(name) in callers))).toEqual([])
})

test('a service may call what is its business, everybody may recognise callers, and people only look', () => {
  const method = (contract: string, name: string, idempotency = 0) => ({
    parent: { typeName: contract },
    name,
    idempotency,
  })
  const authorise = method('souk.payments.PaymentService', 'Authorise', 2)
  expect(mayCall('orders', authorise)).toBe(true)
  for (const stranger of ['catalog', 'gateway', 'operator', 'nobody', '', 'toString', '__proto__'])
    expect(mayCall(stranger, authorise), stranger).toBe(false)
  const keys = method('souk.identity.IdentityService', 'GetKeySet', 1)
  for (const known of ['inventory', 'gateway', 'operator']) expect(mayCall(known, keys), known).toBe(true)
  for (const stranger of ['nobody', 'constructor']) expect(mayCall(stranger, keys), stranger).toBe(false)
  expect(mayCall('operator', method('souk.payments.PaymentService', 'GetStory', 1))).toBe(true)
})
