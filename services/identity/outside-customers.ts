import { createHash } from 'node:crypto'
import { uuidv7 } from '@souk/postgres'
import { insertOutsideCustomers, outsideCustomers } from './accounts.sql.ts'
import type { Identity } from './identity.ts'

/** The contract says so. */
const mostNumbers = 2_000

/**
 * Accounts for customers whom a shop knows from another system, by their number there. They have no password and no role:
 * nobody can sign in to them. Their address is made of shop and number, which is what makes a number one account. It has
 * no dot behind the @: nothing is ever sent to it, and nobody can register it before us to own the orders of a customer.
 * Not announced: no person has come.
 */
export async function ensureOutsideCustomers(
  { db, clock }: Pick<Identity, 'db' | 'clock'>,
  shopId: string,
  numbers: readonly string[],
): Promise<{ accountIds: string[]; created: number }> {
  if (numbers.length > mostNumbers) throw new RangeError(`${mostNumbers} customers at most, got ${numbers.length}`)
  const now = clock()
  const wanted = new Map(numbers.map((number) => [addressOf(shopId, number), number]))
  return db.transaction(async (tx) => {
    const created = await insertOutsideCustomers(
      tx,
      [...wanted].map(([email, number]) => ({
        id: uuidv7(now.getTime()),
        email,
        name: number === '' ? 'Unknown customer' : `Customer ${number}`.slice(0, 100),
      })),
      now,
    )
    const ids = new Map((await outsideCustomers(tx, [...wanted.keys()])).map(({ emailKey, id }) => [emailKey, id]))
    return { accountIds: numbers.map((number) => ids.get(addressOf(shopId, number)) as string), created }
  })
}

const addressOf = (shopId: string, number: string): string => {
  const plain = /^[a-z0-9]{1,40}$/.test(number)
  const local = number === '' ? 'unknown' : plain ? `c-${number}` : `h-${hash(number)}`
  return `${local}@imported-${shopId}`
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)
