import type { ServiceContext } from '@souk/service'
import { accountsByEmail, giveRole, insertAccounts } from './accounts.sql.ts'
import { emailKeyOf, tidyEmail } from './email.ts'
import { createPasswords } from './passwords.ts'
import { newAccount, registeredEvent } from './register.ts'
import { appendTrail } from './trail.ts'

export type Person = {
  email: string
  password: string
  name: string
  /** Beyond `shopper`, which everybody is. */
  roles?: readonly string[]
}

const perTransaction = 500

/**
 * Make accounts for a demonstration: with passwords, announced like any other, 500 per transaction. Those that exist are
 * left as they are, so it may be repeated. People given the same password share its hash: hashing is made to be slow, and
 * these passwords are printed anyway.
 * @returns their account ids, in the order given
 */
export async function seedAccounts(
  context: Pick<ServiceContext, 'db' | 'outbox' | 'clock'>,
  people: readonly Person[],
): Promise<string[]> {
  const { db, outbox, clock } = context
  const passwords = await createPasswords({ concurrency: 2, queue: people.length })
  const distinct = [...new Set(people.map((person) => person.password))]
  const hashes = await Promise.all(distinct.map((password) => passwords.hash(password)))
  const hashOf = new Map(distinct.map((password, index) => [password, hashes[index] as string]))
  const idOf = new Map<string, string>()
  for (let start = 0; start < people.length; start += perTransaction) {
    const some = people.slice(start, start + perTransaction)
    const now = clock()
    await db.transaction(async (tx) => {
      const accounts = some.map(({ email, name, password }) =>
        newAccount({ email: tidyEmail(email), name, passwordHash: hashOf.get(password) as string }, now),
      )
      const inserted = await insertAccounts(tx, accounts, now)
      const fresh = accounts.filter((account) => inserted.has(account.id))
      await giveRole(
        tx,
        fresh.map((account) => account.id),
        'shopper',
        now,
      )
      await outbox.append(
        tx,
        fresh.map((account) => registeredEvent(account, now, '')),
      )
      await appendTrail(
        tx,
        fresh.map(({ id, email }) => ({ kind: 'registered', accountId: id, email })),
        now,
      )
      const ids = await accountsByEmail(
        tx,
        accounts.map((account) => account.emailKey),
      )
      for (const { emailKey, id } of ids) idOf.set(emailKey, id)
      const roles = new Set(some.flatMap((person) => person.roles ?? []))
      for (const role of roles) {
        const holders = some.filter((person) => person.roles?.includes(role))
        await giveRole(
          tx,
          holders.flatMap((person) => idOf.get(emailKeyOf(person.email)) ?? []),
          role,
          now,
        )
      }
    })
  }
  return people.map((person) => idOf.get(emailKeyOf(person.email)) as string)
}
