import type { Tx } from '@souk/postgres'
import type { AuditCheck, Finding } from '@souk/service'
import { booksWithoutDefaults, closedNotErased, countCustomers, customersNotFound } from './audits.sql.ts'

const check = (title: string, find: (tx: Tx, maxFindings: number) => Promise<Finding[]>): AuditCheck => ({
  invariant: 'customers',
  title,
  run: async (tx, { maxFindings }) => ({ checked: await countCustomers(tx), findings: await find(tx, maxFindings) }),
})

export const customerAudits: readonly AuditCheck[] = [
  check('an address book has one default for delivery and one for billing', async (tx, max) =>
    (await booksWithoutDefaults(tx, max)).map(({ customerId, delivery, billing }) => ({
      subject: `customer ${customerId}`,
      message: `${delivery} defaults for delivery, ${billing} for billing`,
    })),
  ),
  check('nothing personal is left of customers whose accounts were closed', async (tx, max) =>
    (await closedNotErased(tx, max)).map(({ customerId }) => ({
      subject: `customer ${customerId}`,
      message: 'something personal was kept',
    })),
  ),
  check('every customer whose e-mail address is known can be found', async (tx, max) =>
    (await customersNotFound(tx, max)).map(({ customerId }) => ({
      subject: `customer ${customerId}`,
      message: 'nothing finds this customer',
    })),
  ),
]
