import { consentChanged, customerChanged } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { countriesOf } from './addresses.sql.ts'
import type { Consent } from './consents.sql.ts'
import type { Customer } from './customers.sql.ts'

export type ChangeDeps = { outbox: Outbox; clock: () => Date }
/** Who asks, and by which request. */
export type By = { customerId: string; correlationId: string }

/** Tell that these are as they are now. Their `events` have been raised, in this transaction. */
export async function announce(
  { outbox }: Pick<ChangeDeps, 'outbox'>,
  tx: Tx,
  customers: readonly Customer[],
  correlationId: string,
): Promise<void> {
  if (customers.length === 0) return
  const countries = new Map(
    (
      await countriesOf(
        tx,
        customers.map(({ customerId }) => customerId),
      )
    ).map(({ customerId, country }) => [customerId, country]),
  )
  await outbox.append(
    tx,
    customers.map((customer) =>
      newEvent(
        customerChanged,
        {
          customerId: customer.customerId,
          version: BigInt(customer.events),
          created: customer.events === 1,
          guest: customer.guest,
          language: customer.language,
          currencyCode: customer.currency,
          countryCode: countries.get(customer.customerId) ?? '',
          changedAtMs: BigInt(customer.changedAt.getTime()),
          closed: customer.closedAt !== null,
        },
        { occurredAtMs: customer.changedAt.getTime(), correlationId },
      ),
    ),
  )
}

export async function announceConsents(
  { outbox }: Pick<ChangeDeps, 'outbox'>,
  tx: Tx,
  consents: readonly (Consent & { customerId: string })[],
  correlationId: string,
): Promise<void> {
  if (consents.length === 0) return
  await outbox.append(
    tx,
    consents.map(({ customerId, purpose, given, wordingVersion, source, at }) =>
      newEvent(
        consentChanged,
        { customerId, purpose, given, wordingVersion, source, changedAtMs: BigInt(at.getTime()) },
        { occurredAtMs: at.getTime(), correlationId },
      ),
    ),
  )
}
