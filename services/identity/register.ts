import { accountRegistered } from '@souk/contracts'
import { newEvent } from '@souk/events'
import { type Tx, uuidv7, violates } from '@souk/postgres'
import { fillGuest, giveRole, insertAccounts, isGuest, type NewAccount } from './accounts.sql.ts'
import { emailKeyOf, looksLikeEmail, tidyEmail, tidyName } from './email.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { refuseWeak } from './password-rules.ts'
import { from, openSession, type Tokens, tokensOf } from './sessions.ts'
import { endSessions } from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

export type Registration = { email: string; password: string; name: string }
export type Registered = {
  account: { accountId: string; email: string; name: string; createdAt: string }
  tokens: Tokens
}

/**
 * Make an account and sign it in.
 *
 * Whoever registers learns whether an address is taken: without a mail to confirm it, saying otherwise would be a lie
 * the next sign-in exposes. So the answer is plain (409), the work done is the same in both cases (the password is
 * hashed before anything is looked up), and the route's limit per address makes harvesting slow.
 *
 * A guest who registers keeps the account, and with it the orders: who holds a session of a guest is that guest. Sessions
 * opened before are ended, the new one takes their place.
 * @param signedInAs the account of the request's token, if it has one
 * @throws email-unusable, password-too-weak, email-taken, sign-in-busy
 */
export async function register(
  identity: Identity,
  given: Registration,
  caller: Caller,
  signedInAs?: string,
): Promise<Registered> {
  const { db, outbox, clock, passwords } = identity
  const email = tidyEmail(given.email)
  const name = tidyName(given.name)
  if (!looksLikeEmail(email)) throw errors.error('email-unusable', 'This is not an e-mail address.')
  refuseWeak(given.password, email)
  const passwordHash = await passwords.hash(given.password)
  const now = clock()
  const fresh = newAccount({ email, name, passwordHash }, now)
  const guest = signedInAs !== undefined && (await isGuest(db.autocommit, signedInAs))
  const account = guest ? { ...fresh, id: signedInAs } : fresh
  const opened = await db.transaction(async (tx) => {
    if (guest) {
      await fill(tx, account)
      await endSessions(tx, account.id, null, 'password-changed', now)
    } else {
      const inserted = await insertAccounts(tx, [account], now)
      if (!inserted.has(account.id)) throw taken()
      await giveRole(tx, [account.id], 'shopper', now)
    }
    await outbox.append(tx, [registeredEvent(account, now, caller.correlationId)])
    const session = await openSession(identity, tx, account.id, caller)
    const about = { accountId: account.id, sessionId: session.sessionId, email, ...from(caller) }
    await appendTrail(tx, [{ kind: 'registered', ...about }], now)
    return session
  })
  return {
    account: { accountId: account.id, email, name, createdAt: now.toISOString() },
    tokens: await tokensOf(identity, opened),
  }
}

const taken = () => errors.error('email-taken', 'An account with this e-mail address exists.')

async function fill(tx: Tx, account: NewAccount): Promise<void> {
  try {
    // Two tabs that register one guest at once: the second finds no guest any more, and the address taken by the first.
    if ((await fillGuest(tx, account)) === 0) throw taken()
  } catch (error) {
    throw violates(error, 'accounts_email_unique') ? taken() : error
  }
}

export const newAccount = (given: { email: string; name: string; passwordHash: string }, now: Date): NewAccount => ({
  ...given,
  id: uuidv7(now.getTime()),
  emailKey: emailKeyOf(given.email),
})

export const registeredEvent = (
  account: Pick<NewAccount, 'id' | 'email' | 'name'> & { guest?: boolean },
  now: Date,
  correlationId: string,
) =>
  newEvent(
    accountRegistered,
    {
      accountId: account.id,
      email: account.email,
      name: account.name,
      registeredAtMs: BigInt(now.getTime()),
      guest: account.guest ?? false,
    },
    { occurredAtMs: now.getTime(), correlationId },
  )
