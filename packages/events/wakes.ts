import type { Watch } from './log.ts'

export type Wakes = {
  /** All of a source, or one lane of it. */
  watch(source: string, lane?: string): Watch
  /** Everybody who waits for the source; with a lane, those who wait for it or for all. */
  wake(source: string, lane?: string): void
}

/** Who waits for which source, within this process. */
export function createWakes(): Wakes {
  const watches = new Map<string, Map<() => void, string | undefined>>()
  return {
    watch(source, lane) {
      let due = false
      let resume: (() => void) | undefined
      const wake = () => {
        due = true
        resume?.()
      }
      const ofSource = watches.get(source) ?? new Map<() => void, string | undefined>()
      watches.set(source, ofSource.set(wake, lane))
      return {
        async waitForMore(timeoutMs, signal) {
          if (!due && !signal?.aborted)
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, timeoutMs)
              resume = () => {
                clearTimeout(timer)
                resolve()
              }
              signal?.addEventListener('abort', resume, { once: true })
            })
          if (resume !== undefined) signal?.removeEventListener('abort', resume)
          resume = undefined
          const woken = due
          due = false
          return woken
        },
        close: () => ofSource.delete(wake),
      }
    },
    wake(source, lane) {
      for (const [wake, waitsFor] of watches.get(source) ?? [])
        if (lane === undefined || waitsFor === undefined || waitsFor === lane) wake()
    },
  }
}
