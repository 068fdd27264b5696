import { hostname } from 'node:os'
import {
  abortableDelay,
  createOutboxLooks,
  delayMs,
  type EventLog,
  type Lag,
  type LogPage,
  type Position,
} from '@souk/events'
import type { Database } from '@souk/postgres'
import type { Logger, Metrics } from '@souk/telemetry'
import { defaults, type KafkaSettings } from './cluster.ts'
import { createFeed, type Feed } from './feed.ts'
import { relayLayout } from './layout.ts'
import { createLookout, type Held, type Lookout } from './lookout.ts'
import { openSession, type Session } from './relay-session.ts'
import { giveLeaseBack, recordProgress, renewLease, takeLease } from './relay.sql.ts'
import { relayMeters, type SourceMeter } from './relay-meters.ts'
import { createVacancies, type Vacancies } from './vacancies.ts'

export type RelayShard = {
  name: string
  /** The PostgreSQL log: the outboxes of this shard's services. */
  log: EventLog
  /** Their database, in the role that may read outboxes and nothing else. */
  outboxes: Database
  /** In the role and schema of the relay (`relaySchema`). */
  db: Database
}

export type RelayOptions = {
  settings: KafkaSettings
  shards: readonly RelayShard[]
  /** Services whose outboxes are sent. */
  sources: readonly string[]
  logger: Logger
  metrics: Metrics
  /** The id under which the schema of a kind of event is registered. */
  schemaOf?: (kind: string) => string | undefined
  /** Of this process; default: host and process id. */
  holder?: string
  /** A relay that is not heard of for so long is succeeded; default 5 s. */
  leaseMs?: number
  /** Events per step; default 2,000. */
  batchEvents?: number
}

export type Relay = {
  /** Finish the step under way, and give the leases back. */
  stop(): Promise<void>
  /** Not sent yet, of all sources this relay has the lease of. */
  lag(): Promise<Lag>
}

const outage = { attempts: Number.POSITIVE_INFINITY, firstMs: 100, longestMs: 2_000, jitter: 0.25 }
/** Whoever rests is woken; should that ever fail, it looks for itself. */
const restMs = 60_000

/**
 * Bring outboxes to Kafka: every event at least once, those of a key in the order of the outbox. Of any number of relays
 * one works for each service and shard; another one takes over when it ends or hangs.
 */
export function startRelay(options: RelayOptions): Relay {
  const { settings, logger, metrics, leaseMs = 5_000 } = options
  const prefix = settings.prefix ?? defaults.prefix
  const feed = createFeed({ settings, layout: relayLayout(prefix), logger, onNews() {} })
  const stopping = new AbortController()
  const { signal } = stopping
  const holder = options.holder ?? `${hostname()}:${process.pid}`
  const meters = relayMeters(metrics)
  const lags: (() => Promise<ReadonlyMap<string, Lag>>)[] = []
  const relayed = options.shards.flatMap((shard) => {
    const { log, db } = shard
    const looks = createOutboxLooks(shard.outboxes, options.sources)
    const held = new Map<string, Held>()
    const lookout = createLookout({ log, looks, db, leaseMs, signal })
    const vacancies = createVacancies({ db, holder, everyMs: leaseMs / 4, signal })
    const lagsHere = () => looks.lags(new Map([...held].map(([source, { at }]) => [source, at])))
    lags.push(lagsHere)
    const metered = meters.of(shard.name, lagsHere)
    return options.sources.map((source) => {
      const meter = metered(source)
      return relaySource({
        ...options,
        shard,
        source,
        prefix,
        holder,
        leaseMs,
        feed,
        held,
        lookout,
        vacancies,
        meter,
        signal,
      })
    })
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(relayed)
      meters.stop()
      await feed.close()
    },
    async lag() {
      const each = (await Promise.all(lags.map((ofShard) => ofShard()))).flatMap((ofShard) => [...ofShard.values()])
      return {
        events: each.reduce((sum, { events }) => sum + events, 0),
        seconds: Math.max(0, ...each.map(({ seconds }) => seconds)),
      }
    },
  }
}

type SourceOptions = Omit<RelayOptions, 'shards' | 'metrics' | 'leaseMs'> & {
  shard: RelayShard
  source: string
  prefix: string
  holder: string
  leaseMs: number
  feed: Feed
  /** Of this shard, by source. */
  held: Map<string, Held>
  lookout: Lookout
  vacancies: Vacancies
  meter: SourceMeter
  signal: AbortSignal
}

/** Resolves when `signal` aborts. */
async function relaySource(options: SourceOptions): Promise<void> {
  const { shard, source, settings, prefix, feed, lookout, meter, signal, leaseMs } = options
  const { log, db } = shard
  const logger = options.logger.child({ relay: source, shard: shard.name })
  const watch = log.watch(source)

  /** Resolves when the lease is lost, or `signal` aborts. */
  async function hold(held: Held, session: Session): Promise<void> {
    let ahead: Promise<LogPage> | undefined
    const read = (from: Position) => {
      const page = log.read(source, shard.name, from, { limitEvents: options.batchEvents ?? 2_000 })
      page.catch(() => {}) // seen when it is awaited, or not at all
      return page
    }
    while (!signal.aborted) {
      const page: LogPage = await (ahead ?? read(held.at))
      ahead = page.full ? read(page.end) : undefined
      if (!page.reached)
        throw new Error('the recorded place lies beyond the end of the outbox: was the database restored?')
      // Whoever slept past its lease asks before it sends. What it then still sends late is recognised by every consumer.
      if (performance.now() > held.untilMs && (await renewLease(db.autocommit, source, held.epoch, leaseMs)) === 0)
        return
      if (page.rows.length > 0) {
        const beganAt = performance.now()
        const { sent, known } = await session.send(page.rows)
        meter.sent(sent, known, (performance.now() - beganAt) / 1_000)
        const asked = performance.now()
        if ((await recordProgress(db.autocommit, source, held.epoch, page.end, leaseMs)) === 0) return
        held.untilMs = asked + leaseMs / 2
      }
      held.at = page.end
      if (page.full) continue
      lookout.rest(held)
      await watch.waitForMore(restMs, signal)
      lookout.busy(held)
      if (held.lost) return
    }
    await giveLeaseBack(db.autocommit, source, held.epoch)
  }

  for (let failures = 0; !signal.aborted; ) {
    let session: Session | undefined
    try {
      const lease = await takeLease(db.autocommit, source, options.holder, leaseMs)
      if (lease === undefined) {
        await options.vacancies.wait(source)
        continue
      }
      logger.info({ epoch: lease.epoch, from: `${lease.xid}/${lease.seq}` }, 'sending events of this service to Kafka')
      session = openSession({
        settings,
        prefix,
        shard: shard.name,
        source,
        epoch: lease.epoch,
        resend: lease.resend,
        feed,
        schemaOf: options.schemaOf ?? (() => undefined),
      })
      const at = { xid: lease.xid, seq: lease.seq, index: 0 }
      const held: Held = { source, epoch: lease.epoch, at, untilMs: performance.now() + leaseMs / 2, lost: false }
      options.held.set(source, held)
      meter.active(true)
      await hold(held, session)
      failures = 0
      if (!signal.aborted) logger.warn({ epoch: lease.epoch }, 'another relay has taken over, or it was put back')
    } catch (error) {
      failures += 1
      const waitMs = delayMs(outage, failures)
      logger.warn({ err: error, waitMs: Math.round(waitMs) }, 'the relay could not send, and tries again')
      await abortableDelay(waitMs, signal)
    } finally {
      options.held.delete(source)
      meter.active(false)
      await session?.close()
    }
  }
  watch.close()
}
