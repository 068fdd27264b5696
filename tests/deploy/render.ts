import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'
import { parseAllDocuments } from 'yaml'

export const chart = fileURLToPath(new URL('../../deploy/helm/souk', import.meta.url))
export const environments = ['development', 'staging', 'production'] as const
export type Environment = (typeof environments)[number]

/** What tests look at of what is inside, which differs by kind: the schemas have checked it by then. */
export type Spec = Record<string, unknown> & {
  template: {
    spec: {
      automountServiceAccountToken?: boolean
      securityContext?: object
      terminationGracePeriodSeconds?: number
      containers: [Container, ...Container[]]
      volumes?: { projected?: { sources: { secret: { items: { path: string }[] } }[] } }[]
    }
  }
  strategy: { rollingUpdate: { maxUnavailable: number } }
  ports: { port: number }[]
  rules: { http: { paths: { backend: { service: { name: string; port: { number: number } } } }[] } }[]
  tls: [{ hosts: string[] }]
  minReplicas: number
  maxReplicas: number
  metrics: object[]
  behavior: Record<'scaleUp' | 'scaleDown', { stabilizationWindowSeconds: number }>
  minReplicaCount: number
  maxReplicaCount: number
  triggers: [{ metadata: Record<string, string> }]
  egress?: object[]
  data: { secretKey: string }[]
  groups: object[]
}

type Container = {
  image: string
  args?: string[]
  env: { name: string; value?: string }[]
  envFrom?: object[]
  securityContext: object
  resources: object
  readinessProbe: { httpGet: { path: string } }
  livenessProbe: { httpGet: { path: string } }
}

export type Rendered = {
  apiVersion: string
  kind: string
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: Spec
  data?: Record<string, string>
}

const run = (helm: string, args: readonly string[]) =>
  execFileSync(helm, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] })

const valuesOf = (environment: Environment) => [
  '-f',
  `${chart}/values-${environment}.yaml`,
  '--set',
  'image.tag=abc1234',
]

export const lint = (helm: string, environment: Environment): string =>
  run(helm, ['lint', chart, '--strict', ...valuesOf(environment)])

/** All objects of a release, as Helm would send them. */
export const render = (helm: string, environment: Environment, ...more: readonly string[]): Rendered[] =>
  parseAllDocuments(run(helm, ['template', 'souk', chart, '-n', 'souk', ...valuesOf(environment), ...more]))
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null)

type Schemas = { roots: Record<string, string>; definitions: Record<string, object> }

/** What the API servers would say of an object: the published schemas, closed, so that a misspelt field is found. */
export function createCheck(): (object: Rendered) => string[] {
  const { roots, definitions } = JSON.parse(
    readFileSync(new URL('./schemas/kubernetes.json', import.meta.url), 'utf8'),
  ) as Schemas
  const ajv = new Ajv({ strict: false, allErrors: true, schemas: [{ $id: 'kubernetes', definitions }] })
  const compiled = new Map<string, ValidateFunction>()
  return (object) => {
    const kind = `${object.apiVersion}/${object.kind}`
    const root = roots[kind]
    if (root === undefined) return [`${kind} is no kind there is a schema for (scripts/kubernetes-schemas.mjs)`]
    const validate = compiled.get(root) ?? ajv.compile({ $ref: `kubernetes#/definitions/${root}` })
    compiled.set(root, validate)
    const valid: boolean = validate(object)
    if (valid) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${kind} ${object.metadata.name}${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }
}
