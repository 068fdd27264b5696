import { httpErrors } from '@souk/http'
import { type Tx, uuidv7 } from '@souk/postgres'
import { type Address, checkAddress } from './address.ts'
import {
  addressesOf,
  clearDefault,
  deleteAddress,
  fillDefaults,
  findAddress,
  insertAddress,
  type KeptAddress,
  updateAddress,
} from './addresses.sql.ts'
import type { By, ChangeDeps } from './announce.ts'
import { changeCustomer } from './change-profile.ts'
import { errors } from './errors.ts'

export type BookDeps = ChangeDeps & { addressesPerCustomer: number }
/** True makes it the default in place of the one that is. The default stops being one only by another's becoming it. */
export type AsDefault = { defaultDelivery: boolean; defaultBilling: boolean }

const notFound = () => errors.error('address-not-found', 'There is no such address in your address book.')

function checked(given: Address): Address {
  const { address, faults } = checkAddress(given)
  if (faults.length > 0)
    throw errors.error('address-refused', faults.map(({ field, message }) => `${field} ${message}`).join('; '), {
      faults,
    })
  return address
}

/** Add an address. The first one is the default of both kinds. @throws address-refused, too-many-addresses */
export async function addAddress(
  deps: BookDeps,
  tx: Tx,
  given: Address,
  asDefault: AsDefault,
  by: By,
): Promise<KeptAddress> {
  const address = checked(given)
  const now = deps.clock()
  await changeCustomer(deps, tx, by, (customer) => customer)
  const there = await addressesOf(tx, by.customerId)
  if (there.length >= deps.addressesPerCustomer)
    throw errors.error('too-many-addresses', `An address book holds ${deps.addressesPerCustomer} addresses.`)
  const kept: KeptAddress = {
    ...address,
    addressId: uuidv7(now.getTime()),
    version: 1,
    defaultDelivery: asDefault.defaultDelivery || there.length === 0,
    defaultBilling: asDefault.defaultBilling || there.length === 0,
    createdAt: now,
    changedAt: now,
  }
  await makeRoom(tx, by.customerId, kept)
  await insertAddress(tx, by.customerId, kept)
  return kept
}

/** @param ifVersion of the address that was read. @throws address-not-found, version-mismatch, address-refused */
export async function changeAddress(
  deps: BookDeps,
  tx: Tx,
  addressId: string,
  ifVersion: number,
  given: Address,
  asDefault: AsDefault,
  by: By,
): Promise<KeptAddress> {
  const address = checked(given)
  await changeCustomer(deps, tx, by, (customer) => customer)
  const before = await findAddress(tx, by.customerId, addressId)
  if (before === undefined) throw notFound()
  if (before.version !== ifVersion)
    throw httpErrors.error('version-mismatch', `The address has version ${before.version} by now. Read it again.`, {
      version: before.version,
    })
  const kept: KeptAddress = {
    ...before,
    ...address,
    version: before.version + 1,
    defaultDelivery: before.defaultDelivery || asDefault.defaultDelivery,
    defaultBilling: before.defaultBilling || asDefault.defaultBilling,
    changedAt: deps.clock(),
  }
  await makeRoom(tx, by.customerId, {
    defaultDelivery: kept.defaultDelivery && !before.defaultDelivery,
    defaultBilling: kept.defaultBilling && !before.defaultBilling,
  })
  await updateAddress(tx, by.customerId, kept)
  return kept
}

/** Remove one. What it was the default of, the newest of the others becomes. @throws address-not-found */
export async function removeAddress(deps: BookDeps, tx: Tx, addressId: string, by: By): Promise<void> {
  await changeCustomer(deps, tx, by, (customer) => customer)
  if ((await deleteAddress(tx, by.customerId, addressId)) === 0) throw notFound()
  await fillDefaults(tx, by.customerId)
}

async function makeRoom(tx: Tx, customerId: string, { defaultDelivery, defaultBilling }: AsDefault): Promise<void> {
  if (defaultDelivery) await clearDefault(tx, customerId, 'delivery')
  if (defaultBilling) await clearDefault(tx, customerId, 'billing')
}
