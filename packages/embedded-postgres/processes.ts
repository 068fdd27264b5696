import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode } from './errors.ts'

/** Fields of /proc/<pid>/stat after the command, which may itself hold spaces and brackets. */
function procStat(pid: number | string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Runs still. A zombie (dead, but its parent has not looked) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
  return process.platform !== 'linux' || procStat(pid)?.[0] !== 'Z'
}

/** Tells two processes apart that had the same id one after the other; undefined where it cannot be known. */
export function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return procStat(pid)?.[19]
  if (process.platform === 'win32') return undefined
  return ps('-o', 'lstart=', '-p', String(pid))?.trim()
}

export function childrenOf(pid: number): number[] {
  if (process.platform === 'linux')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && procStat(name)?.[1] === String(pid))
      .map(Number)
  const rows = (ps('-A', '-o', 'pid=,ppid=') ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return rows.flatMap(([child, parent]) => (child !== undefined && parent === pid ? [child] : []))
}

/** Whether `pid` is a postmaster at work in `dataFolder`, not a stranger that was given the same number. */
export function isPostmasterOf(pid: number, dataFolder: string): boolean {
  if (!isAlive(pid)) return false
  if (process.platform === 'linux')
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataFolder)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false // it ended while we looked
      return commandOf(pid) === 'postgres' // another user's, whose folder we may not see: take no risk
    }
  if (process.platform === 'win32') return true
  return ps('-o', 'command=', '-p', String(pid))?.includes('postgres') ?? false
}

/** Send a signal; resolves to false when the process is already gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
    throw error
  }
}

/** Wait until `done` says so; false when `timeoutMs` passed first. */
export async function waitFor(done: () => boolean, timeoutMs: number, everyMs = 10): Promise<boolean> {
  const end = Date.now() + timeoutMs
  while (!done()) {
    if (Date.now() > end) return false
    await sleep(everyMs)
  }
  return true
}

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return undefined
  }
}

function ps(...args: string[]): string | undefined {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}
