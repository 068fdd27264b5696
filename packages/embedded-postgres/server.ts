import { execFileSync, spawn } from 'node:child_process'
import { closeSync, fchownSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { dataArgument, type Files, serverEnvironment } from './cluster.ts'
import { EmbeddedPostgresError, logTail } from './errors.ts'
import { childrenOf, isAlive, isPostmasterOf, signal, waitFor } from './processes.ts'

/** Recovery after a crash replays at most max_wal_size; a slow disk needs its time for that. */
const startTimeoutMs = 120_000
/** After a crash the old server's last processes, or the dead one itself if nobody reaped it, may linger. */
const lingerTimeoutMs = 10_000
const maximumLogBytes = 10_000_000

export type Exit = { code: number | null; signal: NodeJS.Signals | null }
export type Launch = {
  files: Files
  binaries: Binaries
  account: Account | undefined
  settings: Record<string, string>
}

/** What postmaster.pid says: who is the server of this folder, on which port, and whether it takes connections. */
export function readPidFile(data: string): { pid: number; port: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : undefined
  } catch {
    return undefined
  }
}

export const serverArguments = (data: string, account: Account | undefined, settings: Record<string, string>) => [
  '-D',
  dataArgument(data, account),
  ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
]

/** Whether the running server of this folder was started with exactly these arguments (the program's path apart). */
export function runsWith(data: string, args: string[]): boolean {
  try {
    const said = readFileSync(join(data, 'postmaster.opts'), 'utf8').trim()
    return said.endsWith(args.map((arg) => `"${arg}"`).join(' '))
  } catch {
    return false
  }
}

/** Start the server and wait until it takes connections. @throws EmbeddedPostgresError with the end of its log. */
export async function launch(options: Launch, onExit: (pid: number, exit: Exit) => void): Promise<number> {
  const deadline = Date.now() + lingerTimeoutMs
  while (true) {
    removeDeadPidFile(options.files.data)
    const attempt = await launchOnce(options, onExit)
    if ('pid' in attempt) return attempt.pid
    const lingering = /lock file "postmaster.pid" already exists|pre-existing shared memory block/.test(attempt.log)
    if (!lingering || Date.now() > deadline)
      throw new EmbeddedPostgresError(`PostgreSQL did not start (${attempt.why}).`, {
        where: options.files.data,
        todo: adviceFor(attempt.log),
        log: attempt.log,
      })
    await sleep(200)
  }
}

type Attempt = { pid: number } | { why: string; log: string }

async function launchOnce({ files, binaries, account, settings }: Launch, onExit: (pid: number, exit: Exit) => void) {
  const logFrom = keepLogShort(files.log)
  const log = openSync(files.log, 'a', 0o600)
  if (account) fchownSync(log, account.uid, account.gid) // root may start it today, its owner tomorrow
  // Detached: its own session, so a Ctrl-C in the terminal reaches Souk alone, which still has orders to finish.
  // The log is a file, not a pipe: the server outlives us if we are killed.
  const child = spawn(binaries.postgres, serverArguments(files.data, account, settings), {
    ...account,
    cwd: files.data,
    env: serverEnvironment,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  let ended: string | undefined
  child.on('error', (error) => {
    ended = error.message
  })
  child.on('exit', (code, signalName) => {
    ended = `exit ${code ?? signalName}`
  })
  const { pid } = child
  const ready = () => readPidFile(files.data)?.pid === pid && (readPidFile(files.data)?.ready ?? false)
  const answered = await waitFor(() => ended !== undefined || ready(), startTimeoutMs)
  if (!answered && pid !== undefined) signal(pid, 'SIGQUIT')
  if (!answered || ended !== undefined || pid === undefined)
    return { why: ended ?? `not ready after ${startTimeoutMs / 1000} s`, log: logTail(files.log, logFrom) } as Attempt
  child.on('exit', (code, signalName) => onExit(pid, { code, signal: signalName }))
  child.unref() // who started us decides when to end, not the server
  return { pid } as Attempt
}

/** End the server and wait. `fast` lets transactions in flight roll back; `immediate` ends as a crash would. */
export async function shutDown(pid: number, { files, binaries, account }: Launch, mode: 'fast' | 'immediate') {
  if (process.platform === 'win32') {
    execFileSync(binaries.pgCtl, ['stop', '-D', files.data, '-m', mode, '-w'], { ...account, stdio: 'ignore' })
    return
  }
  const dead = () => !isAlive(pid)
  signal(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  // A fast shutdown writes a checkpoint: up to max_wal_size of changed pages on a slow disk.
  if (await waitFor(dead, mode === 'fast' ? 60_000 : 10_000)) return
  signal(pid, 'SIGQUIT')
  if (await waitFor(dead, 10_000)) return
  await killAll(pid)
}

/** SIGKILL to the whole family at once, as a power cut would; stopped first, so none is born meanwhile. */
export async function killAll(pid: number): Promise<void> {
  if (process.platform === 'win32') {
    execFileSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore' })
    return
  }
  if (!isAlive(pid)) return
  signal(pid, 'SIGSTOP')
  for (const member of [...childrenOf(pid), pid]) signal(member, 'SIGKILL')
  await waitFor(() => !isAlive(pid), 10_000)
}

/** PostgreSQL respects a pid file for as long as *some* process has that number; we know whether it is a server. */
function removeDeadPidFile(data: string) {
  const found = readPidFile(data)
  if (found && !isPostmasterOf(found.pid, data)) rmSync(join(data, 'postmaster.pid'), { force: true })
}

function keepLogShort(log: string): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0
  if (size < maximumLogBytes) return size
  renameSync(log, `${log}.1`)
  return 0
}

function adviceFor(log: string): string {
  if (/Address already in use|could not create any TCP\/IP sockets/.test(log)) return 'name another port, or none'
  if (/No space left on device/.test(log)) return 'make room on the disk, then start again: nothing accepted is lost'
  if (/already exists|pre-existing shared memory/.test(log)) return 'another server still runs on this data: stop it'
  if (/Cannot allocate memory|could not map anonymous shared memory/.test(log))
    return 'free some memory, or pass a smaller shared_buffers'
  if (/Permission denied|EACCES|EPERM/.test(log)) return 'run Souk as the user who owns the folder'
  return 'the whole log lies beside the data, in server.log'
}
