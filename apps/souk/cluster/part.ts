import { existsSync, readFileSync } from 'node:fs'
import { familyOf } from './families.ts'

/** A server or a program of the cluster, in our hands. */
export type Part = {
  readonly name: string
  /** What it does, in words. */
  readonly does: string
  readonly port: number
  /** Where its output goes. */
  readonly log: string
  /** Undefined while it does not run. */
  pid(): number | undefined
  /** Resolves when it answers. @throws with the end of its log when it does not. */
  start(): Promise<void>
  /** Let it finish what it has begun. */
  stop(): Promise<void>
  /** As a crash would. */
  kill(): Promise<void>
}

export type State = 'waiting' | 'starting' | 'up' | 'down' | 'stopping' | 'stopped'

/** A part that is looked after: whoever dies is started again. */
export type Kept = Part & {
  readonly state: State
  /** How often it was started again after it had died. */
  readonly restarts: number
  /** As a crash would; it comes back by itself. Resolves when it is dead. */
  kill(): Promise<void>
  /** Stop it in order and start it again. */
  restart(): Promise<void>
  /** Stop it until `start`: nobody revives it meanwhile. `hard`: as a crash would. */
  takeAway(hard?: boolean): Promise<void>
  /** Freeze (SIGSTOP) and go on (SIGCONT), with every process of it: what answers is often a child. */
  pause(): void
  resume(): void
  /** Resolves when it is up. @throws after `patienceMs`. */
  isUp(patienceMs?: number): Promise<void>
}

const lookEveryMs = 200
/** Who lives this long has recovered: the next death begins with the shortest wait again. */
const healthyAfterMs = 20_000

/** Look after a part from now on; `close` before it is to end for good. */
export function keep(part: Part, onChange: (text: string) => void = () => {}): Kept & { close(): void } {
  let state: State = 'waiting'
  let restarts = 0
  let inARow = 0
  let upSince = 0
  let closed = false
  let again: NodeJS.Timeout | undefined

  async function start(): Promise<void> {
    clearTimeout(again)
    state = 'starting'
    try {
      await part.start()
    } catch (error) {
      state = 'down'
      throw error
    }
    state = 'up'
    upSince = Date.now()
  }

  function revive(): void {
    if (Date.now() - upSince > healthyAfterMs) inARow = 0
    const inMs = Math.min(30_000, 100 * 2 ** inARow)
    inARow += 1
    restarts += 1
    state = 'down'
    onChange(`${part.name} ended; it is started again in ${inMs / 1_000} s`)
    again = setTimeout(() => {
      if (closed || state !== 'down') return
      start().then(
        () => onChange(`${part.name} is up again`),
        (error: Error) => {
          if (closed || state !== 'down') return
          onChange(`${part.name} did not come back: ${error.message.split('\n')[0]}`)
          revive()
        },
      )
    }, inMs)
  }

  const watch = setInterval(() => {
    if (state === 'up' && part.pid() === undefined) revive()
  }, lookEveryMs)

  const signal = (name: NodeJS.Signals) => {
    const pid = part.pid()
    if (pid === undefined) return
    for (const each of familyOf(pid))
      try {
        process.kill(each, name)
      } catch (error) {
        // A child may end between the look and the signal.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
  }

  const takeAway = async (hard = false) => {
    clearTimeout(again)
    state = 'stopping'
    await (hard ? part.kill() : part.stop())
    state = 'stopped'
  }
  return {
    ...part,
    get state() {
      return state
    },
    get restarts() {
      return restarts
    },
    start,
    stop: () => takeAway(),
    takeAway,
    async restart() {
      await takeAway()
      await start()
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async isUp(patienceMs = 60_000) {
      const giveUpAt = Date.now() + patienceMs
      while (state !== 'up' || part.pid() === undefined) {
        if (Date.now() > giveUpAt)
          throw new Error(`${part.name} is ${state} after ${patienceMs / 1_000} s; see ${part.log}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    close() {
      closed = true
      clearInterval(watch)
      clearTimeout(again)
    },
  }
}

/** The end of its log, under its name. */
export function lastWordsOf({ name, log, state, restarts }: Kept, lines = 15): string {
  const said = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines) : []
  // Lines of JSON with a stack in them are cut: what happened stands in front.
  return [`-- ${name}: ${state}, started again ${restarts} times`, ...said.map((line) => line.slice(0, 600))].join('\n')
}
