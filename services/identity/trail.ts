import type { Tx } from '@souk/postgres'
import { maskEmail } from './email.ts'
import { insertTrail } from './trail.sql.ts'

export const trailKinds = [
  'registered',
  'guest-began',
  'signed-in',
  'sign-in-failed',
  'refreshed',
  'reuse-detected',
  'logged-out',
  'session-ended',
  'password-changed',
  'second-factor-on',
  'second-factor-off',
  'second-factor-reset',
  'api-key-made',
  'api-key-revoked',
  'api-key-rotated',
  'roles-changed',
  'duties-changed',
  'account-disabled',
  'account-enabled',
  'account-closed',
  'signing-key-rotated',
  'rehearsal-made',
  'rehearsal-removed',
] as const
export type TrailKind = (typeof trailKinds)[number]

export type TrailEvent = {
  kind: TrailKind
  /** Whose account it is about. */
  accountId?: string
  /** Who did it, where that is somebody else. */
  actorId?: string
  sessionId?: string
  /** Network address. */
  address?: string
  /** Masked before it is written. */
  email?: string
  correlationId?: string
  /** Never secrets, never personal data. */
  detail?: Readonly<Record<string, unknown>>
}

/** Write to the trail, in the transaction of what it tells about. Nothing waits: the chain is tied later, in batches. */
export const appendTrail = (tx: Tx, events: readonly TrailEvent[], now: Date): Promise<number> =>
  insertTrail(
    tx,
    JSON.stringify(
      events.map((event) => ({
        occurredAt: now,
        kind: event.kind,
        accountId: event.accountId,
        actorId: event.actorId,
        sessionId: event.sessionId,
        address: event.address ?? '',
        emailMasked: event.email === undefined ? '' : maskEmail(event.email),
        correlationId: event.correlationId ?? '',
        detail: event.detail ?? {},
      })),
    ),
  )
