// Makes tests/deploy/schemas/kubernetes.json: what Kubernetes and the operators we speak to accept, of the kinds our
// chart uses, from their own published definitions. Run it again when the versions below change; needs Go for its module
// proxy, which is where these projects publish their sources in one fetchable form.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const kubernetes = 'k8s.io/kubernetes@v1.35.0'
const kinds = {
  v1: ['ConfigMap', 'Namespace', 'Secret', 'Service', 'ServiceAccount'],
  'apps/v1': ['Deployment', 'StatefulSet'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'batch/v1': ['CronJob', 'Job'],
  'networking.k8s.io/v1': ['Ingress', 'NetworkPolicy'],
  'policy/v1': ['PodDisruptionBudget'],
}
const operators = [
  ['github.com/kedacore/keda/v2@v2.21.0', 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
  ['github.com/external-secrets/external-secrets@v1.3.2', 'config/crds/bases/external-secrets.io_externalsecrets.yaml'],
]

const folderOf = (module) =>
  JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8', cwd: '/tmp' })).Dir

const definitions = {}
const roots = {}
const fileOf = (apiVersion) =>
  apiVersion === 'v1' ? 'api__v1_openapi.json' : `apis__${apiVersion.replace('/', '__')}_openapi.json`

for (const [apiVersion, names] of Object.entries(kinds)) {
  const file = join(folderOf(kubernetes), 'api/openapi-spec/v3', fileOf(apiVersion))
  const { schemas } = JSON.parse(readFileSync(file, 'utf8')).components
  for (const kind of names) {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    const [name] = Object.entries(schemas).find(([, schema]) =>
      schema['x-kubernetes-group-version-kind']?.some(
        (gvk) => gvk.kind === kind && gvk.version === version && gvk.group === group,
      ),
    )
    roots[`${apiVersion}/${kind}`] = name
    take(name, schemas)
  }
}
for (const [module, path] of operators) {
  const crd = parse(readFileSync(join(folderOf(module), path), 'utf8'))
  for (const { name: version, schema } of crd.spec.versions) {
    const { kind } = crd.spec.names
    const name = `${crd.spec.group}.${version}.${kind}`
    definitions[name] = closed(schema.openAPIV3Schema)
    definitions[name].properties.metadata = { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }
    roots[`${crd.spec.group}/${version}/${kind}`] = name
  }
}
const target = new URL('../tests/deploy/schemas/kubernetes.json', import.meta.url)
writeFileSync(
  target,
  `${JSON.stringify({ from: [kubernetes, ...operators.map(([module]) => module)], roots, definitions })}\n`,
)
process.stdout.write(`${Object.keys(definitions).length} definitions of ${Object.keys(roots).length} kinds\n`)

/** A definition and everything it refers to. */
function take(name, schemas) {
  if (name in definitions) return
  definitions[name] = closed(schemas[name])
  for (const [, next] of JSON.stringify(definitions[name]).matchAll(/#\/definitions\/([^"]+)/g)) take(next, schemas)
}

/** The server drops fields it does not know without a word; here a misspelt one has to be found, so objects are closed. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const out = {}
  for (const [key, value] of Object.entries(schema)) {
    if (['description', 'default', 'example', 'format'].includes(key) && typeof value !== 'object') continue
    // Go's way of saying "whatever the case", which is no regular expression here.
    if (key === 'pattern' && String(value).includes('(?i)')) continue
    if (key.startsWith('x-kubernetes') || key === 'default' || key === 'description') continue
    if (key === '$ref') out.$ref = value.replace('#/components/schemas/', '#/definitions/')
    else if (key === 'properties')
      out.properties = Object.fromEntries(Object.entries(value).map(([name, of]) => [name, closed(of)]))
    else if (key === 'allOf' && value.length === 1) Object.assign(out, closed(value[0]))
    else out[key] = closed(value)
  }
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] }
  if (
    out.properties !== undefined &&
    out.additionalProperties === undefined &&
    !schema['x-kubernetes-preserve-unknown-fields']
  )
    out.additionalProperties = false
  return out
}
