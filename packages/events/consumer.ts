import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { sourceOf } from './define.ts'
import { type Lane, topicsOf, workLane } from './lane.ts'
import type { EventLog, Lag } from './log.ts'
import type { ConsumerMeters } from './meters.ts'
import { type Backoff, usualBackoff } from './retry.ts'
import type { Consumer } from './types.ts'

export type RunConsumerOptions = {
  consumer: Consumer
  log: EventLog
  /** The consumer's own database: its effects, its offset and its dead letters. */
  db: Database
  /** Of the source. */
  shard: string
  /** Of `db`, where a consumer runs into several databases; each of them reads everything. Default: that of the source. */
  into?: string
  logger: Logger
  clock: () => Date
  /** Of all consumers of this process: see createConsumerMeters. */
  meters: ConsumerMeters
  backoff?: Backoff
  /** Between looks at a lane that another process is working on. */
  standbyMs?: number
}

export type RunningConsumer = {
  readonly name: string
  /** Finish the batches under way, take no others. */
  stop(): Promise<void>
  /** How far behind it is now on the lanes this process works on: two statements each. */
  lag(): Promise<Lag>
}

/**
 * Start a consumer. Any number of processes may run the same one: the log's lanes are shared among them; where two meet
 * on one lane, one works and the other stands by.
 */
export function runConsumer(options: RunConsumerOptions): RunningConsumer {
  const { consumer, log, db, shard, clock, backoff = usualBackoff, standbyMs = 1_000 } = options
  const source = sourceOf(consumer)
  const logger = options.logger.child({ consumer: consumer.name, source, shard })
  const database = options.into ?? shard
  const meters = options.meters.of(logger, { consumer: consumer.name, shard, database })
  const lanes = new Map<string, Lane>()
  const ending = new Set<Promise<void>>()
  let stopped = false

  const membership = log.join({
    consumer: consumer.name,
    source,
    shard,
    ...(options.into !== undefined && { into: options.into }),
    topics: topicsOf(consumer),
    onLanes(mine) {
      // The first call may come before `membership` exists.
      queueMicrotask(() => {
        if (stopped) return
        for (const [lane, work] of lanes) if (!mine.includes(lane)) end(lane, work)
        for (const lane of mine) if (!lanes.has(lane)) lanes.set(lane, begin(lane))
      })
    },
  })

  function begin(lane: string): Lane {
    const { logger } = options
    return workLane({
      consumer,
      log,
      db,
      source,
      shard,
      lane,
      membership,
      logger,
      clock,
      backoff,
      standbyMs,
      happening: meters,
    })
  }

  function end(lane: string, work: Lane): void {
    lanes.delete(lane)
    const stopping = work.stop().finally(() => ending.delete(stopping))
    ending.add(stopping)
  }

  const lagBy = async (ask: (lane: Lane) => Promise<Lag>): Promise<Lag> => {
    const each = await Promise.all([...lanes.values()].map(ask))
    return {
      events: each.reduce((sum, one) => sum + one.events, 0),
      seconds: Math.max(0, ...each.map((one) => one.seconds)),
    }
  }
  const measuring = meters.watchLag(async () => {
    const lag = await lagBy((lane) => lane.lagOfPlace())
    const foreign = await Promise.all(
      [...lanes].map(async ([name, lane]) => {
        const place = await lane.place()
        return place !== undefined && (await log.isForeign(source, name, place))
      }),
    )
    return { lag, stalledSeconds: await log.stalledSeconds(source, shard), foreign: foreign.includes(true) }
  })

  return {
    name: consumer.name,
    async stop() {
      stopped = true
      measuring.stop()
      for (const [lane, work] of lanes) end(lane, work)
      await Promise.all(ending)
      await membership.leave()
    },
    lag: () => lagBy((lane) => lane.lag()),
  }
}
