import { readFileSync } from 'node:fs'
import { callers } from '@souk/contracts/callers'
import { homeShard } from '@souk/service'
import { type TProperties, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { parse } from 'yaml'
import { allServices } from '../services.ts'

export type ServeProgram = {
  run: 'serve'
  /** Left out: all. */
  services?: string[]
  role: 'edges' | 'work' | 'all' | 'desk'
  port: number
  rpc?: number
}
export type Program = ServeProgram | { run: 'relay' | 'gateway' | 'storefront'; port: number }

/** deploy/cluster.yaml, checked. Ports are of 127.0.0.1. */
export type ClusterDescription = {
  postgres: {
    servers: Record<string, { port: number }>
    /** By name of the database, the server it lies on; `home` is one of them. */
    shards: Record<string, string>
    settings: Record<string, string>
  }
  /** One of each server, at its port + 1. */
  replicas: boolean
  pooler: { enabled: boolean; port: number; poolSize: number }
  kafka: { port: number; nodes: 1 | 3; heapMb: number; partitions: number }
  redis: { port: number; maxMemoryMb: number }
  provider: { port: number }
  programs: Record<string, Program>
  settings: Record<string, string>
  node: string[]
}

/** What is wrong with a description: all of it at once, each with its place. */
export class DescriptionRefused extends Error {
  readonly faults: readonly string[]
  constructor(file: string, faults: readonly string[]) {
    super(
      `${file} has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((each) => `  ${each}`).join('\n')}`,
    )
    this.name = 'DescriptionRefused'
    this.faults = faults
  }
}

const closed = (fields: TProperties) => Type.Object(fields, { additionalProperties: false })
const port = () => Type.Integer({ minimum: 1024, maximum: 65_535 })
const name = '^[a-z][a-z0-9-]{0,30}$'
const onOff = () => Type.Union([Type.Boolean(), Type.Literal('on'), Type.Literal('off')])
const scalar = () => Type.Union([Type.String(), Type.Number(), Type.Boolean()])
const named = (of: TSchema) => Type.Object({}, { additionalProperties: of, propertyNames: { pattern: name } })

const schema = closed({
  postgres: closed({
    servers: named(closed({ port: port() })),
    shards: named(Type.String()),
    settings: Type.Optional(Type.Record(Type.String(), scalar())),
  }),
  replicas: Type.Optional(onOff()),
  pooler: closed({ enabled: onOff(), port: port(), poolSize: Type.Integer({ minimum: 1, maximum: 500 }) }),
  kafka: closed({
    port: port(),
    nodes: Type.Union([Type.Literal(1), Type.Literal(3)]),
    heapMb: Type.Integer({ minimum: 128, maximum: 8_192 }),
    partitions: Type.Integer({ minimum: 1, maximum: 1_000 }),
  }),
  redis: closed({ port: port(), maxMemoryMb: Type.Integer({ minimum: 8, maximum: 65_536 }) }),
  provider: closed({ port: port() }),
  programs: named(
    closed({
      run: Type.Union(['serve', 'relay', 'gateway', 'storefront'].map((each) => Type.Literal(each))),
      services: Type.Optional(Type.Array(Type.String())),
      role: Type.Optional(Type.Union(['edges', 'work', 'all', 'desk'].map((each) => Type.Literal(each)))),
      port: port(),
      rpc: Type.Optional(port()),
    }),
  ),
  settings: Type.Optional(Type.Record(Type.String(), scalar())),
  node: Type.Optional(Type.Array(Type.String())),
})

/** @throws DescriptionRefused naming every fault. */
export function parseDescription(text: string, file = 'The description of the cluster'): ClusterDescription {
  let given: unknown
  try {
    given = parse(text)
  } catch (error) {
    throw new DescriptionRefused(file, [(error as Error).message])
  }
  // A misspelt name is reported twice by the schema; once says more.
  const misshapen = Value.Errors(schema, given)
    .filter(({ message }) => message !== 'schema is false')
    .map(({ instancePath, message, params }) => {
      const names = (params as { additionalProperties?: string[] }).additionalProperties
      return `${instancePath.slice(1).replaceAll('/', '.') || 'the whole'}: ${message}${names ? ` (${names.join(', ')})` : ''}`
    })
  if (misshapen.length > 0) throw new DescriptionRefused(file, [...new Set(misshapen)])
  const description = normal(given as Loose)
  const faults = faultsIn(description)
  if (faults.length > 0) throw new DescriptionRefused(file, faults)
  return description
}

export const readDescription = (file: string): ClusterDescription => parseDescription(readFileSync(file, 'utf8'), file)

type Switch = boolean | 'on' | 'off'
type Scalars = Record<string, string | number | boolean>
type Loose = Omit<ClusterDescription, 'replicas' | 'pooler' | 'settings' | 'postgres' | 'node'> & {
  postgres: Omit<ClusterDescription['postgres'], 'settings'> & { settings?: Scalars }
  replicas?: Switch
  pooler: { enabled: Switch; port: number; poolSize: number }
  settings?: Scalars
  node?: string[]
}

const isOn = (given: Switch | undefined) => given === true || given === 'on'
const texts = (given: Scalars = {}) =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [key, `${value}`]))

const normal = (given: Loose): ClusterDescription => ({
  ...given,
  postgres: { ...given.postgres, settings: texts(given.postgres.settings) },
  replicas: isOn(given.replicas),
  pooler: { ...given.pooler, enabled: isOn(given.pooler.enabled) },
  settings: texts(given.settings),
  node: given.node ?? [],
})

/** Every port, by who has it. */
export function portsOf(description: ClusterDescription): [owner: string, port: number][] {
  const { postgres, pooler, kafka, redis, provider, programs } = description
  return [
    ...Object.entries(postgres.servers).flatMap(([server, { port }]): [string, number][] => [
      [`postgres.servers.${server}`, port],
      ...(description.replicas ? [[`the replica of ${server}`, port + 1] as [string, number]] : []),
    ]),
    ['pooler', pooler.port],
    ...Array.from({ length: kafka.nodes * 2 }, (_, at): [string, number] => ['kafka', kafka.port + at]),
    ['redis', redis.port],
    ['provider', provider.port],
    ...Object.entries(programs).flatMap(([program, given]): [string, number][] => [
      [`programs.${program}`, given.port],
      ...(given.run === 'serve' && given.rpc !== undefined
        ? [[`programs.${program}.rpc`, given.rpc] as [string, number]]
        : []),
    ]),
  ]
}

export const servicesOf = ({ services }: ServeProgram): readonly string[] =>
  services ?? allServices.map((service) => service.name)

const worksForAll = ({ services, role }: ServeProgram): boolean =>
  services === undefined && (role === 'work' || role === 'all')

function faultsIn(description: ClusterDescription): string[] {
  const { postgres, programs } = description
  const faults: string[] = []
  const owners = new Map<number, string>()
  for (const [owner, port] of portsOf(description)) {
    const other = owners.get(port)
    if (other !== undefined) faults.push(`${owner} and ${other} both want port ${port}`)
    owners.set(port, owner)
  }
  for (const [shard, server] of Object.entries(postgres.shards))
    if (!(server in postgres.servers)) faults.push(`postgres.shards.${shard}: there is no server ${server}`)
  if (!(homeShard in postgres.shards)) faults.push(`postgres.shards: one database must be called ${homeShard}`)
  for (const shard of Object.keys(postgres.shards))
    if (!/^[a-z][a-z0-9_]*$/.test(shard)) faults.push(`postgres.shards.${shard}: letters, digits and _ only`)
  const answering = new Set<string>()
  const working = new Set<string>()
  for (const [program, given] of Object.entries(programs)) {
    if (given.run !== 'serve') {
      for (const field of ['services', 'role', 'rpc'] as const)
        if (field in given) faults.push(`programs.${program}.${field}: only of those that run serve`)
      continue
    }
    if (given.role === undefined) faults.push(`programs.${program}.role is missing: edges, work, all or desk`)
    if (given.role === 'desk') {
      for (const field of ['services', 'rpc'] as const)
        if (field in given)
          faults.push(`programs.${program}.${field}: a desk has all services, and is called by nobody`)
      continue
    }
    const unknown = servicesOf(given).filter((service) => !(service in callers))
    if (unknown.length > 0) faults.push(`programs.${program}.services: there is no ${unknown.join(', ')}`)
    if (given.role !== 'work' && given.rpc === undefined)
      faults.push(`programs.${program}.rpc is missing: where other processes call its services`)
    for (const service of servicesOf(given)) {
      if (given.role !== 'work') answering.add(service)
      if (given.role !== 'edges') working.add(service)
    }
  }
  for (const { name: service } of allServices) {
    if (!answering.has(service)) faults.push(`programs: nobody answers for ${service} (role edges or all)`)
    if (!working.has(service))
      faults.push(`programs: nobody reads events and runs jobs of ${service} (role work or all)`)
  }
  const workers = Object.values(programs).filter((given) => given.run === 'serve' && worksForAll(given)).length
  if (workers > description.kafka.partitions)
    faults.push(`kafka.partitions: ${description.kafka.partitions} cannot be shared by ${workers} workers`)
  for (const run of ['gateway', 'relay'] as const)
    if (!Object.values(programs).some((given) => given.run === run)) faults.push(`programs: there is no ${run}`)
  return faults
}
