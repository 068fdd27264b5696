import { accountClosed, accountRegistered } from '@souk/contracts'
import type { AccountClosed, AccountRegistered } from '@souk/contracts/identity'
import { type Consumer, isEvent } from '@souk/events'
import { announce } from './announce.ts'
import type { AvatarDeps } from './choose-avatar.ts'
import { closeCustomers } from './close-customers.ts'
import { namesFrom } from './customer.ts'
import { knowAccounts, lockCustomers, replaceTerms } from './customers.sql.ts'

export const customerConsumers = (deps: AvatarDeps): Consumer[] => [
  {
    name: 'customers.accounts',
    events: [accountRegistered, accountClosed],
    batchSize: 1_000,
    async handle(tx, events) {
      const news = events
        .filter((event) => isEvent(event, accountRegistered))
        .map((event) => event.payload as unknown as AccountRegistered)
      const closed = events
        .filter((event) => isEvent(event, accountClosed))
        .map((event) => (event.payload as unknown as AccountClosed).accountId)
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
      const correlationId = events[0]?.correlationId ?? ''
      await announce(deps, tx, changed, correlationId)
      // Nothing comes after the closing of an account, so whatever else the batch tells of it came before.
      if (closed.length > 0) await closeCustomers(deps, tx, closed, correlationId)
    },
  },
]
