import { abortableDelay, comparePositions, type EventLog, type OutboxLooks, type Position } from '@souk/events'
import type { Database } from '@souk/postgres'
import { renewLeases } from './relay.sql.ts'

/** Between looks for rows that other processes wrote: short after there was something, long when nothing happens. */
const looksMs = [5, 10, 20, 40, 80, 160] as const
const longestMs = 250

/** A source this relay has the lease of. */
export type Held = {
  readonly source: string
  readonly epoch: string
  /** Everything before this place is in Kafka, or is no news. */
  at: Position
  /** Until then nobody else can have taken it. */
  untilMs: number
  /** Another relay has it, or somebody put it back. */
  lost: boolean
}

/**
 * Watches over sources that have sent everything there was. They have a service each and are many, and hardly ever is
 * there anything: one look at all outboxes of a database tells which have more, and their leases are kept together.
 */
export type Lookout = {
  /**
   * From now on, until `busy`. The source is woken (`log.wake`) when there is more, when its lease is lost, and when the
   * database cannot be asked; its place moves on with what is looked at.
   */
  rest(held: Held): void
  busy(held: Held): void
}

export function createLookout(options: {
  log: Pick<EventLog, 'wake'>
  looks: OutboxLooks
  /** In the role of the relay. */
  db: Database
  leaseMs: number
  signal: AbortSignal
}): Lookout {
  const { log, looks, db, leaseMs, signal } = options
  const resting = new Map<string, Held>()
  let quiet = 0
  let looking = false

  /** Only those that rest now as they did when it was asked: who was woken meanwhile is further. */
  const still = (held: Held, at: Position) => resting.get(held.source) === held && held.at === at

  async function look(): Promise<void> {
    const asked = [...resting.values()].map((held) => ({ held, at: held.at }))
    const { xmin, sources } = await looks.news(new Map(asked.map(({ held, at }) => [held.source, at])))
    const end = { xid: xmin, seq: 0, index: 0 }
    for (const { held, at } of asked)
      if (sources.includes(held.source) || comparePositions(end, at) < 0) log.wake(held.source)
      else if (still(held, at)) held.at = end
  }

  async function renew(): Promise<void> {
    const nowMs = performance.now()
    const all = [...resting.values()]
    if (!all.some(({ untilMs }) => nowMs > untilMs - leaseMs / 8)) return
    const asked = all.map((held) => ({ held, source: held.source, epoch: held.epoch, to: held.at }))
    const kept = new Set(await renewLeases(db.autocommit, asked, leaseMs))
    for (const { held, source } of asked) {
      if (resting.get(source) !== held) continue
      if (kept.has(source)) held.untilMs = nowMs + leaseMs / 2
      else {
        held.lost = true
        log.wake(source)
      }
    }
  }

  async function run(): Promise<void> {
    while (resting.size > 0 && !signal.aborted) {
      await abortableDelay(looksMs[quiet] ?? longestMs, signal)
      quiet += 1
      if (resting.size === 0 || signal.aborted) break
      try {
        await look()
        await renew()
      } catch {
        // Each finds out for itself whether its database is away. Not at once: it might be the look alone that fails.
        await abortableDelay(longestMs, signal)
        for (const { source } of resting.values()) log.wake(source)
      }
    }
    looking = false
  }

  return {
    rest(held) {
      resting.set(held.source, held)
      quiet = 0
      if (looking) return
      looking = true
      void run()
    },
    busy: (held) => void (resting.get(held.source) === held && resting.delete(held.source)),
  }
}
