import { created, etag, noContent, ok, type Route, route, versionFrom } from '@souk/http'
import { type Static, Type } from 'typebox'
import type { Address } from './address.ts'
import { addressesOf } from './addresses.sql.ts'
import { addAddress, changeAddress, removeAddress } from './keep-addresses.ts'
import { byOf, type RouteDeps, tag } from './routes-profile.ts'
import { AddressBody, AddressView, addressView, closed, Id, listOf } from './views.ts'

const AddressParams = Type.Object({ addressId: Id }, closed)
type Body = Static<typeof AddressBody>
const addressOf = (given: Body): Address => ({
  label: given.label ?? '',
  name: given.name,
  company: given.company ?? '',
  line1: given.line1,
  line2: given.line2 ?? '',
  postalCode: given.postalCode ?? '',
  city: given.city,
  region: given.region ?? '',
  country: given.country,
  phone: given.phone ?? null,
})
const defaultsOf = ({ defaultDelivery = false, defaultBilling = false }: Body) => ({ defaultDelivery, defaultBilling })

export const addressRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/customers/me/addresses',
    operationId: 'listMyAddresses',
    summary: 'List my addresses',
    description: 'All of them, the oldest first; there is never a second page.',
    tag,
    access: 'signed-in',
    answers: { 200: listOf(AddressView) },
    handle: async ({ me }) =>
      ok({ items: (await addressesOf(deps.db.autocommit, me.accountId)).map(addressView), nextCursor: null }),
  }),
  route({
    method: 'POST',
    url: '/v1/customers/me/addresses',
    operationId: 'addMyAddress',
    summary: 'Add an address',
    description:
      'Checked by the rules of its country: what is missing or cannot be right is named in `faults`. The first address is the default for delivery and for billing.',
    tag,
    access: 'signed-in',
    body: AddressBody,
    answers: { 201: AddressView },
    errors: ['address-refused', 'too-many-addresses'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        const kept = await addAddress(deps, tx, addressOf(request.body), defaultsOf(request.body), byOf(request))
        return created(addressView(kept), etag(kept.version))
      }),
  }),
  route({
    method: 'PUT',
    url: '/v1/customers/me/addresses/:addressId',
    operationId: 'setMyAddress',
    summary: 'Change an address',
    description: 'Replaces all of it. Send its version as If-Match.',
    tag,
    access: 'signed-in',
    idempotency: 'none',
    params: AddressParams,
    body: AddressBody,
    answers: { 200: AddressView },
    errors: ['address-not-found', 'address-refused', 'version-mismatch', 'precondition-required'],
    handle(request) {
      const ifVersion = versionFrom(request.headers['if-match'])
      const { params, body } = request
      return request.once(deps.db, async (tx) => {
        const by = byOf(request)
        const kept = await changeAddress(deps, tx, params.addressId, ifVersion, addressOf(body), defaultsOf(body), by)
        return ok(addressView(kept), etag(kept.version))
      })
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/customers/me/addresses/:addressId',
    operationId: 'removeMyAddress',
    summary: 'Remove an address',
    description:
      'What it was the default of, the newest of the others becomes. Orders keep the address they were given.',
    tag,
    access: 'signed-in',
    params: AddressParams,
    answers: { 204: Type.Null() },
    errors: ['address-not-found'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        await removeAddress(deps, tx, request.params.addressId, byOf(request))
        return noContent
      }),
  }),
]
