import { type DeadLetter, listDeadLetters, type Replayed, replayDeadLetters } from '@souk/events'
import type { RunningService } from '@souk/service'

export type LetterFilter = { consumer?: string; state: DeadLetter['state'] | 'all'; limit: number }
export type LetterOfService = DeadLetter & { service: string }

/** Of all these services, oldest first. */
export async function lettersOf(
  services: readonly RunningService[],
  { consumer, state, limit }: LetterFilter,
): Promise<LetterOfService[]> {
  const filter = { limit, ...(consumer !== undefined && { consumer }), ...(state !== 'all' && { state }) }
  const lists = await Promise.all(
    services.map(async ({ definition, db }) =>
      (await listDeadLetters(db.autocommit, filter)).map((letter) => ({ service: definition.name, ...letter })),
    ),
  )
  return lists.flat().sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** Each letter lies in one of the services; those that do not have it pass it over. */
export async function replayIn(
  services: readonly RunningService[],
  clock: () => Date,
  ids: readonly string[],
): Promise<Replayed> {
  const total: Replayed = { replayed: [], failed: [], skipped: [...ids] }
  for (const { db, parts } of services) {
    if (total.skipped.length === 0) break
    const some = await replayDeadLetters({ db, consumers: parts.consumers ?? [], clock }, total.skipped)
    total.replayed.push(...some.replayed)
    total.failed.push(...some.failed)
    total.skipped = some.skipped
  }
  return total
}
