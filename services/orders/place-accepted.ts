import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { placeAccepted } from './place-later.ts'
import type { Placer } from './placer.ts'

/** Place accepted orders as they come; looks by itself every 250 ms for those another process accepted, or left behind. */
export function startPlacingAccepted(deps: {
  /** Asked for each round: after a move it is another. */
  db: () => Database
  placer: Placer
  clock: () => Date
  log: Logger
}) {
  let stopping = false
  let wake = () => {}
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  async function run(): Promise<void> {
    while (!stopping) {
      try {
        if ((await placeAccepted({ ...deps, db: deps.db() })) === 0) await pause(250)
      } catch (error) {
        deps.log.warn({ error }, 'accepted orders could not be placed; trying again')
        await pause(1_000)
      }
    }
  }
  const running = run()
  return {
    wake: () => wake(),
    stop: () => {
      stopping = true
      wake()
      return running
    },
  }
}
