import { join } from 'node:path'
import { type Replica, startReplica } from '@souk/embedded-postgres'
import type { ClusterDescription } from './description.ts'
import { isAlive, type PostgresPart } from './engine-parts.ts'
import type { Part } from './part.ts'
import { replicaPort } from './plan.ts'

type Given = { description: ClusterDescription; folder: string; onProgress: (text: string) => void }

/** A server that follows another one by streaming replication; copied from it the first time, so that one must be up. */
export function replicaPart(server: string, primary: PostgresPart, { description, folder, onProgress }: Given): Part {
  const { postgres } = description
  const databases = Object.keys(postgres.shards).filter((shard) => postgres.shards[shard] === server)
  const name = `replica-${server}`
  const home = join(folder, 'postgres', name)
  let running: Replica | undefined
  return {
    name,
    does: `follows ${server}; lists of ${databases.join(', ')}`,
    port: replicaPort(description, server),
    log: join(home, 'server.log'),
    pid: () => (running !== undefined && isAlive(running.pid) ? running.pid : undefined),
    async start() {
      if (running !== undefined) {
        await running.restart('fast')
        return
      }
      const followed = primary.server()
      if (followed === undefined) throw new Error(`${name} has nobody to follow: ${primary.name} does not run`)
      running = await startReplica(followed, {
        folder: home,
        port: replicaPort(description, server),
        settings: postgres.settings,
        onProgress: (text) => onProgress(`${name}: ${text}`),
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
