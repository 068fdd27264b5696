import { noContent, ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { callerOf, personOf, unstored } from './caller.ts'
import type { Identity } from './identity.ts'
import {
  beginSecondFactor,
  confirmSecondFactor,
  readSecondFactor,
  removeSecondFactor,
  resetSecondFactor,
} from './manage-second-factor.ts'
import * as schemas from './schemas.ts'

const tag = 'Identity'
const passwordErrors = [
  'session-needed',
  'sign-in-refused',
  'sign-in-slowed',
  'sign-in-busy',
  'account-not-found',
] as const

/** The code of an authenticator beside the password. None is stored under an Idempotency-Key: the answers are secrets. */
export function secondFactorRoutes(identity: Identity): Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/auth/second-factor',
      operationId: 'getSecondFactor',
      summary: 'Whether signing in takes a code beside my password',
      tag,
      access: 'signed-in',
      answers: {
        200: schemas.closed({
          on: Type.Boolean(),
          required: Type.Boolean({
            description: 'Until it is on, tokens leave out what I may do as an operator or for shops.',
          }),
          recoveryCodesLeft: Type.Integer({ minimum: 0 }),
        }),
      },
      errors: ['session-needed'],
      handle: async (request) => ok(await readSecondFactor(identity, personOf(request))),
    }),
    route({
      method: 'POST',
      url: '/v1/auth/second-factor',
      operationId: 'beginSecondFactor',
      summary: 'Get a secret for my authenticator',
      description:
        'For any authenticator of the usual kind (RFC 6238). Nothing changes until a code of it is confirmed; beginning again gives another secret.',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      body: schemas.closed({ password: schemas.password }),
      answers: {
        200: schemas.closed({
          secret: Type.String({ description: 'Base 32, to be typed in' }),
          uri: Type.String({ description: 'otpauth://…, to be shown as a QR code' }),
        }),
      },
      errors: [...passwordErrors, 'second-factor-on'],
      handle: async (request) =>
        ok(await beginSecondFactor(identity, personOf(request), request.body.password, callerOf(request)), unstored),
    }),
    route({
      method: 'POST',
      url: '/v1/auth/second-factor/confirm',
      operationId: 'confirmSecondFactor',
      summary: 'Switch the second factor on, with a code of my authenticator',
      description:
        'Ends my other sessions. Ten recovery codes are answered, this once; each signs in once in the place of a code. Refresh to get a token with everything I may do.',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      body: schemas.closed({ code: schemas.code }),
      answers: { 200: schemas.closed({ recoveryCodes: Type.Array(Type.String()) }) },
      errors: ['session-needed', 'second-factor-off', 'second-factor-on', 'second-factor-refused'],
      handle: async (request) =>
        ok(
          {
            recoveryCodes: await confirmSecondFactor(identity, personOf(request), request.body.code, callerOf(request)),
          },
          unstored,
        ),
    }),
    route({
      method: 'POST',
      url: '/v1/auth/second-factor/remove',
      operationId: 'removeSecondFactor',
      summary: 'Switch the second factor off',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      body: schemas.closed({ password: schemas.password, code: schemas.code }),
      answers: { 204: Type.Null() },
      errors: [...passwordErrors, 'second-factor-off', 'second-factor-refused', 'second-factor-blocked'],
      async handle(request) {
        await removeSecondFactor(identity, personOf(request), request.body, callerOf(request))
        return noContent
      },
    }),
    route({
      method: 'POST',
      url: '/v1/identity/accounts/:accountId/reset-second-factor',
      operationId: 'resetSecondFactor',
      summary: 'Switch off the second factor of somebody who has lost it',
      description: 'Ends all their sessions. Be sure who asks: whoever knows the password can sign in afterwards.',
      tag,
      access: { permission: 'operator' },
      idempotency: 'none',
      params: schemas.closed({ accountId: schemas.id }),
      answers: { 204: Type.Null() },
      errors: ['account-not-found'],
      async handle(request) {
        await resetSecondFactor(identity, request.params.accountId, request.me.accountId, callerOf(request))
        return noContent
      },
    }),
  ]
}
