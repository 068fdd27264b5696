import { httpErrors } from '@souk/http'
import type { Tx } from '@souk/postgres'
import { announce, type By, type ChangeDeps } from './announce.ts'
import { isBirthDate, type Preferences } from './customer.ts'
import { type Customer, ensureCustomer, lockCustomer, replaceTerms, updateCustomer } from './customers.sql.ts'
import { errors } from './errors.ts'
import { phoneOf } from './phone.ts'

export type Profile = Pick<Customer, 'givenName' | 'familyName' | 'phone' | 'birthDate' | 'language' | 'currency'>

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
  language: 'en',
  currency: 'EUR',
  preferences: {},
  preferencesVersion: 1,
  createdAt: now,
  changedAt: now,
})

/** Change a customer in its turn, and announce it. */
export async function changeCustomer(
  deps: ChangeDeps,
  tx: Tx,
  by: By,
  change: (customer: Customer) => Customer,
): Promise<Customer> {
  const now = deps.clock()
  await ensureCustomer(tx, by.customerId, now)
  const before = await lockCustomer(tx, by.customerId)
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
