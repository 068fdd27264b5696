import { isServerError } from '@souk/postgres'

/** Nothing happened, or everything is as it was before. */
export class MoveRefused extends Error {}

/** The process that moves is gone, or another has taken its move over: it tidies up nothing. */
export class MoverKilled extends Error {}

export const tookTooLong = (ms: number) =>
  new MoveRefused(
    `Orders would have been kept waiting for more than ${ms / 1_000} s: move fewer buckets at once, or allow more (--closed-for).`,
  )

const lockTimeout = '55P03'
const statementTimeout = '57014'

/**
 * What went wrong while both shards were closed. A transaction is run again by itself after a deadlock; one in which a map
 * was changed must not be, so nothing in here stays an error of the server.
 */
export function asRefusal(error: unknown, closedAtMostMs: number): Error {
  if (error instanceof MoveRefused || error instanceof MoverKilled) return error
  if (isServerError(error) && error.code === lockTimeout)
    return new MoveRefused(
      'Somebody works on these tables for longer than a moment: a long transaction, VACUUM or ANALYZE by hand, an index being made. Move again when it is over.',
      { cause: error },
    )
  if (isServerError(error) && error.code === statementTimeout) return tookTooLong(closedAtMostMs)
  return new MoveRefused(error instanceof Error ? error.message : String(error), { cause: error })
}
