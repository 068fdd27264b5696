import { randomUUID } from 'node:crypto'
import { ring } from './news.ts'
import type { RedisLine } from './redis-line.ts'
import type { News } from './types.ts'

type Message = { from: string; channel: string; items: string[] }

function messageOf(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as Message
    return Array.isArray(message.items) ? message : undefined
  } catch {
    return undefined
  }
}

/** Between processes, over a connection of its own. */
export function openRedisNews(line: RedisLine, prefix: string): News & { close(): void } {
  const heard = ring()
  const gaps = new Set<() => void>()
  const origin = randomUUID()
  const channel = `${prefix}:news`
  const subscriber = line.duplicate()
  let connected = false
  const change = (to: boolean) => {
    if (connected === to) return
    connected = to
    for (const listener of gaps) listener()
  }
  // Without a listener Node would take it for the end of the process; what it means is told by `close`.
  subscriber.on('error', () => {})
  subscriber.on('close', () => change(false))
  subscriber.on('ready', () => {
    void subscriber.subscribe(channel).then(
      () => change(true),
      () => change(false),
    )
  })
  subscriber.on('message', (_, text: string) => {
    const message = messageOf(text)
    if (message !== undefined && message.from !== origin) heard.tell(message.channel, message.items)
  })
  return {
    publish(name, items) {
      heard.tell(name, items)
      const text = JSON.stringify({ from: origin, channel: name, items })
      void line.ask((redis) => redis.publish(channel, text))
    },
    subscribe: heard.add,
    onGap(listener) {
      gaps.add(listener)
      return { stop: () => void gaps.delete(listener) }
    },
    get connected() {
      return connected
    },
    close: () => subscriber.disconnect(),
  }
}
