import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readDescription, servicesOf } from '../../apps/souk/cluster/description.ts'
import { peersOf } from '../../apps/souk/cluster/plan.ts'
import { faultsOf, storefrontSettings } from './settings.ts'

type Service = {
  command?: string[]
  environment?: Record<string, string>
  build?: { target?: string; dockerfile?: string }
  image?: string
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
}

const path = (name: string) => new URL(`../../deploy/${name}`, import.meta.url)
const compose = parse(readFileSync(path('compose.yaml'), 'utf8'), { merge: true }) as {
  services: Record<string, Service>
  volumes: object
}
const cluster = readDescription(path('cluster.yaml').pathname)
const dockerfile = readFileSync(path('images/Dockerfile'), 'utf8')
const { services } = compose

/** As Docker would fill them in. */
const filled = (environment: Record<string, string> = {}) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      `${value}`.replaceAll(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_, _name, usual = '') => `${usual}`.padEnd(40, 'x')),
    ]),
  )

test('the same programs run in containers as on this machine, with the same services and roles', () => {
  const told = Object.fromEntries(
    Object.entries(cluster.programs)
      .filter(([, { run }]) => run !== 'storefront')
      .map(([name, program]) => [
        name,
        program.run === 'serve' ? ['serve', ...(program.services ?? []), '--role', program.role] : [program.run],
      ]),
  )
  const run = Object.fromEntries(Object.keys(told).map((name) => [name, services[name]?.command]))
  expect(run).toEqual(told)
  for (const server of Object.keys(cluster.postgres.servers)) expect(services).toHaveProperty(`postgres-${server}`)
  for (const engine of ['kafka', 'redis', 'storefront']) expect(services).toHaveProperty(engine)
})

test('each is set as its program understands it', () => {
  for (const [name, { command = [], environment }] of Object.entries(services)) {
    const env = filled(environment)
    if (name in cluster.programs && name !== 'storefront') expect(faultsOf(command, env), name).toEqual([])
    if (name === 'storefront') expect(Object.keys(env).filter((each) => !storefrontSettings.has(each))).toEqual([])
  }
})

test('each service is called where it answers, and stands behind the gateway', () => {
  const env = filled(services.gateway?.environment)
  const peers = JSON.parse(env.SOUK_RPC_PEERS ?? '') as Record<string, string[]>
  const wanted = peersOf(cluster)
  const programOf = (port: number) =>
    Object.entries(cluster.programs).find(([, program]) => program.run === 'serve' && program.rpc === port)?.[0] ?? ''
  for (const [service, addresses] of Object.entries(wanted))
    expect(peers[service], service).toEqual(addresses.map((each) => `${programOf(Number(each.split(':')[1]))}:50051`))
  const edges = Object.entries(cluster.programs).filter(([, each]) => each.run === 'serve' && each.role !== 'work')
  expect((env.SOUK_GATEWAY_UPSTREAMS ?? '').split(',')).toEqual(edges.map(([name]) => `http://${name}:8080`))
  expect(edges.flatMap(([, each]) => (each.run === 'serve' ? servicesOf(each) : [])).length).toBeGreaterThan(13)
})

test('the databases lie where the description says, and settings are its own', () => {
  const env = filled(services['work-1']?.environment)
  const urls: Record<string, string> = { home: env.DATABASE_URL ?? '', ...JSON.parse(env.SOUK_SHARDS ?? '{}') }
  const lying = Object.fromEntries(
    Object.entries(urls).map(([shard, url]) => [shard, new URL(url).hostname.replace('postgres-', '')]),
  )
  expect(lying).toEqual(cluster.postgres.shards)
  for (const [name, value] of Object.entries(cluster.settings)) expect(env[name], name).toBe(value)
  expect(env.SOUK_KAFKA_PARTITIONS).toBe(String(cluster.kafka.partitions))
})

test('what is open to the outside is the gateway and the storefront, on this machine alone', () => {
  const open = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`))
  expect(open).toEqual([
    `gateway 127.0.0.1:${cluster.programs.gateway?.port}:8080`,
    `storefront 127.0.0.1:${cluster.programs.storefront?.port}:3000`,
  ])
})

test('images are targets of the Dockerfile, and whoever is waited for exists', () => {
  const targets = new Set([...dockerfile.matchAll(/^FROM \S+ AS (\w+)/gm)].map(([, name]) => name))
  for (const [name, { build, image, depends_on: waits = {} }] of Object.entries(services)) {
    expect(image !== undefined || targets.has(build?.target), name).toBe(true)
    for (const other of Object.keys(waits)) expect(services, name).toHaveProperty(other)
  }
})

test('what the Dockerfile copies and runs is there', () => {
  const copied = [...dockerfile.matchAll(/^COPY --chown=root:root (\S+) /gm)].map(([, name = '']) => name)
  const run = [...dockerfile.matchAll(/"((?:apps|scripts)\/\S+\.(?:ts|mjs))"|node (scripts\/\S+)/g)].map(
    ([, one, other]) => one ?? other ?? '',
  )
  expect(copied.length).toBeGreaterThan(5)
  expect(run.length).toBeGreaterThan(2)
  for (const name of [...copied, ...run]) expect(existsSync(new URL(`../../${name}`, import.meta.url)), name).toBe(true)
})
