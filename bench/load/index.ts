import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FromChild, ToChild } from './child.ts'
import type { LiveStats, LoadPlan, LoadResult } from './types.ts'

export { keySource, seededRandom } from './random.ts'
export { readHistory } from './history.ts'
export type { HistoryEntry, LatencySummary, LiveStats, LoadPlan, LoadResult, Outcome, Target } from './types.ts'

/**
 * Runs the plan in a process of its own, so that the caller's event loop and the generator's never wait for each other.
 *
 * @param onTick called about every 500 ms.
 * @param signal ends the run early: nothing new is sent, answers under way get 2 s, the result says `interrupted`.
 * @param enough ends sending as the plan's own end would: who was asked is asked until there is an answer.
 * @throws RangeError-like Error when the plan cannot be run, Error when the generator's process dies.
 */
export function runLoad(
  plan: LoadPlan,
  onTick: (live: LiveStats) => void = () => {},
  signal?: AbortSignal,
  enough?: AbortSignal,
): Promise<LoadResult> {
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), {
    serialization: 'advanced',
    // Flags of the caller (an inspector, a test runner's hooks) are not for the generator.
    execArgv: [],
  })
  const tell = (message: ToChild) => {
    if (child.connected) child.send(message)
  }
  const stop = () => tell({ kind: 'stop' })
  const end = () => tell({ kind: 'enough' })

  return new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message: FromChild) => {
      if (message.kind === 'tick') onTick(message.live)
      else if (message.kind === 'done') resolve(message.result)
      else if (message.kind === 'failed') reject(new Error(message.message))
      else {
        tell({ kind: 'run', plan })
        if (signal?.aborted) stop()
        else signal?.addEventListener('abort', stop, { once: true })
        if (enough?.aborted) end()
        else enough?.addEventListener('abort', end, { once: true })
      }
    })
    child.on('error', reject)
    child.on('exit', (code, killedBy) => reject(new Error(`the load generator ended early (${killedBy ?? code})`)))
  }).finally(() => {
    signal?.removeEventListener('abort', stop)
    enough?.removeEventListener('abort', end)
    if (child.connected) child.disconnect()
  })
}
