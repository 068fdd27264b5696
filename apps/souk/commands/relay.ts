import { schemaIdOf } from '@souk/contracts'
import { createPostgresLog, forgetPassedEvents } from '@souk/events'
import { relayState, type RelayShard, sendAgain, startRelay } from '@souk/kafka'
import { type Database, isReachable, logRole, openDatabase, urlForRole, roleOf } from '@souk/postgres'
import { homeShard, parseEnv } from '@souk/service'
import { createLogger, createMetrics } from '@souk/telemetry'
import { appConfig, pooledBy } from '../config.ts'
import { type Console, table } from '../console.ts'
import { announcersOn, kafkaSettings, migrateRelay } from '../event-log.ts'
import { UsageError } from '../explain.ts'
import { serveHealth } from '../health-server.ts'
import { untilAskedToStop } from '../lifetime.ts'
import { besideRunning, dataFolderOf, secretBeside } from '../running.ts'

export type RelayCommand = { status?: true; again?: string; since?: string; json?: true }

const hourMs = 3_600_000
/** As long as PostgreSQL keeps them when consumers read it themselves. */
const outboxKeptDays = 7

/** `souk relay`: bring events from the outboxes to Kafka, until asked to stop. Any number may run; one works. */
export async function relay(io: Console, options: RelayCommand): Promise<number> {
  const env = await besideRunning(io.env)
  const settings = parseEnv(env, appConfig)
  const kafka = kafkaSettings(env)
  const secret = settings.SOUK_SECRET ?? secretBeside(dataFolderOf(env))
  if (settings.DATABASE_URL === undefined || secret === undefined)
    throw new UsageError(
      'relay needs a database that is there: start a marketplace here, or set DATABASE_URL and SOUK_SECRET.',
    )
  if (kafka === undefined) throw new UsageError('relay needs Kafka: set SOUK_KAFKA_BROKERS to host:port.')
  if (kafka.writtenBy === 'debezium')
    throw new UsageError('SOUK_KAFKA_WRITTEN_BY=debezium: Debezium does the work of the relay.')
  const pooled = pooledBy[settings.SOUK_POOLER]
  const log = createLogger({ level: settings.SOUK_LOG_LEVEL, service: 'relay' })
  const opened: Database[] = []
  const addressFor = (url: string, role: string) => urlForRole(url, role, secret)
  const open = (url: string, role: string, schema: string) => {
    const onError = (error: Error) => log.warn({ err: error, schema }, 'a database connection broke')
    const db = openDatabase({ url: addressFor(url, role), schema, pooled, maxConnections: 5, onError })
    opened.push(db)
    return db
  }
  const urls = { [homeShard]: settings.DATABASE_URL, ...settings.SOUK_SHARDS }
  const shards: (RelayShard & { url: string })[] = []
  for (const [name, url] of Object.entries(urls)) {
    await migrateRelay(url, secret, pooled)
    const outboxes = open(url, logRole, logRole)
    const log = createPostgresLog([{ name, db: outboxes }])
    shards.push({ name, url, log, outboxes, db: open(url, roleOf('relay'), 'relay') })
  }
  const close = () => Promise.all(opened.map((db) => db.close()))
  try {
    if (options.status) return await showState(io, shards, options.json)
    if (options.again !== undefined) return await again(io, shards, options.again, options.since)
    await run(io, shards)
    return 0
  } finally {
    await close()
  }

  async function run(io: Console, shards: readonly (RelayShard & { url: string })[]): Promise<void> {
    const stopping = untilAskedToStop(io)
    const metrics = createMetrics()
    const relays = shards.map((shard) =>
      startRelay({
        settings: (kafka as NonNullable<typeof kafka>).settings,
        shards: [shard],
        sources: announcersOn(shard.name),
        logger: log,
        metrics,
        schemaOf: schemaIdOf,
      }),
    )
    // Only where a port is given: beside `souk start` nobody asks.
    const health = io.env.SOUK_PORT
      ? await serveHealth({
          host: settings.SOUK_HOST,
          port: settings.SOUK_PORT,
          needs: Object.fromEntries(shards.map(({ name, db }) => [name, () => isReachable(db)])),
          clock: () => new Date(),
          log,
          metrics,
        })
      : undefined
    io.say(`Sending events of ${shards.map(({ name }) => name).join(', ')} to Kafka.`)
    const forgetting = setInterval(
      () => void forget().catch((err) => log.warn({ err }, 'events were not forgotten')),
      hourMs,
    )
    io.say(`\nClosing (${await stopping}): finishing what was begun…`)
    clearInterval(forgetting)
    await health?.http.close()
    await Promise.all(relays.map((each) => each.stop()))

    /** Where consumers read Kafka, the outbox is kept for its own time and no longer than the relay needs it. */
    async function forget(): Promise<void> {
      for (const shard of shards)
        for (const state of await relayState(shard.db)) {
          const consumer = 'relay'
          const source = openDatabase({
            url: addressFor(shard.url, roleOf(state.source)),
            schema: state.source,
            pooled,
            maxConnections: 1,
          })
          const offset = { consumer, source: state.source, shard: shard.name, xid: state.xid, seq: state.seq, index: 0 }
          try {
            await forgetPassedEvents({
              source,
              shard: shard.name,
              consumers: [consumer],
              offsets: [offset],
              now: new Date(),
              days: outboxKeptDays,
            })
          } finally {
            await source.close()
          }
        }
    }
  }
}

async function showState(io: Console, shards: readonly RelayShard[], json?: true): Promise<number> {
  const rows = await Promise.all(
    shards.map(async ({ name, db, log }) =>
      Promise.all(
        (await relayState(db)).map(async (state) => ({
          shard: name,
          source: state.source,
          holder: state.held ? state.holder : '',
          epoch: state.epoch,
          ...(await log.lag(state.source, name, { xid: state.xid, seq: state.seq, index: 0 }, {})),
        })),
      ),
    ),
  )
  const all = rows.flat()
  if (json) io.print(JSON.stringify(all, null, 2))
  else
    io.print(
      table(
        ['shard', 'service', 'relay', 'epoch', 'not sent', 'oldest'],
        all.map((row) => [
          row.shard,
          row.source,
          row.holder || 'nobody',
          row.epoch,
          String(row.events),
          `${row.seconds.toFixed(1)} s`,
        ]),
      ),
    )
  return all.some(({ holder }) => holder === '') ? 1 : 0
}

async function again(io: Console, shards: readonly RelayShard[], source: string, since?: string): Promise<number> {
  if (!announcersOn(homeShard).includes(source)) throw new UsageError(`No service ${source} announces anything.`)
  const at = new Date(since ?? 'missing')
  if (Number.isNaN(at.getTime()))
    throw new UsageError(
      '--again needs --since, a time such as 2026-11-27T08:00:00Z: from then on events are sent again.',
    )
  for (const { name, db, log } of shards) {
    const from = await sendAgain({ log, db, shard: name }, source, at)
    if (from !== undefined) io.print(`${name}: events of ${source} are sent again from ${from.xid}/${from.seq} on.`)
  }
  return 0
}
