import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './debian.mjs'
import { alone, cacheFolder, commandPath, EngineMissing } from './missing.mjs'

/** The version built where the system has none, or none since 1.21, which carries statements prepared by name. */
const version = '1.24.1'
const sha256 = 'da72a3aba13072876d055a3e58dd4aba4a5de4ed6148e73033185245598fd3e0'
const sources = [
  `https://www.pgbouncer.org/downloads/files/${version}/pgbouncer-${version}.tar.gz`,
  `http://deb.debian.org/debian/pool/main/p/pgbouncer/pgbouncer_${version}.orig.tar.gz`,
]
const needed = ['gcc', 'make', 'pkg-config', 'libevent-dev', 'libssl-dev']
const howTo = `Install PgBouncer 1.21 or newer (brew install pgbouncer; Debian 13: apt-get install pgbouncer) so that it is on the PATH, or ${needed.join(', ')} to build it with.`

/** PgBouncer: the one on the PATH if it is new enough, or built from its source. `{ path, version }` */
export const pgbouncer = {
  name: 'pgbouncer',
  locate() {
    const own = join(cacheFolder(), `pgbouncer-${version}`, 'pgbouncer')
    if (existsSync(own)) return { path: own, version }
    const path = commandPath('pgbouncer')
    const found = path && /PgBouncer (\d+)\.(\d+)\S*/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout)
    if (!found || Number(found[1]) * 1_000 + Number(found[2]) < 1_021) return undefined
    return { path, version: found[0].slice('PgBouncer '.length) }
  },
  obtain: async ({ onProgress = () => {} } = {}) =>
    pgbouncer.locate() ?? (await alone(() => pgbouncer.locate() ?? made(onProgress))),
}

async function made(onProgress) {
  const scratch = mkdtempSync(join(tmpdir(), 'souk-pgbouncer-'))
  try {
    const failed = haveTools(onProgress)
    if (failed !== undefined) throw new EngineMissing('pgbouncer', failed, howTo)
    onProgress(`fetching the source of PgBouncer ${version} (0.7 MB, once)`)
    writeFileSync(join(scratch, 'source.tar.gz'), await fetched())
    onProgress(`building PgBouncer ${version} (half a minute, once)`)
    build(scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return pgbouncer.locate()
}

const hasTools = () =>
  ['gcc', 'make', 'pkg-config', 'tar'].every((name) => commandPath(name) !== undefined) &&
  spawnSync('pkg-config', ['--exists', 'libevent', 'openssl']).status === 0

/** Why it cannot be built here; undefined where it can. */
function haveTools(onProgress) {
  if (hasTools()) return undefined
  if (process.getuid?.() !== 0 || commandPath('apt-get') === undefined)
    return 'there is none since 1.21, and what it is built with is not all here'
  onProgress(`installing the Debian packages ${needed.join(', ')}`)
  const failed = install(needed) && install(needed, true)
  return hasTools() ? undefined : `apt-get install ${needed.join(' ')} failed: ${failed}`
}

async function fetched() {
  const said = []
  for (const source of sources)
    try {
      const answer = await fetch(source, { signal: AbortSignal.timeout(60_000) })
      const bytes = new Uint8Array(await answer.arrayBuffer())
      if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
      said.push(`${source} answered ${answer.status} with something else`)
    } catch (error) {
      said.push(`${source}: ${error.cause?.message ?? error.message}`)
    }
  throw new EngineMissing('pgbouncer', `its source cannot be fetched (${said.join('; ')})`, howTo)
}

function build(scratch) {
  const folder = join(scratch, `pgbouncer-${version}`)
  const run = (command, args, cwd) => {
    const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000 })
    if (status === 0) return
    const why = (stderr || error?.message || 'no reason given').trim().slice(-300)
    throw new EngineMissing('pgbouncer', `${command} failed (${why})`, howTo)
  }
  run('tar', ['xzf', 'source.tar.gz'], scratch)
  // Names of hosts are looked up by libevent; what else it could be built with nothing here asks for.
  run('./configure', ['--without-cares', '--without-pam', '--without-systemd', '--without-ldap'], folder)
  run('make', [`-j${availableParallelism()}`, 'pgbouncer'], folder)
  // Copied beside and moved: whoever looks in the meantime finds nothing or all of it.
  const target = join(cacheFolder(), `pgbouncer-${version}`)
  mkdirSync(target, { recursive: true })
  const beside = join(target, `pgbouncer.${process.pid}`)
  run('cp', [join(folder, 'pgbouncer'), beside], folder)
  renameSync(beside, join(target, 'pgbouncer'))
}
