// Contracts: lint them, generate code and catalogue from them, refuse what would break those who rely on them.
//   npm run contracts             brings contracts/gen and docs/events.md up to date
//   npm run contracts -- --check  changes nothing and fails where they are not (CI)
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const contracts = join(root, 'contracts')
const bin = join(root, 'node_modules', '.bin')
const check = process.argv.includes('--check')
const scratch = mkdtempSync(join(tmpdir(), 'souk-contracts-'))
const faults = []

/** Output of buf; undefined, with its complaint among the faults, when it refuses. */
function buf(what, args, cwd = contracts) {
  const ran = spawnSync(join(bin, process.platform === 'win32' ? 'buf.cmd' : 'buf'), args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
    // Its plugin lies beside it; its cache must not depend on a home folder.
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, BUF_CACHE_DIR: join(scratch, 'cache') },
  })
  if (ran.error) throw ran.error
  if (ran.status === 0) return ran.stdout
  faults.push(`${what}:\n${(ran.stdout + ran.stderr).trim().replaceAll(/^/gm, '  ')}`)
  return undefined
}

function git(...args) {
  const ran = spawnSync('git', args, { cwd: root, encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 })
  return ran.status === 0 ? ran.stdout : undefined
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

/** Ours, and what every gRPC server is expected to serve besides (health, reflection). */
function generate(home = contracts) {
  const fresh = join(scratch, `fresh-${relative(root, home).replaceAll(/\W/g, '-')}`)
  mkdirSync(fresh)
  if (buf('The contracts cannot be compiled', ['generate', '--output', fresh], home) === undefined) return
  // Everything in one file, for clients that are not told by the server: grpcurl -protoset contracts/gen/descriptor.binpb.
  const descriptor = join(fresh, 'gen', 'descriptor.binpb')
  const packed = ['build', '--as-file-descriptor-set', '--exclude-source-info', '--output', descriptor]
  if (home === contracts && buf('The contracts cannot be packed', packed) === undefined) return
  const current = join(home, 'gen')
  const [wanted, found] = [filesIn(join(fresh, 'gen')), filesIn(current)]
  const stale = wanted.filter(
    (file) =>
      !found.includes(file) || !readFileSync(join(fresh, 'gen', file)).equals(readFileSync(join(current, file))),
  )
  const surplus = found.filter((file) => !wanted.includes(file))
  if (stale.length + surplus.length === 0) return
  if (check) {
    faults.push(
      `${relative(root, current)} is not what the contracts say: ${[...stale, ...surplus].join(', ')}. Run npm run contracts.`,
    )
    return
  }
  for (const file of surplus) rmSync(join(current, file))
  cpSync(join(fresh, 'gen'), current, { recursive: true })
  console.log(`${relative(root, current)}: ${stale.length} files written, ${surplus.length} removed`)
}

/** The commits whose contracts must stay readable: the one before what is here, and the main line. */
function baselines() {
  const idOf = (ref) => git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)?.toString().trim()
  const head = idOf('HEAD')
  if (head === undefined) return []
  const edited = git('status', '--porcelain', '--', 'contracts/proto')?.length !== 0
  const before = edited ? head : idOf('HEAD~1')
  const main = idOf('origin/main') ?? idOf('main')
  return [...new Set([before, main])].filter((id) => id !== undefined && (edited || id !== head))
}

function breaking() {
  if (git('rev-parse', '--git-dir') === undefined)
    return console.log('contracts: not compared with earlier ones, this is no git clone')
  for (const commit of baselines()) {
    const archive = git('archive', '--format=tar', commit, 'contracts/proto', 'contracts/buf.yaml')
    if (archive === undefined) continue // it had no contracts yet
    const file = join(scratch, `${commit}.tar`)
    writeFileSync(file, archive)
    buf(`The contracts break those of ${commit.slice(0, 10)} (retire fields by reserving them, or add a new message)`, [
      'breaking',
      '--against',
      `${file}#subdir=contracts`,
    ])
  }
}

/** Consumers are known only to a running service; their declarations are read from its source instead. */
function listeners() {
  const declaration = /\bname:\s*'([a-z_]+\.[a-z_-]+)',(?:(?!\bname:)[\s\S])*?\bevents:\s*\[([^\]]*)\]/g
  const services = join(root, 'services')
  return readdirSync(services)
    .flatMap((service) => filesIn(join(services, service)).map((file) => join(services, service, file)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('node_modules'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(declaration)])
    .map(([, consumer, events]) => ({
      consumer,
      events: events
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    }))
    .sort((a, b) => (a.consumer < b.consumer ? -1 : 1))
}

async function describe() {
  const image = buf('The contracts cannot be read', ['build', '--output', '-#format=json'])
  if (image === undefined) return
  const { catalogue } = await import('../contracts/catalogue.ts')
  const { allEvents: _, ...exported } = await import('../contracts/events.ts')
  const text = catalogue(JSON.parse(image), exported, listeners())
  const page = join(root, 'docs', 'events.md')
  let current = ''
  try {
    current = readFileSync(page, 'utf8')
  } catch {}
  if (current === text) return
  if (check) return void faults.push('docs/events.md is not what the contracts say. Run npm run contracts.')
  mkdirSync(join(root, 'docs'), { recursive: true })
  writeFileSync(page, text)
  console.log('docs/events.md written')
}

/** Every schema events were ever written in has an id that stays; a new one is added, none is removed. */
async function register() {
  const { knownSchemas, schemaIds } = await import('../contracts/schemas.ts')
  const missing = schemaIds().filter((id) => !knownSchemas.includes(id))
  if (missing.length === 0) return
  if (check) return void faults.push(`contracts/schemas.json lacks ${missing.join(', ')}. Run npm run contracts.`)
  const all = [...knownSchemas, ...missing]
  writeFileSync(join(contracts, 'schemas.json'), `${JSON.stringify(all, null, 2)}\n`)
  console.log(`contracts/schemas.json: ${missing.length} schemas registered`)
}

try {
  buf('The contracts do not keep to the rules', ['lint'])
  generate()
  generate(join(root, 'packages', 'rpc'))
  breaking()
  if (faults.length === 0) await describe()
  if (faults.length === 0) await register()
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
for (const fault of faults) console.error(fault)
if (faults.length === 0) console.log(check ? 'contracts: in order' : 'contracts: in order and up to date')
process.exitCode = faults.length === 0 ? 0 : 1
