import { httpErrors } from '@souk/http'
import type { Tx } from '@souk/postgres'
import { announce, type By, type ChangeDeps } from './announce.ts'
import { isBirthDate, type Preferences } from './customer.ts'
import { type Customer, ensureCustomer, lockCustomer, replaceTerms, updateCustomer } from './customers.sql.ts'
import { errors } from './errors.ts'
import { phoneOf } from './phone.ts'

export type Profile = Pick<Customer, 'givenName' | 'familyName' | 'phone' | 'birthDate' | 'language' | 'currency'> & {
  /** Left out: stays as it is. */
  gender?: string | null
}

/** What a customer is who has not been heard of: shown, and kept with the first change. */
export const newcomer = (customerId: string, now: Date): Customer => ({
  customerId,
  version: 1,
  events: 0,
  email: null,
  guest: false,
  givenName: '',
  familyName: '',
  phone: null,
  birthDate: null,
  gender: null,
  avatarMediaId: null,
  avatarUrl: null,
  language: 'en',
  currency: 'EUR',
  preferences: {},
  preferencesVersion: 1,
  createdAt: now,
  changedAt: now,
  closedAt: null,
})

/** The customer, nobody else's until the transaction ends. @throws customer-closed */
export async function takeTurn(tx: Tx, customerId: string, now: Date): Promise<Customer> {
  await ensureCustomer(tx, customerId, now)
  const customer = await lockCustomer(tx, customerId)
  // A token lives on for up to a second after its session ended; nothing may be written down in it.
  if (customer.closedAt !== null) throw errors.error('customer-closed', 'This account was closed.')
  return customer
}

/** Change a customer in its turn, and announce it. @throws customer-closed */
export async function changeCustomer(
  deps: ChangeDeps,
  tx: Tx,
  by: By,
  change: (customer: Customer) => Customer,
): Promise<Customer> {
  const now = deps.clock()
  const before = await takeTurn(tx, by.customerId, now)
  const customer = { ...change(before), events: before.events + 1, changedAt: now }
  await updateCustomer(tx, customer)
  await announce(deps, tx, [customer], by.correlationId)
  return customer
}

const stale = (version: number) =>
  httpErrors.error('version-mismatch', `It has version ${version} by now. Read it again.`, { version })

/** @param ifVersion of the profile that was read. @throws version-mismatch, phone-refused, birth-date-refused */
export async function changeProfile(
  deps: ChangeDeps,
  tx: Tx,
  ifVersion: number,
  given: Profile,
  by: By,
): Promise<Customer> {
  const phone = given.phone === null ? null : phoneOf(given.phone)
  if (phone === undefined) throw errors.error('phone-refused', 'Write the number with its country: +49 30 901820.')
  if (given.birthDate !== null && !isBirthDate(given.birthDate, deps.clock()))
    throw errors.error('birth-date-refused', 'The birth date is not in the past, or too long ago.')
  const customer = await changeCustomer(deps, tx, by, (before) => {
    if (before.version !== ifVersion) throw stale(before.version)
    return {
      ...before,
      ...given,
      givenName: given.givenName.normalize('NFC').trim(),
      familyName: given.familyName.normalize('NFC').trim(),
      gender: given.gender === undefined ? before.gender : given.gender?.normalize('NFC').trim() || null,
      phone,
      version: before.version + 1,
    }
  })
  await replaceTerms(tx, [customer])
  return customer
}

/** @throws version-mismatch */
export const changePreferences = (deps: ChangeDeps, tx: Tx, ifVersion: number, preferences: Preferences, by: By) =>
  changeCustomer(deps, tx, by, (before) => {
    if (before.preferencesVersion !== ifVersion) throw stale(before.preferencesVersion)
    return { ...before, preferences, preferencesVersion: before.preferencesVersion + 1 }
  })
