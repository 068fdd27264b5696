import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Client } from 'pg'
import { chooseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { filesIn, prepareCluster } from './cluster.ts'
import { EmbeddedPostgresError, errorCode, logTail } from './errors.ts'
import { claimFolder } from './ownership.ts'
import { choosePort, rememberPort } from './ports.ts'
import { isAlive, isPostmasterOf, waitFor } from './processes.ts'
import { type Exit, killAll, type Launch, launch, readPidFile, runsWith, serverArguments, shutDown } from './server.ts'
import { isolationSettings, serverSettings } from './settings.ts'

export type EmbeddedPostgresOptions = {
  /** Holds the data, the log, the password and the claim of the process using it; made when missing. */
  folder: string
  /** Default: the port of last time if it is free, else a free one. */
  port?: number
  /** More settings, or other values than `serverSettings` has. */
  settings?: Record<string, string>
  onProgress?: (message: string) => void
}

/** A death nobody ordered. `code` and `signal` are null when the server was adopted, not started, by this process. */
export type ServerExit = Exit & { pid: number; log: string }

export type EmbeddedPostgres = {
  /** Of the superuser, with the password in it: keep it out of logs. Stays the same across restarts. */
  readonly url: string
  /**
   * The same for processes of this machine and user: by the server's socket instead of TCP, which carries a batch of orders
   * with 4 µs less of processor time an order. Equal to `url` where there is no socket, or its path would be too long.
   */
  readonly localUrl: string
  readonly port: number
  /** Of the postmaster; another one after a restart. */
  readonly pid: number
  readonly folder: string
  /** Stop (if it still runs) and start again. `immediate` ends as a crash would: no checkpoint, recovery at the start. */
  restart(mode: 'fast' | 'immediate'): Promise<void>
  /** End the server, wait for it, and give the folder back. The owner must call it: nothing here listens to signals. */
  stop(): Promise<void>
  /** SIGKILL the server and every process of it at once. Counts as a death: listeners hear of it. */
  kill(): Promise<void>
  onExit(listener: (info: ServerExit) => void): void
}

/**
 * Start the PostgreSQL server whose data lives in `folder`, or adopt the one an earlier process left running there.
 * @throws EmbeddedPostgresError saying what, where and what to do; among others when a living process has the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.folder)
  const files = filesIn(folder)
  const onProgress = options.onProgress ?? (() => {})
  makeFolder(folder)
  const giveBack = claimFolder(folder, files.owner)
  try {
    const account = chooseAccount(files.data)
    const binaries = findBinaries(account, onProgress)
    const { password } = await prepareCluster(files, folder, { binaries, account, onProgress })
    const launchOn = (port: number): Launch => ({
      files,
      binaries,
      account,
      settings: { ...serverSettings, ...options.settings, ...isolationSettings(port) },
    })
    return await supervise({ folder, password, launchOn, asked: options.port, onProgress, giveBack })
  } catch (error) {
    giveBack()
    throw error
  }
}

type Supervised = {
  folder: string
  password: string
  launchOn: (port: number) => Launch
  asked: number | undefined
  onProgress: (message: string) => void
  giveBack: () => void
}

async function supervise({ folder, password, launchOn, asked, onProgress, giveBack }: Supervised) {
  const listeners: ((info: ServerExit) => void)[] = []
  const ending = new Set<number>()
  let stopped = false
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }
  const died = (pid: number, exit: Exit) => {
    if (ending.has(pid)) return
    for (const listener of listeners) listener({ ...exit, pid, log: logTail(filesIn(folder).log) })
  }

  const server =
    (await adopt(folder, password, launchOn, asked, onProgress, died)) ??
    (await startFresh(launchOn, asked, filesIn(folder).port, died))
  const options = launchOn(server.port)
  await checkPassword(server.port, password, options)
  rememberPort(server.port, options.files.port)

  const end = async (mode: 'fast' | 'immediate') => {
    if (!isAlive(server.pid)) return
    ending.add(server.pid)
    await shutDown(server.pid, options, mode)
  }
  const url = urlOf(server.port, password)
  return {
    url,
    localUrl: localUrlOf(url, server.port, options.files.data),
    port: server.port,
    folder,
    get pid() {
      return server.pid
    },
    restart: (mode) =>
      inTurn(async () => {
        if (stopped) throw new EmbeddedPostgresError('The database was stopped and given back.', { where: folder })
        await end(mode)
        server.pid = await launch(options, died)
      }),
    stop: () =>
      inTurn(async () => {
        if (stopped) return
        await end('fast')
        stopped = true
        giveBack()
      }),
    kill: () => inTurn(() => killAll(server.pid)),
    onExit: (listener) => {
      listeners.push(listener)
    },
  } satisfies EmbeddedPostgres
}

const urlOf = (port: number, password: string) => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`

/** sockaddr_un has 108 bytes for a path, the last of them a zero. */
const longestSocketPath = 107

const localUrlOf = (url: string, port: number, data: string): string =>
  process.platform === 'win32' || Buffer.byteLength(`${data}/.s.PGSQL.${port}`) > longestSocketPath
    ? url
    : `${url}?host=${encodeURIComponent(data)}`

async function startFresh(
  launchOn: (port: number) => Launch,
  asked: number | undefined,
  portFile: string,
  died: (pid: number, exit: Exit) => void,
): Promise<{ pid: number; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(asked, portFile)
    try {
      return { port, pid: await launch(launchOn(port), died) }
    } catch (error) {
      // Somebody took the port between our look and the server's: with none asked for, any other will do.
      const taken = error instanceof EmbeddedPostgresError && error.message.includes('Address already in use')
      if (!taken || asked !== undefined || attempt === 5) throw error
    }
  }
}

/** A server that outlived its Souk is used again if it is what we would start ourselves; otherwise it is ended. */
async function adopt(
  folder: string,
  password: string,
  launchOn: (port: number) => Launch,
  asked: number | undefined,
  onProgress: (message: string) => void,
  died: (pid: number, exit: Exit) => void,
): Promise<{ pid: number; port: number } | undefined> {
  const { data } = filesIn(folder)
  const orphan = readPidFile(data)
  if (!orphan || !isPostmasterOf(orphan.pid, data)) return undefined
  const { pid, port } = orphan
  const options = launchOn(port)
  await waitFor(() => readPidFile(data)?.ready === true || !isAlive(pid), 30_000)
  const suits =
    (asked === undefined || asked === port) && runsWith(data, serverArguments(data, options.account, options.settings))
  if (suits && isAlive(pid) && (await refusal(port, password)) === undefined) {
    onProgress(`using the database server left running by an earlier start (process ${pid})`)
    watch(pid, died)
    return { pid, port }
  }
  onProgress(`stopping the database server left running by an earlier start (process ${pid})`)
  await shutDown(pid, options, 'fast')
  return undefined
}

/** We are not its parent, so nobody tells us when it ends. */
function watch(pid: number, died: (pid: number, exit: Exit) => void) {
  const timer = setInterval(() => {
    if (isAlive(pid)) return
    clearInterval(timer)
    died(pid, { code: null, signal: null })
  }, 250)
  timer.unref()
}

async function checkPassword(port: number, password: string, options: Launch) {
  const error = await refusal(port, password)
  if (error === undefined) return
  const { pid } = readPidFile(options.files.data) ?? {}
  if (pid !== undefined) await shutDown(pid, options, 'fast')
  const wrong = errorCode(error) === '28P01'
  throw new EmbeddedPostgresError(
    wrong ? 'The database does not accept the password stored beside it.' : 'The database runs but does not answer.',
    {
      where: wrong ? options.files.password : `127.0.0.1:${port}`,
      todo: wrong
        ? 'restore that file, or move the folder away to begin with an empty one'
        : 'see server.log in the folder',
      log: logTail(options.files.log),
    },
    error,
  )
}

/** Ask the server something; the error if it does not answer as ours. */
async function refusal(port: number, password: string): Promise<unknown> {
  const client = new Client({ connectionString: urlOf(port, password), connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return undefined
  } catch (error) {
    return error
  } finally {
    await client.end().catch(() => {})
  }
}

function makeFolder(folder: string) {
  try {
    // Others may pass through (the server's user must), not look around; the data itself is closed to them.
    if (mkdirSync(folder, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(folder, 0o711)
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const todo = 'choose a folder you may write to'
    throw new EmbeddedPostgresError('The database folder cannot be made or written to.', { where: folder, todo }, cause)
  }
}
