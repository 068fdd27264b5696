import { created, etag, httpErrors, noContent, ok, type Route, route, versionFrom } from '@souk/http'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { Type } from 'typebox'
import {
  changeRules,
  checkWindow,
  closed,
  Currency,
  Id,
  line,
  msOf,
  orNull,
  requireDuty,
  type RouteDeps,
  scope,
  ShopParams,
  tag,
  Time,
  timeOf,
  unfit,
} from './edge.ts'
import { promotionErrors } from './errors.ts'
import { discountKinds } from './rules.ts'
import {
  deleteDiscount,
  discountsOf,
  findDiscount,
  maxRules,
  saveDiscount,
  type StoredDiscount,
} from './shop-rules.sql.ts'
import { tellOrders } from './tell-orders.ts'

const DiscountParams = Type.Object({ shopId: Id, discountId: Id }, closed)
const DiscountBody = Type.Object(
  {
    title: line(1, 120, 'What customers see beside what it takes off.'),
    kind: Type.Enum(discountKinds),
    percent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'For `percent`.' })),
    amountMinor: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000_000, description: 'For `amount`: off each unit.' }),
    ),
    currency: Type.Optional(Currency),
    minimumQuantity: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Units of one line from which on it holds.' }),
    ),
    productIds: Type.Optional(scope.productIds),
    categoryIds: Type.Optional(scope.categoryIds),
    startsAt: Type.Optional(orNull(Time)),
    endsAt: Type.Optional(orNull(Time)),
    active: Type.Optional(Type.Boolean()),
  },
  closed,
)
const DiscountView = Type.Object(
  {
    id: Id,
    shopId: Id,
    version: Type.Integer(),
    title: Type.String(),
    kind: Type.Enum(discountKinds),
    percent: Type.Integer(),
    amountMinor: Type.Integer(),
    currency: Type.String(),
    minimumQuantity: Type.Integer(),
    productIds: Type.Array(Id),
    categoryIds: Type.Array(Id),
    startsAt: orNull(Time),
    endsAt: orNull(Time),
    active: Type.Boolean(),
  },
  closed,
)

const discountView = ({ discountId, startsAtMs, endsAtMs, ...rest }: StoredDiscount) => ({
  ...rest,
  id: discountId,
  startsAt: timeOf(startsAtMs),
  endsAt: timeOf(endsAtMs),
})

type Given = {
  title: string
  kind: StoredDiscount['kind']
  percent?: number
  amountMinor?: number
  currency?: string
  minimumQuantity?: number
  productIds?: string[]
  categoryIds?: string[]
  startsAt?: string | null
  endsAt?: string | null
  active?: boolean
}

/** @throws promotion-does-not-fit */
function discountFrom(given: Given, known: Pick<StoredDiscount, 'discountId' | 'shopId' | 'version'>): StoredDiscount {
  const discount: StoredDiscount = {
    ...known,
    title: given.title,
    kind: given.kind,
    percent: given.percent ?? 0,
    amountMinor: given.amountMinor ?? 0,
    currency: given.currency ?? '',
    minimumQuantity: given.minimumQuantity ?? 1,
    productIds: [...new Set(given.productIds)],
    categoryIds: [...new Set(given.categoryIds)],
    startsAtMs: msOf(given.startsAt),
    endsAtMs: msOf(given.endsAt),
    active: given.active ?? true,
  }
  checkWindow(discount.startsAtMs, discount.endsAtMs)
  if (discount.kind === 'percent' && (discount.percent === 0 || discount.amountMinor > 0))
    throw unfit('A discount of per cent needs `percent`, and no amount.')
  if (discount.kind === 'amount' && (discount.amountMinor === 0 || discount.currency === '' || discount.percent > 0))
    throw unfit('A discount of an amount needs `amountMinor` and `currency`, and no percentage.')
  return discount
}

const notFound = (discountId: string) =>
  promotionErrors.error('discount-not-found', `There is no discount ${discountId} in this shop.`)

export function discountRoutes(deps: RouteDeps): Route[] {
  const { shards, clock } = deps
  return [
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/discounts',
      operationId: 'createDiscount',
      summary: 'Create an automatic discount',
      description: 'Of several that are for a line, the best holds. Orders accepted before keep their price.',
      tag,
      access: { duty: 'catalog' },
      params: ShopParams,
      body: DiscountBody,
      answers: { 201: DiscountView },
      errors: ['promotion-shop-not-found', 'promotion-does-not-fit', 'too-many-rules'],
      async handle(request) {
        const { shopId } = request.params
        requireDuty(request.me, shopId, 'catalog')
        const now = clock()
        const discountId = uuidv7(now.getTime(), bucketOf(shopId))
        const discount = discountFrom(request.body, { discountId, shopId, version: 1 })
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async () => {
            if ((await discountsOf(tx, [shopId])).length >= maxRules)
              throw promotionErrors.error('too-many-rules', `The shop has ${maxRules} discounts.`)
            await saveDiscount(tx, discount, now)
            return created(discountView(discount), {
              ...etag(1),
              location: `/v1/shops/${shopId}/discounts/${discountId}`,
            })
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/discounts',
      operationId: 'listDiscounts',
      summary: "All of a shop's discounts, newest first",
      tag,
      access: { duty: 'catalog' },
      params: ShopParams,
      answers: { 200: Type.Object({ items: Type.Array(DiscountView) }, closed) },
      errors: ['promotion-shop-not-found'],
      async handle({ params: { shopId }, me }) {
        requireDuty(me, shopId, 'catalog')
        return ok({ items: (await discountsOf(shards.ofOwner(shopId).db.autocommit, [shopId])).map(discountView) })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/discounts/:discountId',
      operationId: 'getDiscount',
      summary: 'Get a discount',
      tag,
      access: { duty: 'catalog' },
      params: DiscountParams,
      answers: { 200: DiscountView },
      errors: ['promotion-shop-not-found', 'discount-not-found'],
      async handle({ params: { shopId, discountId }, me }) {
        requireDuty(me, shopId, 'catalog')
        const discount = await findDiscount(shards.ofOwner(shopId).db.autocommit, shopId, discountId)
        if (discount === undefined) throw notFound(discountId)
        return ok(discountView(discount), etag(discount.version))
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/shops/:shopId/discounts/:discountId',
      operationId: 'replaceDiscount',
      summary: 'Change a discount',
      description: 'Send the whole of it, and the ETag you read as If-Match.',
      tag,
      access: { duty: 'catalog' },
      params: DiscountParams,
      body: DiscountBody,
      answers: { 200: DiscountView },
      errors: [
        'promotion-shop-not-found',
        'discount-not-found',
        'promotion-does-not-fit',
        'version-mismatch',
        'precondition-required',
      ],
      async handle(request) {
        const { shopId, discountId } = request.params
        requireDuty(request.me, shopId, 'catalog')
        const ifVersion = versionFrom(request.headers['if-match'])
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async () => {
            const before = await findDiscount(tx, shopId, discountId)
            if (before === undefined) throw notFound(discountId)
            if (before.version !== ifVersion)
              throw httpErrors.error('version-mismatch', `The discount has version ${before.version} by now.`, {
                version: before.version,
              })
            const discount = discountFrom(request.body, { discountId, shopId, version: before.version + 1 })
            await saveDiscount(tx, discount, clock())
            return ok(discountView(discount), etag(discount.version))
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/shops/:shopId/discounts/:discountId',
      operationId: 'removeDiscount',
      summary: 'Remove a discount',
      tag,
      access: { duty: 'catalog' },
      params: DiscountParams,
      answers: { 204: Type.Null() },
      errors: ['promotion-shop-not-found', 'discount-not-found'],
      async handle(request) {
        const { shopId, discountId } = request.params
        requireDuty(request.me, shopId, 'catalog')
        const answer = await request.once(shards.ofOwner(shopId).db, (tx) =>
          changeRules(tx, deps, shopId, async () => {
            if ((await deleteDiscount(tx, shopId, discountId)) === 0) throw notFound(discountId)
            return noContent
          }),
        )
        await tellOrders(deps, shopId)
        return answer
      },
    }),
  ]
}
