import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { type Applier, createApplier, type Happening } from './apply.ts'
import { abortableDelay } from './delay.ts'
import { findOffset, insertOffset } from './events.sql.ts'
import { createIntake, type Intake } from './intake.ts'
import { comparePositions, type EventLog, type Lag, type Membership } from './log.ts'
import { type Backoff, delayMs, isOutage, OffsetMoved } from './retry.ts'
import type { Consumer, Position } from './types.ts'

export type LaneOptions = {
  consumer: Consumer
  log: EventLog
  db: Database
  source: string
  shard: string
  /** The shard itself where the log has one lane. */
  lane: string
  membership: Membership
  logger: Logger
  clock: () => Date
  backoff: Backoff
  happening: Happening
  /** Between looks at a lane that another process is working on. */
  standbyMs: number
}

/** One lane being worked on: its offset, its place in the log, its retries. */
export type Lane = {
  /** Finish the batch under way, take no other. */
  stop(): Promise<void>
  /** As the database has it. */
  lag(): Promise<Lag>
  /** Where work is here; of a lane that another process works on, where the database says. Undefined before work began. */
  place(): Promise<Position | undefined>
  /** As far as `place` says: asked every few seconds of hundreds of lanes, of which most rest. */
  lagOfPlace(): Promise<Lag>
}

export const defaultBatchSize = 500
/** Waits for rows written by other processes. Short after something happened, long when nothing does. */
const pollsMs = [5, 10, 20, 40, 80, 160, 250] as const
/** While the database is away: quick first, for a restart takes a second or two. */
const outage: Backoff = { attempts: Number.POSITIVE_INFINITY, firstMs: 100, longestMs: 5_000, jitter: 0.25 }
/** Events of other topics are passed over in memory; the offset follows at this distance, so that a quiet one writes little. */
const passOverXids = 10_000n

/** Half a second of silence (5 + 10 + 20 + 40 + 80 + 160 ms, and the first of 250). */
const settledAfterPolls = pollsMs.length - 1

/**
 * Under load, let events gather between batches: a batch costs its round trips and a commit whatever its size. On the way
 * from placed to confirmed an order in a batch of 500 takes 27 µs of processor time here and 26 in PostgreSQL, in one of
 * 2,000 it takes 22 and 21. So the larger the last batch was, the longer the next is waited for; never as long as anybody
 * would notice, and an event that comes alone is not delayed.
 */
const gatherMs = (events: number): number => Math.min(250, Math.max(25, events / 5))
const busyWithinMs = 500

/** With nothing to do, see whether the offset was put somewhere else by hand. */
const lookEveryMs = 10_000

class Stopped extends Error {}

/** It never gives up: an event that cannot be handled is parked, an outage is waited for. */
export function workLane(options: LaneOptions): Lane {
  const { consumer, log, db, source, shard, lane, membership, clock } = options
  const key = { consumer: consumer.name, source, shard: lane }
  const logger = options.logger.child({ consumer: consumer.name, source, shard: lane })
  const limit = consumer.batchSize ?? defaultBatchSize
  const stopping = new AbortController()
  const watch = log.watch(source, lane)
  let working: Applier | undefined
  const wanted = { kinds: consumer.events.map((event) => event.type), topics: topicsOf(consumer) }

  async function pause(ms: number): Promise<void> {
    await abortableDelay(ms, stopping.signal)
    if (stopping.signal.aborted) throw new Stopped()
  }

  async function begin(): Promise<{ applier: Applier; intake: Intake }> {
    await insertOffset(db.autocommit, key, shard)
    const offset = await findOffset(db.autocommit, key)
    if (offset === undefined) throw new OffsetMoved(consumer.name)
    await membership.begin(lane, offset)
    const { backoff, happening } = options
    return {
      applier: createApplier({ consumer, db, key, offset, clock, backoff, pause, happening }),
      intake: createIntake({ log, source, shard: lane, consumer, from: offset, limitEvents: limit }),
    }
  }

  /** Until it must read its offset again. */
  async function work(
    { applier, intake }: { applier: Applier; intake: Intake },
    onProgress: () => void,
  ): Promise<void> {
    let lastAppliedAtMs = Number.NEGATIVE_INFINITY
    let lookedAtMs = performance.now()
    for (let quiet = 0; !stopping.signal.aborted; ) {
      const items = await intake.take(limit)
      if (items.length > 0) {
        await applier.apply(items)
        membership.passed(lane, applier.offset)
      }
      onProgress()
      if (items.length > 0) {
        quiet = 0
        const appliedAtMs = performance.now()
        if (items.length < limit && appliedAtMs - lastAppliedAtMs < busyWithinMs) await pause(gatherMs(items.length))
        lastAppliedAtMs = appliedAtMs
        continue
      }
      // Once nothing more comes, what was skipped is behind us for good: else the lag would count it for ever.
      const settled = quiet >= settledAfterPolls && intake.skipped
      if (settled || BigInt(intake.at.xid) - BigInt(applier.offset.xid) > passOverXids) {
        await applier.passOver(intake.at)
        membership.passed(lane, applier.offset)
        intake.skipped = false
      }
      if (performance.now() - lookedAtMs > lookEveryMs) {
        lookedAtMs = performance.now()
        const kept = await findOffset(db.autocommit, key)
        if (kept === undefined || comparePositions(kept, applier.offset) !== 0) throw new OffsetMoved(consumer.name)
      }
      const woken = await watch.waitForMore(pollsMs[quiet] ?? 250, stopping.signal)
      quiet = woken ? 0 : Math.min(quiet + 1, pollsMs.length - 1)
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; )
      try {
        const begun = await begin()
        working = begun.applier
        await work(begun, () => {
          failures = 0
        })
      } catch (error) {
        working = undefined
        if (error instanceof Stopped) return
        if (error instanceof OffsetMoved) {
          logger.debug({}, 'another process works for this consumer, standing by')
          await abortableDelay(options.standbyMs, stopping.signal)
          continue
        }
        failures += 1
        const waitMs = delayMs(outage, failures)
        if (isOutage(error)) logger.warn({ err: error, waitMs }, 'consumer waits for its database or its log')
        else logger.error({ err: error, waitMs }, 'consumer cannot go on, and tries again')
        await abortableDelay(waitMs, stopping.signal)
      }
  }

  const running = run()
  const kept = () => findOffset(db.autocommit, key)
  const place = async () => working?.offset ?? (await kept())
  const lagFrom = (from: Position | undefined) => log.lag(source, lane, from ?? { xid: '0', seq: 0, index: 0 }, wanted)
  return {
    async stop() {
      stopping.abort()
      await running
      watch.close()
    },
    place,
    lag: async () => await lagFrom(await kept()),
    lagOfPlace: async () => await lagFrom(await place()),
  }
}

export const topicsOf = (consumer: Consumer): string[] => [...new Set(consumer.events.map(({ topic }) => topic))]
