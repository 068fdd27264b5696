import type { Watch } from './log.ts'

/** Who waits for which source, within this process. */
export function createWakes(): { watch(source: string): Watch; wake(source: string): void } {
  const watches = new Map<string, Set<() => void>>()
  return {
    watch(source) {
      let due = false
      let resume: (() => void) | undefined
      const wake = () => {
        due = true
        resume?.()
      }
      const ofSource = watches.get(source) ?? new Set()
      watches.set(source, ofSource.add(wake))
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
    wake(source) {
      for (const wake of watches.get(source) ?? []) wake()
    },
  }
}
