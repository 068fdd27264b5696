import { accountRegistered } from '@souk/contracts'
import type { AccountRegistered } from '@souk/contracts/identity'
import type { Consumer } from '@souk/events'
import { announce, type ChangeDeps } from './announce.ts'
import { namesFrom } from './customer.ts'
import { knowAccounts, lockCustomers, replaceTerms } from './customers.sql.ts'

export const customerConsumers = (deps: ChangeDeps): Consumer[] => [
  {
    name: 'customers.accounts',
    events: [accountRegistered],
    batchSize: 1_000,
    async handle(tx, events) {
      const news = events.map((event) => event.payload as unknown as AccountRegistered)
      // Of a guest who registers within one batch, the later news holds.
      const accounts = new Map(
        news.map((account) => [
          account.accountId,
          {
            customerId: account.accountId,
            email: account.email,
            guest: account.guest,
            ...namesFrom(account.name),
            at: new Date(Number(account.registeredAtMs)),
          },
        ]),
      )
      await lockCustomers(tx, [...accounts.keys()])
      const changed = await knowAccounts(tx, [...accounts.values()], deps.clock())
      await replaceTerms(tx, changed)
      await announce(deps, tx, changed, events[0]?.correlationId ?? '')
    },
  },
]
