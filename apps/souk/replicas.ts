import {
  type Database,
  logRole,
  openDatabase,
  type Pooled,
  readFrom,
  type Replicas,
  type Tx,
  watchReplicas,
} from '@souk/postgres'
import { ConfigurationError } from '@souk/service'
import type { Logger, Metrics } from '@souk/telemetry'

export type ReplicaSet = {
  /** Reads for lists of a service on a shard; undefined where that has no replica. */
  listsOf(service: string, shard: string, db: Database): Tx | undefined
  close(): Promise<void>
}

/** The replicas of all shards: followed once for each, and read by services in their own roles. */
export function openReplicas(options: {
  replicas: Readonly<Record<string, readonly string[]>>
  lagLimitMs: number
  /** The address of a shard or replica for a role. */
  addressFor(url: string, service: string): string
  primaryOf(shard: string): Database
  shards: readonly string[]
  maxConnections: number
  pooled: Pooled
  log: Logger
  metrics: Metrics
}): ReplicaSet {
  const { replicas, lagLimitMs, addressFor, primaryOf, shards, log, metrics, maxConnections, pooled } = options
  const unknown = Object.keys(replicas).filter((name) => !shards.includes(name))
  if (unknown.length > 0)
    throw new ConfigurationError([`SOUK_REPLICAS names ${unknown.join(', ')}, which SOUK_SHARDS does not`])
  const opened: Database[] = []
  const open = (service: string, url: string, more: { maxConnections: number }) => {
    const db = openDatabase({
      url: addressFor(url, service),
      schema: service === logRole ? 'public' : service,
      pooled,
      connectTimeoutMs: 1_000,
      applicationName: `souk ${service} lists`,
      // A replica that goes away is noticed by who follows it.
      onError: () => {},
      ...more,
    })
    opened.push(db)
    return db
  }
  const watches = new Map<string, Replicas>()
  for (const [shard, urls] of Object.entries(replicas)) {
    const watch = watchReplicas({
      primary: primaryOf(shard),
      replicas: urls.map((url) => open(logRole, url, { maxConnections: 1 })),
      lagLimitMs,
      onChange: (replica, isAsked) =>
        log[isAsked ? 'info' : 'warn'](
          { shard, replica },
          isAsked ? 'lists are read from this replica' : 'a replica does not answer or lags: lists are read elsewhere',
        ),
    })
    watches.set(shard, watch)
    metrics.gauge(
      `souk_replicas_${shard}_asked`,
      `Replicas of ${shard} that lists are read from now.`,
      () => watch.lagMs().filter((lag) => lag !== undefined).length,
    )
    metrics.gauge(
      `souk_replicas_${shard}_lag_seconds`,
      `How far the last of the replicas of ${shard} that are asked is behind.`,
      () => Math.max(0, ...watch.lagMs().map((lag) => lag ?? 0)) / 1_000,
    )
  }
  return {
    listsOf(service, shard, db) {
      const watch = watches.get(shard)
      if (watch === undefined) return undefined
      const pools = (replicas[shard] ?? []).map((url) => open(service, url, { maxConnections }))
      return readFrom(db, pools, watch)
    },
    async close() {
      for (const watch of watches.values()) watch.stop()
      await Promise.all(opened.map((db) => db.close()))
    },
  }
}
