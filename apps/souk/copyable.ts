import { bytesOfServer } from '@souk/embedded-postgres'
import type { House } from './house.ts'
import type { Copyable } from './operations-rehearsals.ts'

const megabyte = 1_000_000
/** Looking means asking for the size of some thousand files. */
const lookAgainMs = 30_000

/** Whether a rehearsal can be held in a copy of this marketplace, looked at now and then. */
export function createCopyable({ database, settings, clock }: Pick<House, 'database' | 'settings' | 'clock'>) {
  let seen: { atMs: number; copyable: Promise<Copyable> } | undefined
  const look = async (): Promise<Copyable> => {
    const mostMb = settings.SOUK_REHEARSAL_COPY_MB
    if (database.embedded === undefined || database.shards.length > 1)
      return { mb: 0, mostMb, unable: 'It does not run on its embedded database alone.' }
    const mb = Math.ceil((await bytesOfServer(database.embedded.folder)) / megabyte)
    return { mb, mostMb, unable: mb > mostMb ? `Its database has ${mb} MB; ${mostMb} are copied at most.` : null }
  }
  return (): Promise<Copyable> => {
    const nowMs = clock().getTime()
    if (seen === undefined || nowMs - seen.atMs > lookAgainMs) seen = { atMs: nowMs, copyable: look() }
    return seen.copyable
  }
}
