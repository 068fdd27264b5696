import type { Database, Tx } from './database.ts'
import { DatabaseUnavailable, isServerError, OutcomeUnknown } from './errors.ts'
import { primaryPlace, replicaPlace } from './replicas.sql.ts'
import type { Sql } from './sql.ts'

/** Replicas of one database, and which of them may be asked now. */
export type Replicas = {
  /** One after the other of those that answer and are not too far behind; undefined when there is none. */
  pick(): number | undefined
  /** It failed or did not answer: not asked again until it was seen well. */
  suspect(replica: number): void
  /** How far behind; undefined for one that is not asked. */
  lagMs(): (number | undefined)[]
  stop(): void
}

export type ReplicaOptions = {
  primary: Database
  replicas: readonly Database[]
  /** Further behind than this a replica is not asked. */
  lagLimitMs?: number
  everyMs?: number
  /** While none of them was asked for anything: what is known is as true then, only older. */
  idleEveryMs?: number
  /** Told when a replica is taken in or left out. */
  onChange?: (replica: number, isAsked: boolean) => void
}

/** Longer than a sound server needs for anything that is asked here; who hangs is left out after it. */
const answerWithinMs = 1_000

/**
 * Follow how far each replica is behind. Not by clocks, which differ, nor by the time of the last transaction, which grows
 * while nothing happens: the place in the primary's log is remembered, and when it was there; a replica is as far behind as
 * the last of these places that it has passed is old.
 */
export function watchReplicas(options: ReplicaOptions): Replicas {
  const { primary, replicas, lagLimitMs = 2_000, everyMs = 250, onChange = () => {} } = options
  const idleEveryMs = Math.max(everyMs, options.idleEveryMs ?? lagLimitMs / 2)
  const places: { atMs: number; place: bigint }[] = []
  /** When the state was that each replica shows now. */
  const shows: (number | undefined)[] = replicas.map(() => undefined)
  const asked = replicas.map(() => false)
  let turn = 0
  let isUsed = false
  let stopped = false

  const isWell = (replica: number) => {
    const at = shows[replica]
    return at !== undefined && performance.now() - at <= lagLimitMs
  }
  const tell = (replica: number) => {
    const now = isWell(replica)
    if (asked[replica] !== now) onChange(replica, now)
    asked[replica] = now
  }

  async function look(): Promise<void> {
    const atMs = performance.now()
    const { place } = await within(answerWithinMs, primaryPlace(primary.autocommit))
    places.push({ atMs, place: BigInt(place) })
    // Enough to tell any lag that is allowed.
    while (places.length > 2 && atMs - (places[1]?.atMs ?? atMs) > lagLimitMs) places.shift()
  }

  async function lookAt(replica: number): Promise<void> {
    try {
      const found = await within(answerWithinMs, replicaPlace((replicas[replica] as Database).autocommit))
      const place = BigInt(found.place)
      shows[replica] = places.findLast((each) => each.place <= place)?.atMs
    } catch {
      shows[replica] = undefined
    }
    tell(replica)
  }

  async function round(): Promise<void> {
    // Without the primary nobody knows what is missing: they are asked until they count as too far behind.
    await look().catch(() => {})
    await Promise.all(replicas.map((_, replica) => lookAt(replica)))
  }

  let timer: NodeJS.Timeout
  const lookAgain = () => {
    if (stopped) return
    timer = setTimeout(() => void round().finally(lookAgain), isUsed ? everyMs : idleEveryMs)
    timer.unref()
    isUsed = false
  }
  if (replicas.length > 0) void round().finally(lookAgain)

  return {
    pick() {
      isUsed = true
      for (let step = 0; step < replicas.length; step += 1) {
        const replica = (turn + step) % replicas.length
        if (!isWell(replica)) continue
        turn = replica + 1
        return replica
      }
      return undefined
    },
    suspect(replica) {
      shows[replica] = undefined
      tell(replica)
    },
    lagMs: () =>
      shows.map((at, replica) => (at === undefined || !isWell(replica) ? undefined : performance.now() - at)),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/**
 * Statements for lists and pages, which may be some moments old: asked of a replica if there is one, of the primary
 * otherwise, also when the replica fails meanwhile. Never for what decides.
 */
export function readFrom(
  primary: Database,
  replicas: readonly Database[],
  watch: Pick<Replicas, 'pick' | 'suspect'>,
): Tx {
  const ask = async <T>(statement: Sql, read: (tx: Tx, statement: Sql) => Promise<T>): Promise<T> => {
    const chosen = watch.pick()
    const replica = chosen === undefined ? undefined : replicas[chosen]
    if (chosen === undefined || replica === undefined) return read(primary.autocommit, statement)
    try {
      return await within(answerWithinMs, read(replica.autocommit, statement))
    } catch (error) {
      if (!isReplicasFault(error)) throw error
      watch.suspect(chosen)
      return read(primary.autocommit, statement)
    }
  }
  return {
    one: <Row>(statement: Sql) => ask(statement, (tx, it) => tx.one<Row>(it)),
    maybeOne: <Row>(statement: Sql) => ask(statement, (tx, it) => tx.maybeOne<Row>(it)),
    many: <Row>(statement: Sql) => ask(statement, (tx, it) => tx.many<Row>(it)),
    run: (statement) => primary.autocommit.run(statement),
    afterCommit: primary.autocommit.afterCommit,
  }
}

class TooSlow extends Error {}

/** Gone, hanging, or a row was cleaned up on the primary that a statement there still needed (40001, 57014). */
const isReplicasFault = (error: unknown): boolean =>
  error instanceof TooSlow ||
  error instanceof DatabaseUnavailable ||
  error instanceof OutcomeUnknown ||
  (isServerError(error) && ['40001', '57014', '25006'].includes(error.code))

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    // What comes later is nobody's any more.
    work.catch(() => {})
  }
}
