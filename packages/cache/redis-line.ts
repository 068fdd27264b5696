import { Redis } from 'ioredis'

export type RedisLineOptions = {
  /** redis://user:password@host:6379/0, or rediss:// for TLS. */
  url: string
  /** Of one command; default 50 ms: a cache that is slower than the database is none. */
  timeoutMs?: number
  /** Failures in a row after which nobody is kept waiting any more; default 3. */
  failuresToOpen?: number
  /** Between attempts to find it back; default 500 ms. */
  probeEveryMs?: number
  onChange?: (state: 'up' | 'down', error?: Error) => void
}

/** One connection to a Redis that may be away at any time. */
export type RedisLine = {
  /**
   * What the command answers; undefined when Redis does not answer in time, and at once while it is known to be away.
   * @throws never
   */
  ask<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined>
  readonly isUp: boolean
  /** Called each time it is found back. */
  onUp(listener: () => void): void
  /** A further connection of the same kind, for subscriptions. Closed by the caller. */
  duplicate(): Redis
  close(): void
}

/** Waits between attempts to connect: doubling to 1 s, ±25 %, so that a hundred processes do not come all at once. */
const reconnectMs = (attempt: number) => Math.min(1_000, 25 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2)

export function openRedisLine(options: RedisLineOptions): RedisLine {
  const { url, timeoutMs = 50, failuresToOpen = 3, probeEveryMs = 500, onChange } = options
  const settings = {
    connectTimeout: 1_000,
    // What cannot be sent now is not sent later: its caller has gone to the database.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: reconnectMs,
  }
  // All commands of one turn of the event loop go in one packet.
  const redis = new Redis(url, { ...settings, commandTimeout: timeoutMs, enableAutoPipelining: true })
  const listeners: (() => void)[] = []
  let failures = 0
  let up = false
  let told: 'up' | 'down' | undefined
  let probing: NodeJS.Timeout | undefined
  let closed = false
  let lastError: Error | undefined

  function goDown(): void {
    up = false
    // Also at the start, where it never was up.
    if (told !== 'down' && !closed) {
      told = 'down'
      onChange?.('down', lastError)
    }
    lookForIt()
  }

  function lookForIt(): void {
    if (probing !== undefined || closed) return
    probing = setInterval(() => void probe(), probeEveryMs)
    probing.unref()
  }

  async function probe(): Promise<void> {
    if (redis.status !== 'ready') return
    try {
      await redis.ping()
      goUp()
    } catch (error) {
      lastError = error as Error
    }
  }

  function goUp(): void {
    clearInterval(probing)
    probing = undefined
    failures = 0
    if (up || closed) return
    up = true
    told = 'up'
    onChange?.('up')
    for (const listener of listeners) listener()
  }

  lookForIt()
  redis.on('ready', () => void probe())
  redis.on('close', goDown)
  redis.on('error', (error: Error) => (lastError = error))

  return {
    get isUp() {
      return up
    },
    async ask(command) {
      if (!up) return undefined
      try {
        const answer = await command(redis)
        failures = 0
        return answer
      } catch (error) {
        lastError = error as Error
        failures += 1
        if (failures >= failuresToOpen) goDown()
        return undefined
      }
    },
    onUp: (listener) => void listeners.push(listener),
    // A subscriber waits for its server, and for as long as it takes.
    duplicate: () => new Redis(url, { ...settings, enableOfflineQueue: true, maxRetriesPerRequest: null }),
    close() {
      closed = true
      clearInterval(probing)
      redis.disconnect()
    },
  }
}
