import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allServices } from '../../apps/souk/services.ts'
import { faultsOf, knownSettings, secrets, storefrontSettings } from './settings.ts'
import { obtainHelm } from '../../scripts/engines/helm.mjs'
import { createCheck, environments, lint, type Rendered, render, type Spec } from './render.ts'

const required = (process.env.SOUK_REQUIRE_ENGINES ?? '') !== ''
let helm: string | undefined
try {
  helm = obtainHelm()
} catch (error) {
  if (required) throw error
  process.stderr.write(`The chart was not tried: ${(error as Error).message}\n`)
}

const check = createCheck()
const named = (objects: readonly Rendered[], kind: string) =>
  Object.fromEntries(objects.filter((object) => object.kind === kind).map((object) => [object.metadata.name, object]))

describe.skipIf(helm === undefined).each(environments)('the chart, rendered for %s', (environment) => {
  const objects = helm === undefined ? [] : render(helm, environment)
  const deployments = Object.values(named(objects, 'Deployment'))

  test('is found faultless by Helm, strictly', () => {
    expect(lint(helm as string, environment)).toContain('0 chart(s) failed')
  })

  test('is what Kubernetes, KEDA, Prometheus and External Secrets accept, to the last field', () => {
    expect(objects.flatMap(check)).toEqual([])
    expect(objects.length).toBeGreaterThan(50)
  })

  test('runs every service there is, once at its edges and once where events are read', () => {
    const run = (role: string) =>
      deployments
        .map(({ spec }) => spec.template.spec.containers[0])
        .map(({ args = [] }) => args)
        .filter((args) => args[0] === 'serve' && args.at(-2) === '--role' && args.at(-1) === role)
        .flatMap((args) => args.slice(1, -2))
        .sort()
    const all = allServices.map(({ name }) => name).sort()
    expect(run('edges')).toEqual(all)
    expect(run('work')).toEqual(all)
  })

  test('gives no container root, a writable image, a privilege or the cluster’s own token', () => {
    const pods = [...deployments, ...Object.values(named(objects, 'Job'))].map(({ spec }) => spec.template.spec)
    for (const pod of pods) {
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1001 })
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources).toMatchObject({ requests: { memory: expect.any(String) }, limits: {} })
        expect(container.image).toMatch(/:abc1234$/)
      }
    }
  })

  test('asks every program for its health, and lets it finish what it accepted', () => {
    for (const { spec } of deployments) {
      const pod = spec.template.spec
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60)
      const [ready, live] = pod.containers[0].image.includes('/storefront:')
        ? ['/health', '/health']
        : ['/health/ready', '/health/live']
      expect(pod.containers[0].readinessProbe.httpGet.path).toBe(ready)
      expect(pod.containers[0].livenessProbe.httpGet.path).toBe(live)
      expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0)
    }
  })

  test('sends every address to a service that exists and listens there', () => {
    const services = named(objects, 'Service')
    const ports = (name: string) => services[name]?.spec.ports.map(({ port }: { port: number }) => port) ?? []
    const { data = {} } = named(objects, 'ConfigMap')['souk-settings'] ?? {}
    const peers = Object.values(JSON.parse(data.SOUK_RPC_PEERS ?? '{}') as Record<string, string[]>).flat()
    const upstreams = (data.SOUK_GATEWAY_UPSTREAMS ?? '').split(',')
    // One more: the desk answers for all of them, and is called by none.
    expect([peers.length, upstreams.length]).toEqual([allServices.length, allServices.length + 1])
    for (const url of [...peers.map((address) => `http://${address}`), ...upstreams]) {
      const { hostname, port } = new URL(url)
      expect(ports(hostname), url).toContain(Number(port))
    }
    for (const { spec } of Object.values(named(objects, 'Ingress')))
      for (const { http } of spec.rules)
        for (const { backend } of http.paths)
          expect(ports(backend.service.name), backend.service.name).toContain(backend.service.port.number)
  })

  test('sets what the programs understand, and everything they ask for', () => {
    const { data = {} } = named(objects, 'ConfigMap')['souk-settings'] ?? {}
    for (const { metadata, spec } of deployments) {
      const { containers, volumes = [] } = spec.template.spec
      const [{ args = [], env, envFrom, image }] = containers
      const set: Record<string, string> = Object.fromEntries(env.map(({ name, value = '' }) => [name, value]))
      if (image.includes('/storefront:')) {
        expect(Object.keys(set).filter((name) => !storefrontSettings.has(name))).toEqual([])
        expect(JSON.stringify(envFrom)).toBe('[{"secretRef":{"name":"souk-storefront"}}]')
        continue
      }
      const all: Record<string, string> = { ...secrets, ...data, ...set }
      expect(faultsOf(args, all), metadata.name).toEqual([])
      // And shows the certificates of the services it runs, under the names it looks for.
      const files = volumes.flatMap(({ projected }) =>
        (projected?.sources ?? []).flatMap(({ secret }) => secret.items.map(({ path }) => path)),
      )
      const names = args[0] === 'serve' ? args.slice(1, -2) : args[0] === 'gateway' ? ['gateway'] : []
      const wanted = names.flatMap((name) => [`${name}.pem`, `${name}.key.pem`])
      expect(files.sort(), metadata.name).toEqual((names.length > 0 ? ['authority.pem', ...wanted] : []).sort())
    }
  })

  test('migrates before any pod of the release starts', () => {
    const job = named(objects, 'Job')['souk-migrate']
    expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade')
  })
})

describe.skipIf(helm === undefined)('the chart in production', () => {
  const objects = helm === undefined ? [] : render(helm, 'production')

  test.each([
    ['orders', 10, 50],
    ['catalog', 5, 20],
    ['identity', 3, 10],
    ['customers', 3, 10],
    ['notifications', 3, 15],
    ['gateway', 3, 20],
  ])('keeps %s between %i and %i pods, by processor, memory and load', (name, from, to) => {
    const spec = named(objects, 'HorizontalPodAutoscaler')[`souk-${name}`]?.spec as Spec
    expect([spec.minReplicas, spec.maxReplicas]).toEqual([from, to])
    expect(spec.metrics.length).toBeGreaterThanOrEqual(3)
    expect(spec.behavior.scaleDown.stabilizationWindowSeconds).toBe(300)
    expect(spec.behavior.scaleUp.stabilizationWindowSeconds).toBe(0)
  })

  test('grows consumers by what they are behind: 1 to 20, a thousand events each', () => {
    const scaled = Object.values(named(objects, 'ScaledObject'))
    expect(scaled.length).toBeGreaterThanOrEqual(4)
    for (const { spec } of scaled) {
      expect([spec.minReplicaCount, spec.maxReplicaCount]).toEqual([1, 20])
      expect(spec.triggers[0].metadata.threshold).toBe('1000')
    }
  })

  test('lets only those talk to the outside who have somebody to talk to there', () => {
    const outside = Object.values(named(objects, 'NetworkPolicy'))
      .filter(({ spec }) => JSON.stringify(spec.egress ?? []).includes('0.0.0.0/0'))
      .map(({ metadata }) => metadata.name)
      .sort()
    expect(outside).toEqual([
      'souk-house-worker',
      'souk-media',
      'souk-notifications',
      'souk-notifications-worker',
      'souk-payments',
      'souk-payments-worker',
    ])
  })

  test('has a network policy, a budget for disruptions and a monitor for every service', () => {
    const names = Object.keys(named(objects, 'Deployment'))
    for (const kind of ['NetworkPolicy', 'ServiceMonitor', 'ServiceAccount', 'Service'])
      expect(Object.keys(named(objects, kind)), kind).toEqual(expect.arrayContaining(names))
    const budgets = named(objects, 'PodDisruptionBudget')
    for (const name of names.filter((name) => !name.endsWith('-worker'))) expect(budgets[name], name).toBeDefined()
  })

  test('takes secrets from the cluster’s store and writes none itself', () => {
    expect(named(objects, 'Secret')).toEqual({})
    const keys = named(objects, 'ExternalSecret').souk?.spec.data.map(
      ({ secretKey }: { secretKey: string }) => secretKey,
    )
    expect(keys).toEqual(expect.arrayContaining(['DATABASE_URL', 'SOUK_SECRET']))
    const known = knownSettings()
    expect((keys ?? []).filter((name: string) => !known.has(name))).toEqual([])
  })

  test('forces TLS, and lets pictures of 50 MB through', () => {
    const ingress = named(objects, 'Ingress').souk
    expect(ingress?.spec.tls[0].hosts).toEqual(['api.souk.example', 'www.souk.example', 'admin.souk.example'])
    expect(ingress?.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true',
      'nginx.ingress.kubernetes.io/proxy-body-size': '50m',
    })
  })

  test('alerts by the rules the runbook explains', () => {
    const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
    expect(file('../../deploy/helm/souk/files/alerts.yml')).toBe(file('../../deploy/alerts/souk.yml'))
    expect(named(objects, 'PrometheusRule').souk?.spec.groups.length).toBeGreaterThan(0)
  })

  test('is refused without a build, and with “latest”', () => {
    expect(() => render(helm as string, 'production', '--set', 'image.tag=')).toThrow('Say which build')
    expect(() => render(helm as string, 'production', '--set', 'image.tag=latest')).toThrow('must be a build')
  })
})

describe('the schemas', () => {
  test('find a misspelt field, a wrong type and a missing one', () => {
    const good = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'x' },
      spec: { maxUnavailable: 1, selector: { matchLabels: { a: 'b' } } },
    }
    const asked = (object: object) => check(object as Rendered)
    expect(asked(good)).toEqual([])
    expect(asked({ ...good, spec: { ...good.spec, maxUnavailble: 1 } })[0]).toContain('maxUnavailble')
    expect(asked({ ...good, spec: { selector: { matchLabels: { a: 1 } } } })[0]).toContain('must be string')
    expect(asked({ ...good, apiVersion: 'apps/v1', kind: 'Deployment', spec: {} }).join()).toContain('selector')
  })
})
