import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readDescription, servicesOf } from '../../apps/souk/cluster/description.ts'
import { peersOf } from '../../apps/souk/cluster/plan.ts'
import { testProviderSecrets } from '../../packages/stand-ins/test-provider/secrets.ts'
import { faultsOf, storefrontSettings } from './settings.ts'

type Service = {
  command?: string[]
  environment?: Record<string, string>
  build?: { target?: string; dockerfile?: string }
  image?: string
  ports?: string[]
  volumes?: string[]
  configs?: { source: string; target: string }[]
  secrets?: string[]
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
}

const path = (name: string) => new URL(`../../deploy/${name}`, import.meta.url)
// Many say the same as others, by name; of a file of our own any number of names may be followed.
const compose = parse(readFileSync(path('compose.yaml'), 'utf8'), { merge: true, maxAliasCount: -1 }) as {
  services: Record<string, Service>
  volumes: object
  secrets: object
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

/** Where a browser on this machine finds a container. */
const openAt = (name: string) => `http://${services[name]?.ports?.[0]?.split(':').slice(0, 2).join(':')}`

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
    'provider',
    'certificates',
    'migrate',
    'demo',
    ...Object.keys(told),
  ]
  expect(Object.keys(services).sort()).toEqual(wanted.sort())
})

test('each is set as its program understands it', () => {
  for (const [name, { command = [], environment }] of Object.entries(services)) {
    const env = filled(environment)
    if ((name in cluster.programs && name !== 'storefront') || name === 'migrate' || name === 'demo')
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
  expect(Number(pgbouncer.max_prepared_statements), 'it is to carry statements prepared by name').toBeGreaterThan(0)
  const at = `pooler:${pgbouncer.listen_port}`
  for (const name of ['migrate', ...souks]) {
    const urls = Object.entries(urlsOf(name)).map(([shard, url]) => [shard, new URL(url).host, new URL(url).pathname])
    const wanted = Object.keys(postgres.shards).map((shard) => [shard, at, `/${shard}`])
    expect(urls.sort(), name).toEqual(wanted.sort())
    expect(services[name]?.environment?.SOUK_POOLER, name).toBe('transaction-prepared')
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

test('there is something to buy, a way to pay for it and back, and somebody who may do everything', () => {
  expect(services.demo?.command).toEqual(['seed'])
  const serving = Object.entries(cluster.programs).filter(([, { run }]) => run === 'serve')
  for (const [name, program] of serving) {
    const env = filled(services[name]?.environment)
    expect(services[name]?.depends_on, name).toHaveProperty('demo')
    expect(env.SOUK_TEST_PROVIDER_URL, name).toBe(`http://provider:${cluster.provider.port}`)
    expect(env.SOUK_PAYMENTS_RETURN_URL, name).toBe(`${openAt('storefront')}/payments`)
    if (program.run === 'serve' && program.role === 'edges' && servicesOf(program).includes('identity'))
      expect(Object.keys(env)).toEqual(expect.arrayContaining(['SOUK_OPERATOR_EMAIL', 'SOUK_OPERATOR_PASSWORD']))
  }
})

test('the provider starts with what its container is told, and sends shoppers to where it is open', async () => {
  const [, image = ''] = /AS provider\n[^]*?ENTRYPOINT (\[.*\])/.exec(dockerfile) ?? []
  const [, program = '', ...fixed] = JSON.parse(image) as string[]
  const { command = [] } = services.provider ?? {}
  const folder = await mkdtemp(join(tmpdir(), 'souk-compose-'))
  const secret = 'x'.repeat(40)
  await writeFile(join(folder, 'secret'), secret)
  const here: Record<string, string> = {
    '0.0.0.0': '127.0.0.1',
    [String(cluster.provider.port)]: '0',
    '/book': folder,
    '/run/secrets/souk': join(folder, 'secret'),
  }
  const args = [...fixed, ...command].map((each) => here[each] ?? each)
  const child = spawn(process.execPath, [new URL(`../../${program}`, import.meta.url).pathname, ...args])
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const [url = ''] = /http:\S+/.exec(said.toString()) ?? []
    const answer = await fetch(`${url}/charges`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testProviderSecrets(secret).apiKey}` },
      body: JSON.stringify({
        reference: 'one',
        idempotencyKey: 'one',
        method: 'card',
        amountMinor: 1_999,
        currency: 'EUR',
      }),
    })
    const { payUrl } = (await answer.json()) as { payUrl?: string }
    expect(payUrl?.startsWith(`${openAt('provider')}/pay/`)).toBe(true)
  } finally {
    child.kill()
    await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
  const [, hook] = command.slice(command.indexOf('--webhook-url'))
  expect(hook).toBe('http://gateway:8080/v1/payments/webhooks/test')
})

test('what is open to the outside is the gateway, the storefront and the provider, on this machine alone', () => {
  const open = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`))
  expect(open.sort()).toEqual([
    `gateway 127.0.0.1:${cluster.programs.gateway?.port}:8080`,
    `provider 127.0.0.1:${cluster.provider.port}:${cluster.provider.port}`,
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

test('volumes, files and secrets that are given to a container are there', () => {
  for (const [name, { volumes = [], configs = [], secrets = [] }] of Object.entries(services)) {
    for (const secret of secrets) expect(compose.secrets, name).toHaveProperty(secret)
    for (const volume of volumes) expect(compose.volumes, name).toHaveProperty(volume.split(':')[0] ?? '')
    for (const { source } of configs) expect(compose.configs, name).toHaveProperty(source)
  }
})

test('what the Dockerfile copies and runs is there', () => {
  const copied = [...dockerfile.matchAll(/^COPY --chown=root:root (\S+) /gm)].map(([, name = '']) => name)
  const run = [...dockerfile.matchAll(/"((?:apps|packages|scripts)\/\S+\.(?:ts|mjs))"|node (scripts\/\S+)/g)].map(
    ([, one, other]) => one ?? other ?? '',
  )
  expect(copied.length).toBeGreaterThan(5)
  expect(run.length).toBeGreaterThan(2)
  for (const name of [...copied, ...run]) expect(existsSync(new URL(`../../${name}`, import.meta.url)), name).toBe(true)
})
