import {
  countDeadLettersOf,
  type DeadLetter,
  type DeadLetterMatch,
  discardDeadLetter,
  listDeadLetters,
  type Replayed,
  replayDeadLetters,
  type ShownDeadLetter,
  showDeadLetter,
} from '@souk/events'
import type { RunningService } from '@souk/service'

export type LetterFilter = Omit<DeadLetterMatch, 'state'> & { state: DeadLetter['state'] | 'all' }
export type LetterOfService = DeadLetter & { service: string }

const matchOf = ({ state, ...match }: LetterFilter): DeadLetterMatch => ({
  ...match,
  ...(state !== 'all' && { state }),
})

/** Each service once for each of its databases. */
const everywhere = (services: readonly RunningService[]) =>
  services.flatMap(({ definition, databases, parts }) => databases.map(({ db }) => ({ definition, db, parts })))

/** Of all these services, oldest first, `limit` at most. */
export async function lettersOf(
  services: readonly RunningService[],
  filter: LetterFilter,
  limit: number,
): Promise<LetterOfService[]> {
  const lists = await Promise.all(
    everywhere(services).map(async ({ definition, db }) =>
      (await listDeadLetters(db.autocommit, { ...matchOf(filter), limit })).map((letter) => ({
        service: definition.name,
        ...letter,
      })),
    ),
  )
  return lists
    .flat()
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .slice(0, limit)
}

export async function countLetters(services: readonly RunningService[], filter: LetterFilter): Promise<number> {
  const counts = await Promise.all(
    everywhere(services).map(({ db }) => countDeadLettersOf(db.autocommit, matchOf(filter))),
  )
  return counts.reduce((sum, one) => sum + one, 0)
}

/** One with what it carries, and the service it lies with. */
export async function showLetter(
  services: readonly RunningService[],
  id: string,
): Promise<(ShownDeadLetter & { service: string }) | undefined> {
  for (const { definition, db, parts } of everywhere(services)) {
    const letter = await showDeadLetter(db.autocommit, id, parts.consumers ?? [])
    if (letter !== undefined) return { service: definition.name, ...letter }
  }
  return undefined
}

/** Each letter lies in one of the services; those that do not have it pass it over. */
export async function replayIn(
  services: readonly RunningService[],
  clock: () => Date,
  ids: readonly string[],
): Promise<Replayed> {
  const total: Replayed = { replayed: [], failed: [], skipped: [...ids] }
  for (const { db, parts } of everywhere(services)) {
    if (total.skipped.length === 0) break
    const some = await replayDeadLetters({ db, consumers: parts.consumers ?? [], clock }, total.skipped)
    total.replayed.push(...some.replayed)
    total.failed.push(...some.failed)
    total.skipped = some.skipped
  }
  return total
}

/** Resolves to those that were parked and are discarded now. */
export async function discardIn(
  services: readonly RunningService[],
  clock: () => Date,
  ids: readonly string[],
  reason: string,
): Promise<{ discarded: string[]; skipped: string[] }> {
  const discarded: string[] = []
  for (const id of ids)
    for (const { db } of everywhere(services))
      if (await db.transaction((tx) => discardDeadLetter(tx, id, reason, clock()))) discarded.push(id)
  return { discarded, skipped: ids.filter((id) => !discarded.includes(id)) }
}
