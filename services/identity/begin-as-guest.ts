import { uuidv7 } from '@souk/postgres'
import { giveRole, insertGuest } from './accounts.sql.ts'
import { looksLikeEmail, tidyEmail, tidyName } from './email.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { type Registered, registeredEvent } from './register.ts'
import { from, openSession, tokensOf } from './sessions.ts'
import { appendTrail } from './trail.ts'

/**
 * An account for somebody who wants to order without registering: no password, so nobody can sign in to it again; it
 * lives as long as the session does. The address is where to write to and proves nothing: it is not what the account is
 * known by, so a guest may give the address of an account, and gets nothing of that.
 * @throws email-unusable, guests-not-served where the marketplace wants accounts (its setting `checkout.guest`)
 */
export async function beginAsGuest(
  identity: Identity,
  given: { email: string; name?: string | undefined },
  caller: Caller,
): Promise<Registered> {
  const { db, outbox, clock } = identity
  if (!(await identity.servesGuests()))
    throw errors.error('guests-not-served', 'Orders are taken from accounts only: register, or sign in.')
  const email = tidyEmail(given.email)
  if (!looksLikeEmail(email)) throw errors.error('email-unusable', 'This is not an e-mail address.')
  const name = tidyName(given.name ?? '') || 'Guest'
  const now = clock()
  const id = uuidv7(now.getTime())
  const opened = await db.transaction(async (tx) => {
    await insertGuest(tx, { id, email, emailKey: guestKeyOf(id), name }, now)
    await giveRole(tx, [id], 'shopper', now)
    await outbox.append(tx, [registeredEvent({ id, email, name, guest: true }, now, caller.correlationId)])
    const session = await openSession(identity, tx, id, caller)
    const about = { accountId: id, sessionId: session.sessionId, email, ...from(caller) }
    await appendTrail(tx, [{ kind: 'guest-began', ...about }], now)
    return session
  })
  return {
    account: { accountId: id, email, name, createdAt: now.toISOString() },
    tokens: await tokensOf(identity, opened),
  }
}

/** One account each, whatever address they give. It has no dot behind the @, so nobody can register it. */
const guestKeyOf = (accountId: string) => `${accountId}@guest`
