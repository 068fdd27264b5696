import { created, ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { beginAsGuest } from './begin-as-guest.ts'
import { callerOf, unstored } from './caller.ts'
import type { Identity } from './identity.ts'
import { logIn } from './log-in.ts'
import { refreshSession } from './refresh-session.ts'
import { register } from './register.ts'
import * as schemas from './schemas.ts'

/**
 * A page of the back office refreshes whenever it is opened, and a team sits behind one address. Nothing is to be guessed here:
 * a refresh token is 256 random bits.
 */
const refreshesForASignIn = 12

/** Getting in, for whoever is not in yet. None is stored under an Idempotency-Key: the answers are secrets. */
export function authRoutes(identity: Identity, settings: { authPerMinute: number }): Route[] {
  const limit = (name: string) => ({ name, perMinute: settings.authPerMinute, per: 'address' as const })
  return [
    route({
      method: 'POST',
      url: '/v1/auth/register',
      operationId: 'register',
      summary: 'Register an account and sign in',
      description:
        'Sent with the access token of a guest, it is the guest’s account that is registered: orders and addresses stay with it, and the sessions opened before end.',
      tag: 'Identity',
      access: 'public',
      limit: limit('auth-register'),
      idempotency: 'none',
      body: schemas.closed({ email: schemas.email, password: schemas.newPassword, name: schemas.line }),
      answers: { 201: schemas.registered },
      errors: ['email-taken', 'email-unusable', 'password-too-weak', 'sign-in-busy'],
      async handle(request) {
        const person = request.principal?.kind === 'session' ? request.principal.accountId : undefined
        const { account, tokens } = await register(identity, request.body, callerOf(request), person)
        return created({ account, ...tokens }, unstored)
      },
    }),
    route({
      method: 'POST',
      url: '/v1/auth/guests',
      operationId: 'beginAsGuest',
      summary: 'Order without registering',
      description:
        'Makes an account without a password, with tokens like any other, so that orders belong to somebody. It ends with its session: whoever wants to keep it registers with its access token. Messages about orders go to the address.',
      tag: 'Identity',
      access: 'public',
      limit: limit('auth-guests'),
      idempotency: 'none',
      body: schemas.closed({ email: schemas.email, name: Type.Optional(schemas.line) }),
      answers: { 201: schemas.registered },
      errors: ['email-unusable', 'guests-not-served'],
      async handle(request) {
        const { account, tokens } = await beginAsGuest(identity, request.body, callerOf(request))
        return created({ account, ...tokens }, unstored)
      },
    }),
    route({
      method: 'POST',
      url: '/v1/auth/login',
      operationId: 'logIn',
      summary: 'Sign in with e-mail and password',
      description:
        'An unknown e-mail and a wrong password get the same answer. More than 5 failures in 5 minutes for one account from one address slow further tries from there down; the account stays open from elsewhere. Where a second factor is on, `code` is needed, too: without one, whoever knows the password is told so.',
      tag: 'Identity',
      access: 'public',
      limit: limit('auth-login'),
      idempotency: 'none',
      body: schemas.closed({
        email: schemas.email,
        password: schemas.password,
        code: Type.Optional(schemas.code),
      }),
      answers: { 200: schemas.tokens },
      errors: [
        'sign-in-refused',
        'sign-in-slowed',
        'sign-in-busy',
        'account-disabled',
        'second-factor-needed',
        'second-factor-refused',
        'second-factor-blocked',
      ],
      handle: async (request) => ok(await logIn(identity, request.body, callerOf(request)), unstored),
    }),
    route({
      method: 'POST',
      url: '/v1/auth/refresh',
      operationId: 'refresh',
      summary: 'Exchange a refresh token for new tokens',
      description:
        'A refresh token is good once. For 10 seconds after its use a repeat gets the same new refresh token, in case the answer was lost; a later one ends the session, because two parties hold the token.',
      tag: 'Identity',
      access: 'public',
      limit: { ...limit('auth-refresh'), perMinute: settings.authPerMinute * refreshesForASignIn },
      idempotency: 'none',
      body: schemas.closed({ refreshToken: Type.String({ minLength: 1, maxLength: 200 }) }),
      answers: { 200: schemas.tokens },
      errors: ['refresh-refused'],
      handle: async (request) =>
        ok(await refreshSession(identity, request.body.refreshToken, callerOf(request)), unstored),
    }),
    route({
      method: 'GET',
      url: '/.well-known/jwks.json',
      operationId: 'getKeySet',
      summary: 'Public keys of access tokens',
      tag: 'Identity',
      access: 'public',
      answers: {
        200: schemas.closed({
          keys: Type.Array(
            schemas.closed({
              kty: Type.String(),
              n: Type.String(),
              e: Type.String(),
              kid: Type.String(),
              alg: Type.String(),
              use: Type.String(),
            }),
          ),
        }),
      },
      // A key is published long before it signs, so a copy some minutes old still knows it.
      handle: async () => ok(await identity.keyring.keySet(), { 'cache-control': 'public, max-age=60' }),
    }),
  ]
}
