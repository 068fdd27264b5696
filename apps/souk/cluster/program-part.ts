import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Part } from './part.ts'

export type ProgramOptions = {
  name: string
  does: string
  port: number
  log: string
  /** After `node`. */
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** Its answer says that it can work. */
  health: string
  /** Said to it by its channel, where it waits for something that is not to stand in its environment. */
  firstWords?: object
  /** Default: 90 s, for ten that start at once on two cores. */
  readyMs?: number
}

/** Longer than a program takes to finish what it has accepted. */
const stopMs = 30_000

/** A program of ours in a process of its own; it ends when we do, however that happens. */
export function programPart(options: ProgramOptions): Part {
  const { name, does, port, log, args, env, health, firstWords, readyMs = 90_000 } = options
  let child: ChildProcess | undefined
  let gone: Promise<void> = Promise.resolve()
  mkdirSync(dirname(log), { recursive: true })

  const isReady = async () => {
    try {
      const answer = await fetch(health, { signal: AbortSignal.timeout(3_000) })
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    if (ending === undefined) return
    ending.kill(signal)
    const late = setTimeout(() => ending.kill('SIGKILL'), stopMs)
    await gone
    clearTimeout(late)
  }

  return {
    name,
    does,
    port,
    log,
    pid: () => child?.pid,
    async start() {
      if (child !== undefined) return
      const output = openSync(log, 'a')
      const from = statSync(log).size
      const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, SOUK_PARENT_PID: String(process.pid), ...env },
        stdio: firstWords === undefined ? ['ignore', output, output] : ['ignore', output, output, 'ipc'],
        // A Ctrl-C in the terminal is for us alone: we end everybody in order.
        detached: process.platform !== 'win32',
      })
      closeSync(output)
      child = started
      gone = new Promise((resolve) => {
        const over = () => {
          if (child === started) child = undefined
          resolve()
        }
        started.once('exit', over)
        started.once('error', over)
      })
      if (firstWords !== undefined) started.send(firstWords, () => {})
      const giveUpAt = performance.now() + readyMs
      while (!(await isReady())) {
        const late = performance.now() > giveUpAt
        if (child !== started || late) {
          if (late) started.kill('SIGKILL')
          const said = readFileSync(log).subarray(from).toString('utf8').trimEnd().split('\n').slice(-15).join('\n')
          throw new Error(
            late
              ? `${name} did not answer within ${readyMs / 1_000} s; ${log} ends with:\n${said}`
              : `${name} ended while it was starting; ${log} ends with:\n${said}`,
          )
        }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}
