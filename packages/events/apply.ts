import { type Database, isServerError, type Tx } from '@souk/postgres'
import { causeText, park } from './dead-letters.ts'
import { moveOffset, type OffsetKey } from './events.sql.ts'
import type { Item } from './intake.ts'
import { type Backoff, delayMs, isFinal, isOutage, OffsetMoved } from './retry.ts'
import type { Consumer, Event, Position } from './types.ts'

export type Applier = {
  /** As this process last wrote it. */
  readonly offset: Position
  /**
   * Handle these events, however long it takes: afterwards each is applied or parked, once.
   * @throws OffsetMoved, or an outage (see `isOutage`): the offset must be read again before going on.
   */
  apply(items: readonly Item[]): Promise<void>
  /** Move the offset over events that are none of this consumer's. */
  passOver(to: Position): Promise<void>
}

export type Happening = {
  applied(events: number, seconds: number): void
  retried(error: unknown, attempt: number, waitMs: number): void
  parked(item: Item, cause: string, attempts: number): void
}

export function createApplier(options: {
  consumer: Consumer
  db: Database
  key: OffsetKey
  offset: Position
  clock: () => Date
  backoff: Backoff
  /** Resolves after the time, or earlier by throwing when the consumer is stopped. */
  pause: (ms: number) => Promise<void>
  happening: Happening
}): Applier {
  const { consumer, db, key, clock, backoff, happening } = options
  let offset = options.offset

  /** One transaction. The offset comes first: whoever holds it is alone, and loses it with everything else on failure. */
  async function commit(to: Position, events: readonly Event[], dead: Parameters<typeof park>[2]): Promise<void> {
    const startedAt = performance.now()
    const prepared = events.length > 0 ? await consumer.prepare?.(events) : undefined
    await db.transaction(async (tx) => {
      if (!(await take(tx, to))) throw new OffsetMoved(key.consumer)
      await park(tx, key, dead, clock())
      if (events.length > 0) await consumer.handle(tx, events, prepared)
    })
    offset = to
    happening.applied(events.length, (performance.now() - startedAt) / 1_000)
    for (const { item, cause, attempts } of dead) happening.parked(item, cause, attempts)
  }

  /** False when another process moved it, or holds it for longer than a lock is waited for. */
  async function take(tx: Tx, to: Position): Promise<boolean> {
    try {
      return (await moveOffset(tx, key, offset, to)) === 1
    } catch (error) {
      if (isServerError(error) && error.code === '55P03') return false
      throw error
    }
  }

  function attempt(items: readonly Item[]): Promise<void> {
    const events: Event[] = []
    const dead: { item: Item; cause: string; attempts: number }[] = []
    for (const item of items)
      if (item.event === undefined) dead.push({ item, cause: item.cause ?? '', attempts: 0 })
      else events.push(item.event)
    return commit((items.at(-1) as Item).next, events, dead)
  }

  /** Halve until what fails stands alone; everything before it is applied first, so order is kept. */
  async function bisect(items: readonly Item[], attempts: number, error: unknown): Promise<void> {
    const [only] = items
    if (items.length === 1 && only !== undefined) {
      await commit(only.next, [], [{ item: only, cause: causeText(error), attempts }])
      return
    }
    const middle = Math.ceil(items.length / 2)
    for (const half of [items.slice(0, middle), items.slice(middle)])
      try {
        await attempt(half)
      } catch (error) {
        if (mustLeave(error)) throw error
        await bisect(half, attempts + 1, error)
      }
  }

  return {
    get offset() {
      return offset
    },
    async apply(items) {
      for (let attempts = 1; ; attempts += 1)
        try {
          return await attempt(items)
        } catch (error) {
          if (mustLeave(error)) throw error
          if (isFinal(error) || attempts >= backoff.attempts) return await bisect(items, attempts, error)
          const waitMs = delayMs(backoff, attempts)
          happening.retried(error, attempts, waitMs)
          await options.pause(waitMs)
        }
    },
    passOver: (to) => commit(to, [], []),
  }
}

const mustLeave = (error: unknown) => error instanceof OffsetMoved || isOutage(error)
