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
  volumes?: string[]
  configs?: { source: string; target: string }[]
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
}

const path = (name: string) => new URL(`../../deploy/${name}`, import.meta.url)
const compose = parse(readFileSync(path('compose.yaml'), 'utf8'), { merge: true }) as {
  services: Record<string, Service>
  volumes: object
  configs: Record<string, { content: string }>
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

/** The programs of Souk that know the databases. */
const souks = Object.entries(cluster.programs).flatMap(([name, { run }]) => (run === 'storefront' ? [] : [name]))

/** Of an ini file: its lines by section and name. */
function sectionsOf(ini: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {}
  let current: Record<string, string> = {}
  for (const line of ini.split('\n').filter((each) => each !== '')) {
    const [, section] = /^\[(.+)\]$/.exec(line) ?? []
    const [, name = '', value = ''] = /^(\w+) =\s*(.*)$/.exec(line) ?? []
    if (section === undefined) current[name] = value
    else current = sections[section] = {}
  }
  return sections
}

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
  const { postgres, replicas, pooler } = cluster
  const servers = Object.keys(postgres.servers)
  const wanted = [
    ...servers.map((server) => `postgres-${server}`),
    ...(replicas ? servers.map((server) => `replica-${server}`) : []),
    ...(pooler.enabled ? ['pooler'] : []),
    'kafka',
    'redis',
    'storefront',
    'certificates',
    'migrate',
    ...Object.keys(told),
  ]
  expect(Object.keys(services).sort()).toEqual(wanted.sort())
})

test('each is set as its program understands it', () => {
  for (const [name, { command = [], environment }] of Object.entries(services)) {
    const env = filled(environment)
    if ((name in cluster.programs && name !== 'storefront') || name === 'migrate')
      expect(faultsOf(command, env), name).toEqual([])
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

/** What a program of a container is told of the databases, by name. */
const urlsOf = (name: string): Record<string, string> => {
  const env = filled(services[name]?.environment)
  return { home: env.DATABASE_URL ?? '', ...JSON.parse(env.SOUK_SHARDS ?? '{}') }
}

test('every database is made on the server the description says, with its settings', () => {
  const { postgres } = cluster
  const lying = Object.keys(postgres.servers).flatMap((server) =>
    `${services[`postgres-${server}`]?.environment?.DATABASES}`.split(' ').map((shard) => [shard, server]),
  )
  expect(Object.fromEntries(lying)).toEqual(postgres.shards)
  for (const server of Object.keys(postgres.servers))
    for (const name of [`postgres-${server}`, `replica-${server}`])
      expect(services[name]?.command, name).toEqual(
        expect.arrayContaining(Object.entries(postgres.settings).map(([key, value]) => `${key}=${value}`)),
      )
  const env = filled(services['work-1']?.environment)
  for (const [name, value] of Object.entries(cluster.settings)) expect(env[name], name).toBe(value)
  expect(env.SOUK_KAFKA_PARTITIONS).toBe(String(cluster.kafka.partitions))
})

test('every database is reached through the pooler alone, by programs and migrations, in transaction mode', () => {
  const { pooler, postgres } = cluster
  const { databases = {}, pgbouncer = {} } = sectionsOf(compose.configs.pooler?.content ?? '')
  const behind = Object.entries(postgres.shards).map(([shard, server]) => [
    shard,
    `host=postgres-${server} port=5432 dbname=${shard}`,
  ])
  expect(databases).toEqual(Object.fromEntries(behind))
  expect(pgbouncer).toMatchObject({ pool_mode: 'transaction', default_pool_size: String(pooler.poolSize) })
  const at = `pooler:${pgbouncer.listen_port}`
  for (const name of ['migrate', ...souks]) {
    const urls = Object.entries(urlsOf(name)).map(([shard, url]) => [shard, new URL(url).host, new URL(url).pathname])
    const wanted = Object.keys(postgres.shards).map((shard) => [shard, at, `/${shard}`])
    expect(urls.sort(), name).toEqual(wanted.sort())
    expect(services[name]?.environment?.SOUK_POOLER, name).toBe('transaction')
  }
})

test('whom the pooler looks up, and how, is what the servers were made with', () => {
  const { pgbouncer = {} } = sectionsOf(compose.configs.pooler?.content ?? '')
  const made = compose.configs.databases?.content ?? ''
  const [, looksUp = ''] = /from ([\w.]+)\(\$\$1\)/.exec(pgbouncer.auth_query ?? '') ?? []
  expect(made).toContain(`create function ${looksUp}(`)
  expect(made).toContain(`create role ${pgbouncer.auth_user} login`)
  expect(made).toContain(`grant execute on function ${looksUp}(text) to ${pgbouncer.auth_user}`)
  expect(compose.configs['pooler-users']?.content).toBe(`"${pgbouncer.auth_user}" "\${POSTGRES_PASSWORD}"`)
  expect(services.pooler?.configs?.map(({ target }) => target)).toContain(pgbouncer.auth_file)
  for (const url of Object.values(urlsOf('migrate')))
    expect(made).toContain(`create role ${new URL(url).username} login`)
})

test('each server is followed by a replica with a volume of its own, from which edges, and they alone, read lists', () => {
  const { postgres, programs } = cluster
  for (const server of Object.keys(postgres.servers)) {
    const replica = services[`replica-${server}`]
    expect(replica?.environment?.PGHOST).toBe(`postgres-${server}`)
    expect(replica?.depends_on).toHaveProperty(`postgres-${server}`)
    expect(compose.configs.databases?.content).toContain(
      `create role ${replica?.environment?.PGUSER} login replication`,
    )
  }
  const data = Object.entries(services).filter(([name]) => /^(postgres|replica)-/.test(name))
  expect(new Set(data.flatMap(([, { volumes = [] }]) => volumes)).size).toBe(data.length)
  const wanted = Object.entries(postgres.shards).map(([shard, server]) => [shard, [`replica-${server}:5432/${shard}`]])
  for (const name of souks) {
    const program = programs[name]
    const told = filled(services[name]?.environment).SOUK_REPLICAS
    const answers = program?.run === 'serve' && (program.role === 'edges' || program.role === 'all')
    expect(told !== undefined, name).toBe(answers)
    if (told === undefined) continue
    const urls = Object.entries(JSON.parse(told) as Record<string, string[]>).map(([shard, each]) => [
      shard,
      each.map((url) => url.replace(/^.*@/, '')),
    ])
    expect(urls.sort(), name).toEqual(wanted.sort())
  }
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
    for (const [other, { condition }] of Object.entries(waits)) {
      expect(services, name).toHaveProperty(other)
      // Programs are asked by their images.
      const asked = services[other]?.healthcheck !== undefined || other in cluster.programs
      if (condition === 'service_healthy') expect(asked, other).toBe(true)
    }
  }
})

test('volumes and files that are given to a container are there', () => {
  for (const [name, { volumes = [], configs = [] }] of Object.entries(services)) {
    for (const volume of volumes) expect(compose.volumes, name).toHaveProperty(volume.split(':')[0] ?? '')
    for (const { source } of configs) expect(compose.configs, name).toHaveProperty(source)
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
