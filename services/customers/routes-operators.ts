import { cursorOf, ok, pageOf, readCursor, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { addressesOf } from './addresses.sql.ts'
import { currentConsents } from './consents.sql.ts'
import { endOfPrefix, searchKeyOf } from './customer.ts'
import { findCustomer, findCustomers, listCustomers, runList, searchCustomers } from './customers.sql.ts'
import { errors } from './errors.ts'
import { type RouteDeps, tag } from './routes-profile.ts'
import {
  addressView,
  closed,
  consentView,
  CustomerDetailView,
  CustomerView,
  customerView,
  Id,
  line,
  listOf,
  paging,
} from './views.ts'

const access = { permission: 'operator' }

/** For those who run the marketplace. */
export const operatorRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/customers',
    operationId: 'listCustomers',
    summary: 'List or search customers',
    description:
      'The newest first; with `query` those whose e-mail address or a word of whose name begins so, in the order of what was found.',
    tag,
    access,
    query: Type.Object({ ...paging, query: Type.Optional(line(1, 100)) }, closed),
    answers: { 200: listOf(CustomerView) },
    async handle({ query }) {
      const [term, id] = readCursor('customers', query.cursor, 'text', 'id') ?? []
      const after = term === undefined || id === undefined ? undefined : { term, id }
      const search = searchKeyOf(query.query ?? '')
      const statement =
        search === ''
          ? listCustomers(after, query.limit + 1)
          : searchCustomers(search, endOfPrefix(search), after, query.limit + 1)
      return ok(
        pageOf(await runList(deps.db.autocommit, statement), query.limit, customerView, (last) =>
          cursorOf('customers', last.term, last.customerId),
        ),
      )
    },
  }),
  route({
    method: 'POST',
    url: '/v1/customers/batch',
    operationId: 'getCustomers',
    summary: 'Get many customers by id',
    description: 'In the order asked for; unknown ones are left out.',
    tag,
    access,
    idempotency: 'none',
    body: Type.Object({ customerIds: Type.Array(Id, { minItems: 1, maxItems: 100 }) }, closed),
    answers: { 200: Type.Object({ items: Type.Array(CustomerView) }, closed) },
    async handle({ body }) {
      const ids = [...new Set(body.customerIds)]
      const found = new Map((await findCustomers(deps.db.autocommit, ids)).map((each) => [each.customerId, each]))
      return ok({ items: ids.flatMap((id) => found.get(id) ?? []).map(customerView) })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/customers/:customerId',
    operationId: 'getCustomer',
    summary: 'Get a customer with addresses and consents',
    tag,
    access,
    params: Type.Object({ customerId: Id }, closed),
    answers: { 200: CustomerDetailView },
    errors: ['customer-not-found'],
    async handle({ params: { customerId } }) {
      const tx = deps.db.autocommit
      const customer = await findCustomer(tx, customerId)
      if (customer === undefined) throw errors.error('customer-not-found', 'There is no customer with this id.')
      const [addresses, consents] = await Promise.all([addressesOf(tx, customerId), currentConsents(tx, customerId)])
      return ok({
        ...customerView(customer),
        addresses: addresses.map(addressView),
        consents: consents.map(consentView),
      })
    },
  }),
]
