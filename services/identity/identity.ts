import type { Outbox } from '@souk/events'
import type { Database } from '@souk/postgres'
import type { Clock } from '@souk/service'
import type { Keyring } from './keyring.ts'
import type { Passwords } from './passwords.ts'
import type { FactorPolicy } from './second-factor.ts'
import type { Secrets } from './secrets.ts'

/** What the use cases work with. */
export type Identity = {
  readonly db: Database
  readonly outbox: Outbox
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly keyring: Keyring
  /** Who has to show more than a password. */
  readonly factorPolicy: FactorPolicy
  /** Whether somebody without an account may order. */
  servesGuests(): Promise<boolean>
  /** For the metrics: 'signed-in', or the code of the error. */
  countSignIn(outcome: string): void
}

/** Where a request came from, for the trail and for slowing guesses down. */
export type Caller = { readonly address: string; readonly userAgent: string; readonly correlationId: string }

export const dayMs = 86_400_000
export const minuteMs = 60_000
