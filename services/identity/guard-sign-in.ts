import { signInFailuresExceeded } from '@souk/contracts'
import { newEvent } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { type AttemptsRow, lockAttempts, saveAttempts } from './attempts.sql.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { networkOf } from './network-address.ts'
import { hmac } from './secrets.ts'
import { type Attempts, counted, forgiven, noAttempts, noticeDue, policies, waitMs } from './slow-down.ts'

type Kind = keyof typeof policies
const kinds = Object.keys(policies) as Kind[]

/** A try that was let in. Every one must be settled: `failed`, or `takenBack`. */
export type Attempt = {
  readonly subjects: Readonly<Record<Kind, string>>
  readonly network: string
  readonly atMs: number
}

/** Let somebody try a password, or not yet. @throws sign-in-slowed, with the seconds to wait */
export async function admitAttempt(
  { db, clock, secrets }: Identity,
  emailKey: string,
  caller: Caller,
): Promise<Attempt> {
  const network = networkOf(caller.address)
  const subject = (...parts: string[]) => hmac(secrets.subjects, JSON.stringify(parts)).toString('base64url')
  const subjects = {
    pair: subject('pair', emailKey, network),
    address: subject('address', network),
    account: subject('account', emailKey),
  }
  const nowMs = clock().getTime()
  const waitingMs = await db.transaction(async (tx) => {
    const before = await read(tx, subjects, nowMs)
    const longestMs = Math.max(...kinds.map((kind) => waitMs(before[kind], nowMs)))
    if (longestMs === 0) await save(tx, subjects, nowMs, (kind) => counted(before[kind], policies[kind], nowMs))
    return longestMs
  })
  if (waitingMs > 0) {
    const seconds = Math.ceil(waitingMs / 1000)
    throw errors.error('sign-in-slowed', `Too many failed tries. Try again in ${seconds} s.`, {}, seconds)
  }
  return { subjects, network, atMs: nowMs }
}

/** The try succeeded or could not be made: it counts for nothing, and after a success neither do those before it. */
export async function takeBack(
  { clock }: Identity,
  tx: Tx,
  attempt: Attempt,
  how: 'succeeded' | 'not-made',
): Promise<void> {
  const nowMs = clock().getTime()
  const before = await read(tx, attempt.subjects, nowMs)
  await save(tx, attempt.subjects, nowMs, (kind) =>
    kind === 'pair' && how === 'succeeded'
      ? { ...noAttempts, noticedAtMs: before.pair.noticedAtMs }
      : forgiven(before[kind], policies[kind], attempt.atMs, nowMs),
  )
}

/** The try failed and stays counted. Tells about it once per window and subject when it was one too many. */
export async function noticeFailure(
  { clock, outbox }: Identity,
  tx: Tx,
  attempt: Attempt,
  about: { accountId: string | undefined; correlationId: string },
): Promise<void> {
  const nowMs = clock().getTime()
  const before = await read(tx, attempt.subjects, nowMs)
  const due = kinds.filter((kind) => noticeDue(before[kind], policies[kind], nowMs))
  if (due.length === 0) return
  await save(tx, attempt.subjects, nowMs, (kind) =>
    due.includes(kind) ? { ...before[kind], noticedAtMs: nowMs } : before[kind],
  )
  const events = due.map((kind) =>
    newEvent(
      signInFailuresExceeded,
      {
        accountId: kind === 'address' ? '' : (about.accountId ?? ''),
        networkAddress: kind === 'account' ? '' : attempt.network,
        failures: before[kind].timesMs.length,
        noticedAtMs: BigInt(nowMs),
      },
      { occurredAtMs: nowMs, correlationId: about.correlationId },
    ),
  )
  await outbox.append(tx, events)
}

async function read(tx: Tx, subjects: Attempt['subjects'], nowMs: number): Promise<Record<Kind, Attempts>> {
  const rows = await lockAttempts(tx, Object.values(subjects), new Date(nowMs))
  const of = (kind: Kind): Attempts => {
    const row = rows.get(subjects[kind])
    if (row === undefined) return noAttempts
    return {
      timesMs: row.attempts,
      blockedUntilMs: row.blockedUntil?.getTime() ?? 0,
      noticedAtMs: row.noticedAt?.getTime(),
    }
  }
  return { pair: of('pair'), address: of('address'), account: of('account') }
}

const save = (tx: Tx, subjects: Attempt['subjects'], nowMs: number, next: (kind: Kind) => Attempts) =>
  saveAttempts(
    tx,
    kinds.map((kind) => rowOf(subjects[kind], next(kind))),
    new Date(nowMs),
  )

const rowOf = (subject: string, attempts: Attempts): AttemptsRow => ({
  subject,
  attempts: [...attempts.timesMs],
  blockedUntil: attempts.blockedUntilMs === 0 ? null : new Date(attempts.blockedUntilMs),
  noticedAt: attempts.noticedAtMs === undefined ? null : new Date(attempts.noticedAtMs),
})
