import type { Logger } from '@souk/telemetry'

export type Pump = {
  wake(): void
  /** Finish the round under way, begin no other. */
  stop(): Promise<void>
}

/**
 * Rounds of work, one after the other, from a waking until there is nothing more to do. Asleep it costs nothing: in a
 * process that only serves requests, or only looks after others, nobody wakes it.
 * @param round resolves to whether another should follow at once
 */
export function createPump(log: Logger, round: () => Promise<boolean>): Pump {
  let stopping = false
  let woken = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (woken && !stopping) {
      woken = false
      try {
        if (await round()) woken = true
      } catch (error) {
        log.warn({ error }, 'work that waits could not be read; the next waking tries again')
      }
    }
    running = undefined
  }
  return {
    wake() {
      woken = true
      if (!stopping) running ??= run()
    },
    async stop() {
      stopping = true
      await running
    },
  }
}
