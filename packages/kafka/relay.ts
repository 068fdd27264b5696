import { hostname } from 'node:os'
import { abortableDelay, delayMs, type EventLog, type Lag, type LogPage, type Position } from '@souk/events'
import type { Database } from '@souk/postgres'
import type { Logger, Metrics } from '@souk/telemetry'
import { defaults, type KafkaSettings } from './cluster.ts'
import { createFeed, type Feed } from './feed.ts'
import { relayLayout } from './layout.ts'
import { openSession, type Session } from './relay-session.ts'
import { giveLeaseBack, recordProgress, renewLease, takeLease } from './relay.sql.ts'
import { relayMeters } from './relay-meters.ts'

export type RelayShard = {
  name: string
  /** The PostgreSQL log: the outboxes of this shard's services. */
  log: EventLog
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

/** Waits for rows written by other processes. */
const pollsMs = [5, 10, 20, 40] as const
const outage = { attempts: Number.POSITIVE_INFINITY, firstMs: 100, longestMs: 2_000, jitter: 0.25 }
/** The recorded place follows at this distance when there is nothing to send, so that a quiet service writes little. */
const passOverXids = 10_000n

/**
 * Bring outboxes to Kafka: every event at least once, those of a key in the order of the outbox. Of any number of relays
 * one works for each service and shard; another one takes over when it ends or hangs.
 */
export function startRelay(options: RelayOptions): Relay {
  const { settings, logger, metrics } = options
  const prefix = settings.prefix ?? defaults.prefix
  const feed = createFeed({ settings, layout: relayLayout(prefix), logger, onNews() {} })
  const stopping = new AbortController()
  const holder = options.holder ?? `${hostname()}:${process.pid}`
  const meters = relayMeters(metrics)
  const relayed = options.shards.flatMap((shard) =>
    options.sources.map((source) =>
      relaySource({ ...options, shard, source, prefix, holder, feed, meters, signal: stopping.signal }),
    ),
  )
  const lag = async (): Promise<Lag> => {
    const each = await Promise.all(relayed.map((one) => one.lag()))
    return {
      events: each.reduce((sum, { events }) => sum + events, 0),
      seconds: Math.max(0, ...each.map(({ seconds }) => seconds)),
    }
  }
  return {
    async stop() {
      stopping.abort()
      await Promise.all(relayed.map(({ ended }) => ended))
      meters.stop()
      await feed.close()
    },
    lag,
  }
}

type SourceOptions = Omit<RelayOptions, 'shards' | 'metrics'> & {
  shard: RelayShard
  source: string
  prefix: string
  holder: string
  feed: Feed
  meters: ReturnType<typeof relayMeters>
  signal: AbortSignal
}

function relaySource(options: SourceOptions): { ended: Promise<void>; lag(): Promise<Lag> } {
  const { shard, source, settings, prefix, holder, feed, meters, signal, leaseMs = 5_000 } = options
  const { log, db } = shard
  const logger = options.logger.child({ relay: source, shard: shard.name })
  const watch = log.watch(source)
  let at: Position | undefined
  const lag = async (): Promise<Lag> =>
    at === undefined ? { events: 0, seconds: 0 } : await log.lag(source, shard.name, at, {})
  const meter = meters.of(source, shard.name, lag)

  /** Resolves when the lease is lost, or `signal` aborts. */
  async function hold(lease: { xid: string; seq: number; epoch: string }, session: Session): Promise<void> {
    let recorded: Position = { xid: lease.xid, seq: lease.seq, index: 0 }
    let heldUntilMs = performance.now() + leaseMs / 2
    let ahead: Promise<LogPage> | undefined
    const read = (from: Position) => {
      const page = log.read(source, shard.name, from, { limitEvents: options.batchEvents ?? 2_000 })
      page.catch(() => {}) // seen when it is awaited, or not at all
      return page
    }
    const record = async (to: Position): Promise<boolean> => {
      const asked = performance.now()
      if ((await recordProgress(db.autocommit, source, lease.epoch, to, leaseMs)) === 0) return false
      recorded = to
      heldUntilMs = asked + leaseMs / 2
      return true
    }
    at = recorded
    for (let quiet = 0; !signal.aborted; ) {
      const page: LogPage = await (ahead ?? read(at))
      ahead = page.full ? read(page.end) : undefined
      if (!page.reached)
        throw new Error('the recorded place lies beyond the end of the outbox: was the database restored?')
      // Whoever slept past its lease asks before it sends. What it then still sends late is recognised by every consumer.
      if (performance.now() > heldUntilMs && (await renewLease(db.autocommit, source, lease.epoch, leaseMs)) === 0)
        return
      if (page.rows.length > 0) {
        const beganAt = performance.now()
        const { sent, known } = await session.send(page.rows)
        meter.sent(sent, known, (performance.now() - beganAt) / 1_000)
        if (!(await record(page.end))) return
        quiet = 0
      } else if (
        BigInt(page.end.xid) - BigInt(recorded.xid) > passOverXids ||
        performance.now() > heldUntilMs - leaseMs / 8
      ) {
        if (!(await record(page.end))) return
      }
      at = page.end
      if (page.full) continue
      const woken = await watch.waitForMore(pollsMs[quiet] ?? 40, signal)
      quiet = woken ? 0 : Math.min(quiet + 1, pollsMs.length - 1)
    }
    await giveLeaseBack(db.autocommit, source, lease.epoch)
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      let session: Session | undefined
      try {
        const lease = await takeLease(db.autocommit, source, holder, leaseMs)
        if (lease === undefined) {
          await abortableDelay(leaseMs / 4, signal)
          continue
        }
        logger.info(
          { epoch: lease.epoch, from: `${lease.xid}/${lease.seq}` },
          'sending events of this service to Kafka',
        )
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
        meter.active(true)
        await hold(lease, session)
        failures = 0
        if (!signal.aborted) logger.warn({ epoch: lease.epoch }, 'another relay has taken over, or it was put back')
      } catch (error) {
        failures += 1
        const waitMs = delayMs(outage, failures)
        logger.warn({ err: error, waitMs: Math.round(waitMs) }, 'the relay could not send, and tries again')
        await abortableDelay(waitMs, signal)
      } finally {
        at = undefined
        meter.active(false)
        await session?.close()
      }
    }
    watch.close()
  }

  return { ended: run(), lag }
}
