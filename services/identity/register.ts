import { accountRegistered } from '@souk/contracts'
import { newEvent } from '@souk/events'
import { uuidv7 } from '@souk/postgres'
import { giveRole, insertAccounts, type NewAccount } from './accounts.sql.ts'
import { emailKeyOf, looksLikeEmail, tidyEmail } from './email.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { refuseWeak } from './password-rules.ts'
import { from, openSession, type Tokens, tokensOf } from './sessions.ts'
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
 * @throws email-unusable, password-too-weak, email-taken, sign-in-busy
 */
export async function register(identity: Identity, given: Registration, caller: Caller): Promise<Registered> {
  const { db, outbox, clock, passwords } = identity
  const email = tidyEmail(given.email)
  const name = given.name.normalize('NFKC').trim()
  if (!looksLikeEmail(email)) throw errors.error('email-unusable', 'This is not an e-mail address.')
  refuseWeak(given.password, email)
  const passwordHash = await passwords.hash(given.password)
  const now = clock()
  const account = newAccount({ email, name, passwordHash }, now)
  const opened = await db.transaction(async (tx) => {
    const inserted = await insertAccounts(tx, [account], now)
    if (!inserted.has(account.id)) throw errors.error('email-taken', 'An account with this e-mail address exists.')
    await giveRole(tx, [account.id], 'shopper', now)
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

export const newAccount = (given: { email: string; name: string; passwordHash: string }, now: Date): NewAccount => ({
  ...given,
  id: uuidv7(now.getTime()),
  emailKey: emailKeyOf(given.email),
})

export const registeredEvent = (account: NewAccount, now: Date, correlationId: string) =>
  newEvent(
    accountRegistered,
    {
      accountId: account.id,
      email: account.email,
      name: account.name,
      registeredAtMs: BigInt(now.getTime()),
    },
    { occurredAtMs: now.getTime(), correlationId },
  )
