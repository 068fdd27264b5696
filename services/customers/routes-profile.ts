import { etag, httpErrors, ok, type Route, type RouteRequest, route, versionFrom } from '@souk/http'
import type { Database } from '@souk/postgres'
import type { By } from './announce.ts'
import { changePreferences, changeProfile, newcomer } from './change-profile.ts'
import { type AvatarDeps, chooseAvatar, findAvatar } from './choose-avatar.ts'
import { isTimeZone } from './customer.ts'
import { findCustomer } from './customers.sql.ts'
import type { BookDeps } from './keep-addresses.ts'
import {
  AvatarBody,
  CustomerView,
  customerView,
  PreferencesBody,
  PreferencesView,
  preferencesView,
  ProfileBody,
} from './views.ts'

export type RouteDeps = BookDeps & AvatarDeps & { db: Database }
export const tag = 'Customers'
export const byOf = ({ me, correlationId }: Pick<RouteRequest, 'me' | 'correlationId'>): By => ({
  customerId: me.accountId,
  correlationId,
})

/** What customers keep about themselves. Repeats change nothing (If-Match), so personal answers are not stored by key. */
export function profileRoutes(deps: RouteDeps): Route[] {
  const mine = async (customerId: string) =>
    (await findCustomer(deps.db.autocommit, customerId)) ?? newcomer(customerId, deps.clock())
  return [
    route({
      method: 'GET',
      url: '/v1/customers/me',
      operationId: 'getMyProfile',
      summary: 'Get my profile',
      tag,
      access: 'signed-in',
      answers: { 200: CustomerView },
      async handle({ me }) {
        const customer = await mine(me.accountId)
        return ok(customerView(customer), etag(customer.version))
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/customers/me',
      operationId: 'setMyProfile',
      summary: 'Change my profile',
      description: 'Replaces all of it. Send the ETag you read as If-Match.',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      body: ProfileBody,
      answers: { 200: CustomerView },
      errors: ['version-mismatch', 'precondition-required', 'phone-refused', 'birth-date-refused', 'customer-closed'],
      handle(request) {
        const ifVersion = versionFrom(request.headers['if-match'])
        return request.once(deps.db, async (tx) => {
          const customer = await changeProfile(deps, tx, ifVersion, request.body, byOf(request))
          return ok(customerView(customer), etag(customer.version))
        })
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/customers/me/avatar',
      operationId: 'setMyAvatar',
      summary: 'Show a picture of me',
      description: 'One uploaded with POST /v1/media/personal and completed. The ones before it are forgotten.',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      body: AvatarBody,
      answers: { 200: CustomerView },
      errors: ['avatar-not-found', 'customer-closed'],
      async handle(request) {
        const avatar = await findAvatar(deps, request.me.accountId, request.body.mediaId)
        return request.once(deps.db, async (tx) => {
          const customer = await chooseAvatar(deps, tx, avatar, byOf(request))
          return ok(customerView(customer), etag(customer.version))
        })
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/customers/me/avatar',
      operationId: 'removeMyAvatar',
      summary: 'Show no picture of me',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      answers: { 200: CustomerView },
      errors: ['customer-closed'],
      handle: (request) =>
        request.once(deps.db, async (tx) => {
          const customer = await chooseAvatar(deps, tx, null, byOf(request))
          return ok(customerView(customer), etag(customer.version))
        }),
    }),
    route({
      method: 'GET',
      url: '/v1/customers/me/preferences',
      operationId: 'getMyPreferences',
      summary: 'Get how I like the shop to look and behave',
      tag,
      access: 'signed-in',
      answers: { 200: PreferencesView },
      async handle({ me }) {
        const customer = await mine(me.accountId)
        return ok(preferencesView(customer), etag(customer.preferencesVersion))
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/customers/me/preferences',
      operationId: 'setMyPreferences',
      summary: 'Choose how the shop looks and behaves',
      description: 'Replaces all of them. Send the ETag you read as If-Match.',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      body: PreferencesBody,
      answers: { 200: PreferencesView },
      errors: ['version-mismatch', 'precondition-required', 'customer-closed'],
      handle(request) {
        const ifVersion = versionFrom(request.headers['if-match'])
        if (!isTimeZone(request.body.timeZone))
          throw httpErrors.error('validation-failed', 'body/timeZone: is not a time zone', {
            faults: [{ in: 'body', path: '/timeZone', message: 'is not a time zone' }],
          })
        return request.once(deps.db, async (tx) => {
          const customer = await changePreferences(deps, tx, ifVersion, request.body, byOf(request))
          return ok(preferencesView(customer), etag(customer.preferencesVersion))
        })
      },
    }),
  ]
}
