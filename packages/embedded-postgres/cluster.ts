import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Account, canReach } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, logTail } from './errors.ts'

/** What lies in the folder of one embedded server. */
export const filesIn = (folder: string) => ({
  data: join(folder, 'data'),
  log: join(folder, 'server.log'),
  password: join(folder, 'password'),
  port: join(folder, 'port'),
  owner: join(folder, 'owner.json'),
})
export type Files = ReturnType<typeof filesIn>

/** A small environment of its own: no PG* variables, no locale of whoever happens to start it. */
export const serverEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  // A batch of orders needs some 100 kB here and there, which glibc takes from the system and gives back each time, page by
  // page. Keeping up to 16 MB in a backend that once needed them: 61 → 57 µs an order in PostgreSQL. Others ignore it.
  MALLOC_MMAP_THRESHOLD_: '16777216',
  MALLOC_TRIM_THRESHOLD_: '16777216',
}

/**
 * How the server is told where its data is. Below a folder closed to its user (a clone in root's home) no path leads
 * there; but root can put the process into the folder before it becomes that user, and /proc/self/cwd needs no walk.
 */
export function dataArgument(data: string, account: Account | undefined): string {
  if (canReach(data, account)) return data
  if (process.platform === 'linux') return '/proc/self/cwd'
  throw new EmbeddedPostgresError(`The database's user (${account?.uid}) cannot reach the data folder.`, {
    where: data,
    todo: 'run Souk as an ordinary user, or move the project out of the closed folder',
  })
}

/** Make the folder and, the first time, a new database cluster with a password nobody chose. Safe to be killed at any point. */
export async function prepareCluster(
  files: Files,
  folder: string,
  options: { binaries: Binaries; account: Account | undefined; onProgress: (message: string) => void },
): Promise<{ password: string }> {
  const { binaries, account } = options
  if (existsSync(files.data)) {
    checkVersion(files.data, binaries.version)
    return { password: readPassword(files) }
  }
  options.onProgress('creating the database (once, about a second)')
  const password = randomBytes(24).toString('base64url')
  writeFileSync(files.password, password, { mode: 0o600 })
  chmodSync(files.password, 0o600)
  // Made under another name and moved into place, so that half a cluster is never taken for a whole one.
  // Each attempt has its own name: an initdb that outlived a killed Souk sweeps up after itself when it fails.
  for (const name of readdirSync(folder))
    if (name.startsWith('data.unfinished.')) rmSync(join(folder, name), { recursive: true, force: true })
  const unfinished = join(folder, `data.unfinished.${process.pid}`)
  mkdirSync(unfinished, { mode: 0o700 })
  if (account) for (const path of [files.password, unfinished]) chownSync(path, account.uid, account.gid)
  await initdb(files, unfinished, binaries, account)
  renameSync(unfinished, files.data)
  return { password }
}

async function initdb(files: Files, data: string, binaries: Binaries, account: Account | undefined): Promise<void> {
  const logFrom = statSync(files.log, { throwIfNoEntry: false })?.size ?? 0
  const log = openSync(files.log, 'a', 0o600)
  const password = openSync(files.password, 'r')
  const args = [
    '-D',
    dataArgument(data, account),
    '--username=postgres',
    '--auth=scram-sha-256',
    // By descriptor: the file may lie where the server's user cannot walk to.
    `--pwfile=${process.platform === 'win32' ? files.password : '/dev/fd/3'}`,
    // All named, because what is not comes from the environment (without LANG: SQL_ASCII).
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  try {
    const exit = await new Promise<string>((resolve) => {
      const child = spawn(binaries.initdb, args, {
        ...account,
        cwd: data,
        env: serverEnvironment,
        stdio: ['ignore', log, log, password],
      })
      child.on('error', (error) => resolve(error.message))
      child.on('exit', (code, signal) => resolve(code === 0 ? '' : `exit ${code ?? signal}`))
    })
    if (exit)
      throw new EmbeddedPostgresError(`The database could not be created (${exit}).`, {
        where: data,
        todo: adviceFor(logTail(files.log, logFrom), account),
        log: logTail(files.log, logFrom),
      })
  } finally {
    closeSync(log)
    closeSync(password)
  }
}

function adviceFor(log: string, account: Account | undefined): string {
  if (log.includes('could not look up effective user'))
    return 'give this user a name in /etc/passwd (PostgreSQL insists), run as root, or set DATABASE_URL to a server of yours'
  if (account)
    return `PostgreSQL refuses to run as root, so user ${account.uid} is to run it and must be allowed to; or run Souk as an ordinary user`
  return 'see whether the disk is full or the folder is write-protected; the next start tries again'
}

function checkVersion(data: string, wanted: string) {
  let found: string
  try {
    found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'The database folder cannot be read.',
      { where: data, todo: 'run Souk as the user who created it, or move the folder away to begin with an empty one' },
      cause,
    )
  }
  if (found !== wanted.split('.')[0])
    throw new EmbeddedPostgresError(`The data was written by PostgreSQL ${found}; the bundled server is ${wanted}.`, {
      where: data,
      todo: 'use the release of Souk that wrote it, or move the folder away to begin with an empty one',
    })
}

function readPassword(files: Files): string {
  try {
    return readFileSync(files.password, 'utf8').trim()
  } catch (cause) {
    throw new EmbeddedPostgresError(
      "The database's password file cannot be read.",
      {
        where: files.password,
        todo: 'run Souk as the user who created the folder, or move the folder away to begin anew',
      },
      cause,
    )
  }
}
