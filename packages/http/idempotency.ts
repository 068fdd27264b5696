import { hash } from 'node:crypto'
import { type Database, DatabaseUnavailable, isServerError, OutcomeUnknown, type Tx } from '@souk/postgres'
import { errors } from './errors.ts'
import { claimKey, type KeyOfRequest, storeAnswer, storedAnswer } from './idempotency.sql.ts'
import type { Answer } from './route.ts'

const keptMs = 24 * 60 * 60 * 1_000
const waitMs = 5_000

/** Requests of this process that hold a key, so that fifty copies of one do not hold fifty connections waiting. */
const underWay = new Map<string, Promise<unknown>>()

const inFlight = () => errors.error('idempotency-in-flight', 'The first request with this key is not done yet.', {}, 1)

export const hashOfRequest = (url: string, body: unknown): Buffer =>
  hash('sha256', `${url}\n${JSON.stringify(body) ?? ''}`, 'buffer')

/**
 * Run `effects` and remember its answer under the key, in one transaction: both happen or neither. A repeat within 24
 * hours gets the first answer with `idempotency-replayed: true`; copies that arrive meanwhile wait for it, 5 s at most.
 * @throws idempotency-mismatch, idempotency-in-flight, and whatever `effects` throws (the key is then free again).
 */
export async function onceUnderKey(
  db: Database,
  request: KeyOfRequest,
  clock: () => Date,
  effects: (tx: Tx) => Promise<Answer>,
): Promise<Answer> {
  const name = JSON.stringify([db.schema, request.principal, request.key, request.route])
  await untilFree(name)
  const answer = withRecovery(db, request, clock, effects)
  underWay.set(name, answer)
  try {
    return await answer
  } finally {
    underWay.delete(name)
  }
}

async function untilFree(name: string): Promise<void> {
  const deadlineMs = performance.now() + waitMs
  for (let first = underWay.get(name); first !== undefined; first = underWay.get(name)) {
    const leftMs = deadlineMs - performance.now()
    if (leftMs <= 0) throw inFlight()
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, leftMs)
    })
    await Promise.race([first.then(noop, noop), timeout])
    clearTimeout(timer)
  }
}

const noop = () => {}

/**
 * When the connection broke around COMMIT, the key itself answers what happened: claiming it again finds the answer if
 * the first attempt was committed, and does the work if it was not. A second break leaves it open.
 */
async function withRecovery(
  db: Database,
  request: KeyOfRequest,
  clock: () => Date,
  effects: (tx: Tx) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await attempt(db, request, clock(), effects)
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error
    try {
      return await attempt(db, request, clock(), effects)
    } catch (second) {
      throw second instanceof DatabaseUnavailable ? error : second
    }
  }
}

const attempt = (db: Database, request: KeyOfRequest, now: Date, effects: (tx: Tx) => Promise<Answer>) =>
  db.transaction(async (tx) => {
    if (!(await claim(tx, request, now))) return replay(tx, request)
    const answer = await effects(tx)
    const { status, body, headers } = answer
    await storeAnswer(tx, request, status, jsonOrNull(body), jsonOrNull(headers))
    return answer
  })

const jsonOrNull = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

async function claim(tx: Tx, request: KeyOfRequest, now: Date): Promise<boolean> {
  try {
    return await claimKey(tx, request, now, new Date(now.getTime() - keptMs))
  } catch (error) {
    // 55P03: lock_timeout. Another process is still at it.
    if (isServerError(error) && error.code === '55P03') throw inFlight()
    throw error
  }
}

async function replay(tx: Tx, request: KeyOfRequest): Promise<Answer> {
  const stored = await storedAnswer(tx, request)
  // Gone between the claim and the look: purged, which only happens to keys about to expire.
  if (stored === undefined || stored.status === null) throw inFlight()
  if (!request.bodyHash.equals(stored.bodyHash))
    throw errors.error('idempotency-mismatch', 'This Idempotency-Key stands for another request; make a new one.')
  return {
    status: stored.status,
    ...(stored.answer !== null && { body: stored.answer }),
    headers: { ...stored.headers, 'idempotency-replayed': 'true' },
  }
}
