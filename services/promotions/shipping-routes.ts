import { created, etag, httpErrors, noContent, ok, type Route, route, versionFrom } from '@souk/http'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { Type } from 'typebox'
import {
  changeRules,
  closed,
  Country,
  Currency,
  Id,
  line,
  Method,
  Minor,
  names,
  orNull,
  requireDuty,
  type RouteDeps,
  ShopParams,
  tag,
  unfit,
} from './edge.ts'
import { promotionErrors } from './errors.ts'
import { deleteRate, findRate, maxRules, ratesOf, saveRate, type StoredRate } from './shop-rules.sql.ts'
import { tellOrders } from './tell-orders.ts'

const RateParams = Type.Object({ shopId: Id, rateId: Id }, closed)
const Grams = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
const fields = {
  name: line(1, 80, 'What customers see.'),
  names: names(80),
  method: Method,
  countries: Type.Array(Country, {
    maxItems: 250,
    uniqueItems: true,
    description: 'Empty: everywhere that no other rate of the shop names.',
  }),
  fromGrams: Grams,
  toGrams: orNull(Grams, 'Null: however heavy.'),
  priceMinor: Minor,
  currency: Currency,
  freeFromMinor: orNull(Minor, 'Free when the goods, after discounts, are worth that much. Null: never.'),
}
const RateBody = Type.Object(
  {
    name: fields.name,
    names: Type.Optional(fields.names),
    method: Type.Optional(fields.method),
    countries: Type.Optional(fields.countries),
    fromGrams: Type.Optional(fields.fromGrams),
    toGrams: Type.Optional(fields.toGrams),
    priceMinor: fields.priceMinor,
    currency: fields.currency,
    freeFromMinor: Type.Optional(fields.freeFromMinor),
  },
  closed,
)
const RateView = Type.Object({ id: Id, shopId: Id, version: Type.Integer(), ...fields }, closed)

const rateView = ({ rateId, ...rest }: StoredRate) => ({ ...rest, id: rateId })

type Given = {
  name: string
  names?: Record<string, string>
  method?: string
  countries?: string[]
  fromGrams?: number
  toGrams?: number | null
  priceMinor: number
  currency: string
  freeFromMinor?: number | null
}

/** @throws promotion-does-not-fit */
function rateFrom(given: Given, known: Pick<StoredRate, 'rateId' | 'shopId' | 'version'>): StoredRate {
  const { method = 'standard', countries = [], fromGrams = 0, toGrams = null, freeFromMinor = null } = given
  if (toGrams !== null && toGrams < fromGrams) throw unfit('`toGrams` must not be less than `fromGrams`.')
  const { name, names = {}, priceMinor, currency } = given
  return { ...known, name, names, method, countries, fromGrams, toGrams, priceMinor, currency, freeFromMinor }
}

const notFound = (rateId: string) =>
  promotionErrors.error('shipping-rate-not-found', `There is no shipping rate ${rateId} in this shop.`)

export function shippingRoutes(deps: RouteDeps): Route[] {
  const { shards, clock } = deps
  return [
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/shipping-rates',
      operationId: 'createShippingRate',
      summary: 'Create a shipping rate',
      description:
        'By method, countries and weight. A rate that names a country comes before one for everywhere; of several the cheapest holds. A shop without rates sends for nothing.',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      body: RateBody,
      answers: { 201: RateView },
      errors: ['promotion-shop-not-found', 'promotion-does-not-fit', 'too-many-rules'],
      async handle(request) {
        const { shopId } = request.params
        requireDuty(request.me, shopId, 'settings')
        const now = clock()
        const rateId = uuidv7(now.getTime(), bucketOf(shopId))
        const rate = rateFrom(request.body, { rateId, shopId, version: 1 })
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async () => {
            if ((await ratesOf(tx, [shopId])).length >= maxRules)
              throw promotionErrors.error('too-many-rules', `The shop has ${maxRules} shipping rates.`)
            await saveRate(tx, rate, now)
            return created(rateView(rate), { ...etag(1), location: `/v1/shops/${shopId}/shipping-rates/${rateId}` })
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/shipping-rates',
      operationId: 'listShippingRates',
      summary: 'How a shop sends its goods, and for how much',
      tag,
      access: 'public',
      params: ShopParams,
      answers: { 200: Type.Object({ items: Type.Array(RateView) }, closed) },
      async handle({ params: { shopId } }) {
        return ok({ items: (await ratesOf(shards.ofOwner(shopId).db.autocommit, [shopId])).map(rateView) })
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/shops/:shopId/shipping-rates/:rateId',
      operationId: 'replaceShippingRate',
      summary: 'Change a shipping rate',
      description: 'Send the whole of it, and its version as If-Match.',
      tag,
      access: { duty: 'settings' },
      params: RateParams,
      body: RateBody,
      answers: { 200: RateView },
      errors: [
        'promotion-shop-not-found',
        'shipping-rate-not-found',
        'promotion-does-not-fit',
        'version-mismatch',
        'precondition-required',
      ],
      async handle(request) {
        const { shopId, rateId } = request.params
        requireDuty(request.me, shopId, 'settings')
        const ifVersion = versionFrom(request.headers['if-match'])
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async () => {
            const before = await findRate(tx, shopId, rateId)
            if (before === undefined) throw notFound(rateId)
            if (before.version !== ifVersion)
              throw httpErrors.error('version-mismatch', `The rate has version ${before.version} by now.`, {
                version: before.version,
              })
            const rate = rateFrom(request.body, { rateId, shopId, version: before.version + 1 })
            await saveRate(tx, rate, clock())
            return ok(rateView(rate), etag(rate.version))
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/shops/:shopId/shipping-rates/:rateId',
      operationId: 'removeShippingRate',
      summary: 'Remove a shipping rate',
      tag,
      access: { duty: 'settings' },
      params: RateParams,
      answers: { 204: Type.Null() },
      errors: ['promotion-shop-not-found', 'shipping-rate-not-found'],
      async handle(request) {
        const { shopId, rateId } = request.params
        requireDuty(request.me, shopId, 'settings')
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async () => {
            if ((await deleteRate(tx, shopId, rateId)) === 0) throw notFound(rateId)
            return noContent
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
  ]
}
