import type { Database, Tx } from '@souk/postgres'
import type { AuditResult, Clock, Finding } from '@souk/service'
import { hmac, type Secrets } from './secrets.ts'
import { insertSeal, lastSealBefore, type SealRow, sealByNumber, sealsToVerify, unsealed } from './trail.sql.ts'

/** A link covers its events and the link before it; without our secret nobody can tie another one. */
const tie = (key: Buffer, seal: Omit<SealRow, 'link'>, previousLink: Buffer | null): Buffer =>
  hmac(
    key,
    [
      seal.number,
      seal.fromXid,
      seal.untilXid,
      seal.events,
      seal.rowsDigest.toString('hex'),
      previousLink?.toString('hex') ?? '',
    ].join('|'),
  )

/**
 * Tie what happened since the last seal to the chain. One link per run, not per event: chaining event by event would
 * make every sign-in of the marketplace wait for the one before it. What is altered before it is sealed (seconds) goes
 * unnoticed. @returns the number of events sealed.
 */
export const sealTrail = (
  { db, clock, secrets }: { db: Database; clock: Clock; secrets: Secrets },
  maxEvents = 10_000,
): Promise<number> =>
  db.transaction(async (tx) => {
    const { previousLink, ...seal } = await unsealed(tx, maxEvents)
    if (seal.events === 0) return 0
    await insertSeal(tx, { ...seal, link: tie(secrets.trail, seal, previousLink) }, clock())
    return seal.events
  })

/** Walk the chain and recompute it. @param since only seals that reach behind this snapshot. */
export async function verifyTrail(
  tx: Tx,
  secrets: Secrets,
  scope: { since: string | undefined; maxFindings: number },
): Promise<AuditResult> {
  const findings: Finding[] = []
  let checked = 0
  let number = scope.since === undefined ? 0 : (await lastSealBefore(tx, scope.since)).number
  let before = number === 0 ? undefined : await sealByNumber(tx, number)
  while (findings.length < scope.maxFindings) {
    const seals = await sealsToVerify(tx, number, 500)
    for (const seal of seals) {
      const fault = faultOf(secrets.trail, seal, number, before)
      if (fault !== undefined) findings.push({ subject: `seal ${seal.number}`, message: fault })
      checked += seal.eventsNow
      number = seal.number
      before = seal
    }
    if (seals.length < 500) break
  }
  return { checked, findings: findings.slice(0, scope.maxFindings) }
}

function faultOf(
  key: Buffer,
  seal: SealRow & { eventsNow: number; digestNow: Buffer },
  previousNumber: number,
  before: { link: Buffer; untilXid: string } | undefined,
): string | undefined {
  if (seal.number !== previousNumber + 1) return `follows seal ${previousNumber}: a seal is missing between them`
  if (seal.fromXid !== (before?.untilXid ?? '0')) return 'does not begin where the seal before it ends'
  if (seal.eventsNow !== seal.events) return `covers ${seal.events} events, ${seal.eventsNow} are there`
  if (!seal.digestNow.equals(seal.rowsDigest)) return 'its events are not what they were when it was made'
  if (!tie(key, seal, before?.link ?? null).equals(seal.link))
    return 'is not tied to the seal before it with our secret'
  return undefined
}
