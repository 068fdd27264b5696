import type { Job } from '@souk/service'
import { deleteOldAttempts } from './attempts.sql.ts'
import { dayMs, type Identity, minuteMs } from './identity.ts'
import { sealTrail } from './seal-trail.ts'
import { deleteOldSessions, deleteOldTokens } from './sessions.sql.ts'

const perStatement = 5_000
/** Ended sessions stay visible to whoever looks into an incident for a month. */
const sessionsKeptMs = 30 * dayMs
/** A replaced token is kept a while past its end, so that a thief who comes late still gives himself away. */
const tokensKeptMs = 7 * dayMs
const attemptsKeptMs = 60 * minuteMs

async function inPieces(remove: (limit: number) => Promise<number>): Promise<void> {
  while ((await remove(perStatement)) === perStatement);
}

export const jobs = (identity: Identity): Job[] => {
  const tx = identity.db.autocommit
  const before = (keptMs: number) => new Date(identity.clock().getTime() - keptMs)
  return [
    {
      name: 'identity.rotate-signing-keys',
      everyMs: 60 * minuteMs,
      run: async () => {
        await identity.keyring.keepFresh()
      },
    },
    {
      name: 'identity.seal-trail',
      everyMs: 5_000,
      run: async () => {
        const most = 10_000
        while ((await sealTrail(identity, most)) >= most);
      },
    },
    {
      name: 'identity.forget-the-past',
      everyMs: 60 * minuteMs,
      run: async () => {
        await inPieces((limit) => deleteOldSessions(tx, before(sessionsKeptMs), limit))
        await inPieces((limit) => deleteOldTokens(tx, before(tokensKeptMs), limit))
        await inPieces((limit) => deleteOldAttempts(tx, before(attemptsKeptMs), limit))
      },
    },
  ]
}
