import type { News } from './types.ts'

type Listener = (items: readonly string[]) => void

/** Who listens to what, in this process. */
export function ring() {
  const listeners = new Map<string, Set<Listener>>()
  return {
    tell(channel: string, items: readonly string[]): void {
      for (const listener of listeners.get(channel) ?? []) listener(items)
    },
    add(channel: string, listener: Listener) {
      const known = listeners.get(channel) ?? new Set()
      listeners.set(channel, known.add(listener))
      return { stop: () => void known.delete(listener) }
    },
  }
}

/** Within this process: there is nobody else to hear, as far as it knows. */
export function createLocalNews(): News {
  const heard = ring()
  return {
    publish: heard.tell,
    subscribe: heard.add,
    onGap: () => ({ stop() {} }),
    connected: false,
  }
}
