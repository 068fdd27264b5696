import { cursorOf, ok, pageOf, readCursor, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { consentHistory, currentConsents } from './consents.sql.ts'
import { purposes } from './customer.ts'
import { byOf, type RouteDeps, tag } from './routes-profile.ts'
import { setConsent } from './set-consent.ts'
import { closed, ConsentBody, ConsentView, consentView, listOf, neverAsked, paging, Purpose } from './views.ts'

export const consentRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/customers/me/consents',
    operationId: 'listMyConsents',
    summary: 'List what I consent to',
    description: 'Every purpose there is. One nobody was asked about is not given.',
    tag,
    access: 'signed-in',
    answers: { 200: Type.Object({ items: Type.Array(ConsentView) }, closed) },
    async handle({ me }) {
      const current = new Map(
        (await currentConsents(deps.db.autocommit, me.accountId)).map((each) => [each.purpose, each]),
      )
      return ok({
        items: purposes.map((purpose) => {
          const consent = current.get(purpose)
          return consent === undefined ? neverAsked(purpose) : consentView(consent)
        }),
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/customers/me/consents/history',
    operationId: 'listMyConsentHistory',
    summary: 'List what I ever consented to and took back',
    tag,
    access: 'signed-in',
    query: Type.Object(paging, closed),
    answers: { 200: listOf(ConsentView) },
    async handle({ me, query }) {
      const [before] = readCursor('consents', query.cursor, 'integer') ?? []
      const rows = await consentHistory(deps.db.autocommit, me.accountId, before, query.limit + 1)
      return ok(pageOf(rows, query.limit, consentView, (last) => cursorOf('consents', last.entryId)))
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/customers/me/consents/:purpose',
    operationId: 'setMyConsent',
    summary: 'Give a consent or take it back',
    description: 'Written down for good, with the wording that was shown. Saying the same again adds nothing.',
    tag,
    access: 'signed-in',
    idempotency: 'none',
    params: Type.Object({ purpose: Purpose }, closed),
    body: ConsentBody,
    answers: { 200: ConsentView },
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        const { purpose } = request.params
        return ok(consentView(await setConsent(deps, tx, { purpose, ...request.body }, byOf(request))))
      }),
  }),
]
