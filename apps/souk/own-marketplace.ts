import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import nodeFlags from './node-flags.json' with { type: 'json' }
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { claimTemporary } from '@souk/embedded-postgres'
import { choosePort } from './choose-port.ts'
import { Refusal } from './explain.ts'
import type { SignIn } from './running.ts'

export type OwnMarketplace = {
  readonly url: string
  readonly folder: string
  readonly operator: SignIn
  readonly pid: number
  /** Of the process beside it that reads events and runs jobs; undefined while there is none. */
  workerPid(): number | undefined
  /** End its process as a power cut would, and start it again on the same folder and port. */
  killAndRestart(): Promise<void>
  /** End its PostgreSQL as a crash would; the marketplace starts it again by itself. */
  crashDatabase(): Promise<void>
  /** Ends it and takes its folder away, unless it is to be kept. */
  stop(keep?: boolean): Promise<void>
}

export type OwnOptions = {
  /** Without a database it brings its own. */
  databaseUrl?: string
  /** On top of a bare environment: limits to raise. */
  settings?: Record<string, string>
  /** Puts something into its folder before it is opened for the first time. */
  prepare?: (folder: string) => Promise<void>
  onProgress?: (line: string) => void
}

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Folders of marketplaces like these begin so. */
export const ownFolders = join(tmpdir(), 'souk-rehearsal-')

// Of what is set here only what every program needs: neither our own settings, which are about the marketplace that runs
// here, nor a key for anybody outside. Nothing it does may reach a customer, a bank or a bucket.
const harmless =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TMP|TEMP|NODE_OPTIONS|LD_LIBRARY_PATH|SYSTEMROOT|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE)$/i

/** A marketplace in a process and a temporary folder of its own, with an operator only we know; empty unless it is prepared. */
export async function startOwnMarketplace(options: OwnOptions): Promise<OwnMarketplace> {
  // Under the temporary folder every user can reach: the server runs as another user when we are root.
  const folder = await mkdtemp(ownFolders)
  const giveBack = claimTemporary(folder)
  // Another address each time: a copy has the accounts of its original, which may be such a marketplace, too.
  const operator = {
    email: `operator-${randomBytes(6).toString('hex')}@rehearsal.example`,
    password: randomBytes(18).toString('base64url'),
  }
  const port = await choosePort('127.0.0.1', 20_000 + Math.floor(Math.random() * 20_000), false)
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => harmless.test(name)))
  const env = {
    ...clean,
    SOUK_DATA: folder,
    SOUK_PORT: String(port),
    SOUK_DEMO: 'off',
    SOUK_ADMIN: 'off',
    SOUK_STOREFRONT: 'off',
    SOUK_REHEARSAL: 'on',
    SOUK_OPERATOR_EMAIL: operator.email,
    SOUK_OPERATOR_PASSWORD: operator.password,
    SOUK_AUTH_PER_MINUTE: '1000',
    SOUK_PARENT_PID: String(process.pid),
    ...(options.databaseUrl !== undefined && { DATABASE_URL: options.databaseUrl }),
    ...options.settings,
  }
  let child: ChildProcess
  let url = ''
  const launch = async (onProgress: (line: string) => void = () => {}) => {
    const started = await launchOnce(env, onProgress)
    child = started.child
    url = started.url
  }
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  try {
    await options.prepare?.(folder)
    await launch(options.onProgress)
  } catch (error) {
    await remove()
    throw error
  }
  return {
    get url() {
      return url
    },
    get pid() {
      return child.pid as number
    },
    folder,
    operator,
    workerPid: () => childrenOf(child.pid as number)[0],
    async killAndRestart() {
      const gone = ended(child)
      child.kill('SIGKILL')
      await gone
      await launch()
    },
    async crashDatabase() {
      const [line = ''] = (await readFile(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')
      // SIGQUIT: an immediate shutdown, without a checkpoint; recovery at the next start.
      process.kill(Number(line), 'SIGQUIT')
    },
    async stop(keep = false) {
      const gone = ended(child)
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 30_000)
      await gone
      clearTimeout(hard)
      giveBack()
      if (!keep) await remove()
    },
  }
}

/** Of a marketplace without a database and a test provider of its own the worker is the only one. */
function childrenOf(pid: number): number[] {
  try {
    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    return stdout.split('\n').flatMap((line) => {
      const [own, parent] = line.trim().split(/\s+/).map(Number)
      return parent === pid && own !== undefined ? [own] : []
    })
  } catch {
    return []
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()))

async function launchOnce(env: NodeJS.ProcessEnv, onProgress: (line: string) => void) {
  const child = spawn(process.execPath, [...nodeFlags, program, 'start', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C in the terminal is for us alone: the sale is ended first, then the marketplace.
    detached: process.platform !== 'win32',
  })
  const said: string[] = []
  let ready = false
  const hear = (line: string) => {
    said.push(line)
    if (said.length > 30) said.shift()
    if (!ready) onProgress(line)
  }
  createInterface({ input: child.stderr }).on('line', hear)
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const open = line.startsWith('{"url"') ? (JSON.parse(line) as { url: string }) : undefined
      if (open === undefined) return hear(line)
      ready = true
      resolve(open.url)
    })
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Refusal(`The marketplace for this run did not start (${signal ?? code}):\n${said.join('\n')}`)),
    )
  })
  return { child, url }
}
