import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@souk/embedded-postgres'
import { logRole, roleOf, urlForRole } from '@souk/postgres'
import { jobsSchema, shardsSchema } from '@souk/service'
import { type Supervised, startKafka, startPgBouncer, startRedis } from '@souk/engines'
import { derivedSecret } from '../derived-secret.ts'
import { relayService } from '../event-log.ts'
import { allServices } from '../services.ts'
import type { ClusterDescription } from './description.ts'
import type { Part } from './part.ts'
import { host, ownerRole } from './plan.ts'
import { ensureDatabases } from './servers.sql.ts'

type Given = { description: ClusterDescription; folder: string; secret: string; onProgress: (text: string) => void }

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export type PostgresPart = Part & {
  /** Of the superuser, for whoever judges; undefined while it has never run. */
  adminUrl(): string | undefined
  /** For who follows it; undefined while it does not run. */
  server(): EmbeddedPostgres | undefined
}

/** One PostgreSQL server with its databases. */
export function postgresPart(server: string, { description, folder, secret, onProgress }: Given): PostgresPart {
  const { postgres } = description
  const { port } = postgres.servers[server] as { port: number }
  const databases = Object.keys(postgres.shards).filter((shard) => postgres.shards[shard] === server)
  const home = join(folder, 'postgres', server)
  let running: EmbeddedPostgres | undefined
  return {
    name: `postgres-${server}`,
    does: `databases ${databases.join(', ')}`,
    port,
    log: join(home, 'server.log'),
    pid: () => (running !== undefined && isAlive(running.pid) ? running.pid : undefined),
    adminUrl: () => running?.url,
    server: () => running,
    async start() {
      if (running !== undefined) {
        await running.restart('fast')
        return
      }
      mkdirSync(join(folder, 'postgres'), { recursive: true })
      running = await startEmbeddedPostgres({
        folder: home,
        port,
        settings: postgres.settings,
        onProgress: (text) => onProgress(`postgres-${server}: ${text}`),
      })
      await ensureDatabases(running.url, {
        owner: ownerRole,
        password: derivedSecret(secret, 'cluster owner'),
        databases,
      })
    },
    async stop() {
      await running?.stop()
      running = undefined
    },
    async kill() {
      await running?.kill()
    },
  }
}

/** An engine: started the first time by `open`, afterwards by itself. */
function enginePart(
  about: Pick<Part, 'name' | 'does' | 'port' | 'log'>,
  open: () => Promise<Pick<Supervised, 'pid' | 'start' | 'stop' | 'kill'>>,
): Part {
  let running: Pick<Supervised, 'pid' | 'start' | 'stop' | 'kill'> | undefined
  return {
    ...about,
    pid: () => running?.pid,
    async start() {
      if (running === undefined) {
        running = await open()
        return
      }
      // One that did not answer in time may still be ending, and would pass for started.
      await running.kill()
      await running.start()
    },
    stop: async () => running?.stop(),
    kill: async () => running?.kill(),
  }
}

export function kafkaPart({ description, folder, onProgress }: Given, settings: Record<string, string> = {}): Part {
  const { port, nodes, heapMb } = description.kafka
  const dataFolder = join(folder, 'kafka')
  const about = { name: 'kafka', does: 'the event log', port, log: join(dataFolder, 'node-1', 'server.log') }
  return enginePart(about, async () => {
    const kafka = await startKafka({
      dataFolder,
      nodes,
      port,
      heapMb,
      settings,
      onProgress: (text) => onProgress(`kafka: ${text}`),
    })
    return {
      // Dead when one of its nodes is.
      get pid() {
        return kafka.nodes.some(({ pid }) => pid === undefined) ? undefined : kafka.nodes[0]?.pid
      },
      start: kafka.start,
      stop: kafka.stop,
      kill: kafka.kill,
    }
  })
}

export function redisPart({ description, folder }: Given): Part {
  const { port, maxMemoryMb } = description.redis
  const dataFolder = join(folder, 'redis')
  const about = { name: 'redis', does: 'the cache', port, log: join(dataFolder, 'redis.log') }
  return enginePart(about, () => startRedis({ dataFolder, port, maxMemoryMb }))
}

/** In transaction mode, before all databases. */
export function poolerPart({ description, folder, secret }: Given): Part {
  const { pooler, postgres } = description
  const dataFolder = join(folder, 'pooler')
  const about = {
    name: 'pooler',
    does: 'shares connections among transactions',
    port: pooler.port,
    log: join(dataFolder, 'pgbouncer.log'),
  }
  const schemas = [jobsSchema.service, shardsSchema.service, relayService, ...allServices.map(({ name }) => name)]
  const roles = [logRole, ...schemas.map(roleOf)]
  const passwordOf = (role: string) => new URL(urlForRole(`postgres://${host}/home`, role, secret)).password
  return enginePart(about, () =>
    startPgBouncer({
      dataFolder,
      port: pooler.port,
      poolSize: pooler.poolSize,
      databases: Object.fromEntries(
        Object.entries(postgres.shards).map(([shard, server]) => [
          shard,
          { host, port: postgres.servers[server]?.port ?? 0, database: shard },
        ]),
      ),
      users: {
        [ownerRole]: derivedSecret(secret, 'cluster owner'),
        ...Object.fromEntries(roles.map((role) => [role, passwordOf(role)])),
      },
    }),
  )
}
