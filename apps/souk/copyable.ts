import { join, resolve } from 'node:path'
import { bytesOfServer } from '@souk/embedded-postgres'
import { kafkaSettings } from './event-log.ts'
import type { House } from './house.ts'
import type { Copyable } from './operations-rehearsals.ts'
import { dataFolderOf } from './running.ts'

const megabyte = 1_000_000
/** Looking means asking for the size of some thousand files. */
const lookAgainMs = 30_000

type Copied = Pick<House, 'database' | 'settings' | 'clock' | 'announced'>
type Env = Readonly<Record<string, string | undefined>>

/** A copy has the database alone: where events are elsewhere, its consumers would not know where they stood, and begin anew. */
const eventsElsewhere = 'Its events go through Kafka, which is not copied with it.'
export const whyNotCopied = (env: Env): string | undefined =>
  kafkaSettings(env) === undefined ? undefined : eventsElsewhere

/** Undefined where pictures are in a bucket. */
export const pictureFolderOf = (env: Env): string | undefined =>
  env.SOUK_MEDIA === 's3' ? undefined : resolve(env.SOUK_MEDIA_FOLDER || join(dataFolderOf(env), 'media'))

/** Whether a rehearsal can be held in a copy of this marketplace, looked at now and then. */
export function createCopyable({ database, settings, clock, announced }: Copied) {
  let seen: { atMs: number; copyable: Promise<Copyable> } | undefined
  const look = async (): Promise<Copyable> => {
    const mostMb = settings.SOUK_REHEARSAL_COPY_MB
    if (database.embedded === undefined || database.shards.length > 1)
      return { mb: 0, mostMb, unable: 'It does not run on its embedded database alone.' }
    if (announced.readElsewhere) return { mb: 0, mostMb, unable: eventsElsewhere }
    const mb = Math.ceil((await bytesOfServer(database.embedded.folder)) / megabyte)
    return { mb, mostMb, unable: mb > mostMb ? `Its database has ${mb} MB; ${mostMb} are copied at most.` : null }
  }
  return (): Promise<Copyable> => {
    const nowMs = clock().getTime()
    if (seen === undefined || nowMs - seen.atMs > lookAgainMs) seen = { atMs: nowMs, copyable: look() }
    return seen.copyable
  }
}
