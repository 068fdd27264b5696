import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A server started by us: ended in order, killed as a crash would, or started again on the same data. */
export type Supervised = {
  /** Of the running process; another one after a restart. Undefined while it does not run. */
  readonly pid: number | undefined
  readonly log: string
  /** Start it again after `stop`, `kill`, or its own death. Resolves when it answers. */
  start(): Promise<void>
  /** Ask it to end and wait; after `stopMs` it is killed. */
  stop(): Promise<void>
  /** SIGKILL, as a crash: nothing is flushed or said goodbye to. */
  kill(): Promise<void>
  /** Freeze (SIGSTOP) and go on (SIGCONT). */
  pause(): void
  resume(): void
}

export type Command = {
  name: string
  path: string
  args: readonly string[]
  /** Where its output goes. */
  log: string
  uid?: number
  gid?: number
  /** Where it runs: a folder below one that is closed to its user is entered before it becomes that user. */
  cwd?: string
  /** Whether it answers now; `said` is what it has printed since this start. */
  isReady(said: string): boolean | Promise<boolean>
  /** Default 30 s: a JVM on a machine that is busy with other things. */
  readyMs?: number
  /** Default 15 s. */
  stopMs?: number
}

const running = new Set<ChildProcess>()
let watching = false

/** A server must not outlive the process that started it: it ends with it, also where that is killed (Linux). */
function alive(child: ChildProcess): void {
  running.add(child)
  child.once('exit', () => running.delete(child))
  if (watching) return
  watching = true
  process.on('exit', () => {
    for (const each of running) each.kill('SIGKILL')
  })
}

const deathGuard = '/usr/bin/setpriv'

/** @throws Error with the end of its log when it ends or does not answer in time. */
export async function supervise(command: Command): Promise<Supervised> {
  const { name, log, readyMs = 30_000, stopMs = 15_000 } = command
  mkdirSync(dirname(log), { recursive: true })
  let child: ChildProcess | undefined
  let gone: Promise<void> = Promise.resolve()

  async function start(): Promise<void> {
    if (child !== undefined) return
    const output = openSync(log, 'a')
    const from = statSync(log).size
    const guarded = process.platform === 'linux' && existsSync(deathGuard)
    const [path, args] = guarded
      ? [deathGuard, ['--pdeathsig', 'KILL', '--', command.path, ...command.args]]
      : [command.path, [...command.args]]
    const { uid, gid, cwd } = command
    const started = spawn(path as string, args as string[], {
      stdio: ['ignore', output, output],
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
      ...(cwd !== undefined && { cwd }),
    })
    closeSync(output)
    child = started
    alive(started)
    gone = new Promise((resolve) => {
      started.once('exit', () => {
        child = undefined
        resolve()
      })
      started.once('error', () => {
        child = undefined
        resolve()
      })
    })
    const said = () => readFileSync(log).subarray(from).toString('utf8')
    const deadline = performance.now() + readyMs
    while (!(await command.isReady(said()))) {
      if (child === undefined)
        throw new Error(`${name} ended while it was starting; ${log} ends with:\n${tailOf(said())}`)
      if (performance.now() > deadline) {
        started.kill('SIGKILL')
        throw new Error(`${name} did not answer within ${readyMs / 1000} s; ${log} ends with:\n${tailOf(said())}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined) return
    const ending = child
    ending.kill(signal)
    const timer = setTimeout(() => ending.kill('SIGKILL'), stopMs)
    await gone
    clearTimeout(timer)
  }

  await start()
  return {
    get pid() {
      return child?.pid
    },
    log,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

const tailOf = (text: string) => text.trimEnd().split('\n').slice(-15).join('\n')
