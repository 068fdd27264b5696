import { sql, type Tx } from '@souk/postgres'
import type { Address } from './address.ts'

export type KeptAddress = Address & {
  addressId: string
  version: number
  defaultDelivery: boolean
  defaultBilling: boolean
  createdAt: Date
  changedAt: Date
}

const columns = sql`address_id as "addressId", version, label, name, company, line1, line2, postal_code as "postalCode",
  city, region, country, phone, default_delivery as "defaultDelivery", default_billing as "defaultBilling",
  created_at as "createdAt", changed_at as "changedAt"`

/** Oldest first. */
export const addressesOf = (tx: Tx, customerId: string) =>
  tx.many<KeptAddress>(sql`select ${columns} from addresses where customer_id = ${customerId} order by address_id`)

export const findAddress = (tx: Tx, customerId: string, addressId: string) =>
  tx.maybeOne<KeptAddress>(
    sql`select ${columns} from addresses where customer_id = ${customerId} and address_id = ${addressId}`,
  )

export const defaultDeliveryAddress = (tx: Tx, customerId: string) =>
  tx.maybeOne<KeptAddress>(sql`select ${columns} from addresses where customer_id = ${customerId} and default_delivery`)

/** The country of each one's default address for delivery. */
export const countriesOf = (tx: Tx, customerIds: readonly string[]) =>
  tx.many<{ customerId: string; country: string }>(sql`
    select customer_id as "customerId", country from addresses
    where customer_id = any(${customerIds}::uuid[]) and default_delivery`)

export const insertAddress = (tx: Tx, customerId: string, address: KeptAddress) =>
  tx.run(sql`
    insert into addresses (address_id, customer_id, label, name, company, line1, line2, postal_code, city, region, country,
      phone, default_delivery, default_billing, created_at, changed_at)
    values (${address.addressId}, ${customerId}, ${address.label}, ${address.name}, ${address.company}, ${address.line1},
      ${address.line2}, ${address.postalCode}, ${address.city}, ${address.region}, ${address.country}, ${address.phone},
      ${address.defaultDelivery}, ${address.defaultBilling}, ${address.createdAt}, ${address.changedAt})`)

export const updateAddress = (tx: Tx, customerId: string, address: KeptAddress) =>
  tx.run(sql`
    update addresses set version = ${address.version}, label = ${address.label}, name = ${address.name},
      company = ${address.company}, line1 = ${address.line1}, line2 = ${address.line2}, postal_code = ${address.postalCode},
      city = ${address.city}, region = ${address.region}, country = ${address.country}, phone = ${address.phone},
      default_delivery = ${address.defaultDelivery}, default_billing = ${address.defaultBilling},
      changed_at = ${address.changedAt}
    where customer_id = ${customerId} and address_id = ${address.addressId}`)

/** Before another becomes the default. */
export const clearDefault = (tx: Tx, customerId: string, kind: 'delivery' | 'billing') =>
  tx.run(
    kind === 'delivery'
      ? sql`update addresses set default_delivery = false, version = version + 1
             where customer_id = ${customerId} and default_delivery`
      : sql`update addresses set default_billing = false, version = version + 1
             where customer_id = ${customerId} and default_billing`,
  )

/** When the default went: the newest of the others takes its place. */
export const fillDefaults = (tx: Tx, customerId: string) =>
  tx.run(sql`
    with newest as (
      select max(address_id::text)::uuid as address_id, bool_or(default_delivery) as delivery, bool_or(default_billing) as billing
      from addresses where customer_id = ${customerId})
    update addresses a set default_delivery = a.default_delivery or not n.delivery,
      default_billing = a.default_billing or not n.billing, version = a.version + 1
    from newest n where a.address_id = n.address_id and not (n.delivery and n.billing)`)

export const deleteAddress = (tx: Tx, customerId: string, addressId: string) =>
  tx.run(sql`delete from addresses where customer_id = ${customerId} and address_id = ${addressId}`)
