import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { placeAccepted } from './place-later.ts'
import type { Placer } from './placer.ts'

/** Between looks for what another process accepted or left behind: the longer, the longer there was nothing. */
const looksMs = [250, 500, 1_000] as const

/** Place accepted orders as they come; looks by itself, once a second at least, for those of other processes. */
export function startPlacingAccepted(deps: {
  /** Asked for each round: after a move it is another. */
  db: () => Database
  placer: Placer
  clock: () => Date
  log: Logger
}) {
  let stopping = false
  let isDue = false
  let resume: (() => void) | undefined
  const wake = () => {
    isDue = true
    resume?.()
  }
  /** Ends early when there is something, also if that came just before. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, isDue ? 0 : ms)
      resume = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  async function run(): Promise<void> {
    for (let quiet = 0; !stopping; )
      try {
        isDue = false
        quiet = (await placeAccepted({ ...deps, db: deps.db() })) === 0 ? quiet + 1 : 0
        if (quiet > 0) await pause(looksMs[quiet - 1] ?? 1_000)
      } catch (error) {
        deps.log.warn({ error }, 'accepted orders could not be placed; trying again')
        await pause(1_000)
      }
  }
  const running = run()
  return {
    wake,
    stop: () => {
      stopping = true
      wake()
      return running
    },
  }
}
