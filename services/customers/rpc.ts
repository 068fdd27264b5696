import { CustomerService } from '@souk/contracts/customers'
import { type Database, isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { defaultDeliveryAddress, findAddress } from './addresses.sql.ts'
import { givenConsents } from './consents.sql.ts'
import { findCustomers } from './customers.sql.ts'

const maxIds = 100

export const customerRpc =
  ({ db }: { db: Database }): RpcHandlers =>
  (router) =>
    router.service(CustomerService, {
      async getCustomers({ customerIds }) {
        const ids = [...new Set(customerIds)].filter(isUuid).slice(0, maxIds)
        const [customers, consents] = await Promise.all([
          findCustomers(db.autocommit, ids),
          givenConsents(db.autocommit, ids),
        ])
        const consentsOf = new Map(consents.map(({ customerId, purposes }) => [customerId, purposes]))
        return {
          // There is nobody to write to behind a closed account.
          customers: customers.flatMap((customer) =>
            customer.closedAt !== null
              ? []
              : {
                  customerId: customer.customerId,
                  email: customer.email ?? '',
                  givenName: customer.givenName,
                  familyName: customer.familyName,
                  phone: customer.phone ?? '',
                  language: customer.language,
                  currencyCode: customer.currency,
                  guest: customer.guest,
                  consents: consentsOf.get(customer.customerId) ?? [],
                },
          ),
        }
      },
      async getAddress({ customerId, addressId }) {
        if (!isUuid(customerId) || (addressId !== '' && !isUuid(addressId))) return {}
        const address =
          addressId === ''
            ? await defaultDeliveryAddress(db.autocommit, customerId)
            : await findAddress(db.autocommit, customerId, addressId)
        if (address === undefined) return {}
        const { country, phone, ...rest } = address
        return { address: { ...rest, countryCode: country, phone: phone ?? '' } }
      },
    })
