import { hash } from 'node:crypto'
import { type Answer, created, cursorOf, httpErrors, ok, readCursor, route, type Route } from '@souk/http'
import { Type } from 'typebox'
import { byOf, manages, paging, requireOwn, type RouteDeps, tag } from './edge.ts'
import { catalogErrors } from './errors.ts'
import { cancelSale, planSale, settleSale } from './plan-sale.ts'
import { findProducts } from './products.sql.ts'
import type { SaleWindow } from './sale.ts'
import { findWindow, flashSales, runSales, type SaleAfter, salesOfList, salesOfShop } from './sales.sql.ts'
import { closed, Id, listOf, Minor, ProductView, productView, SaleView, saleView, Time } from './views.ts'

const NewSaleBody = Type.Object(
  {
    productId: Id,
    variantId: Type.Optional(
      Type.String({ format: 'uuid', description: 'May be left out where one variant is for sale.' }),
    ),
    priceMinor: Minor,
    startsAt: Time,
    endsAt: Time,
    capPerCustomer: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
      description: 'Units one customer may buy; 0: no cap.',
    }),
    units: Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Set aside from ordinary sale.' }),
  },
  closed,
)
const SaleParams = Type.Object({ saleWindowId: Id }, closed)
const saleNotFound = (id: string) => catalogErrors.error('sale-not-found', `There is no sale ${id} for you.`)
const hourMs = 3_600_000

export function saleRoutes(deps: RouteDeps): Route[] {
  /** Rows of all shards in one order. Sales are thousands, so each is asked for a whole page. */
  async function pageOf(
    name: string,
    cursor: string | undefined,
    limit: number,
    keyOf: (sale: SaleWindow) => Date,
    statement: (after: SaleAfter) => ReturnType<typeof flashSales>,
    descending = false,
  ) {
    const read = readCursor(name, cursor, 'instant', 'id')
    const after = read === undefined ? undefined : { at: new Date(read[0]), id: read[1] }
    const found = await Promise.all(deps.shards.all().map(({ db }) => runSales(db.autocommit, statement(after))))
    const sign = descending ? -1 : 1
    const sorted = found
      .flat()
      .sort((a, b) => sign * (keyOf(a).getTime() - keyOf(b).getTime() || (a.saleWindowId < b.saleWindowId ? -1 : 1)))
    const rows = sorted.slice(0, limit)
    const last = sorted.length > limit ? rows.at(-1) : undefined
    return {
      rows,
      nextCursor: last === undefined ? null : cursorOf(name, keyOf(last).getTime(), last.saleWindowId),
    }
  }

  async function settledAnswer(
    saleWindowId: string,
    correlationId: string,
    answer: (window: SaleWindow) => Answer,
  ): Promise<Answer> {
    const settled = await settleSale(deps, saleWindowId, correlationId)
    if (settled.outcome === 'settled') return answer(settled.window)
    if (settled.outcome === 'refused')
      throw catalogErrors.error('sale-units-missing', `Only ${settled.remaining} units can be set aside.`, {
        remaining: settled.remaining,
      })
    if (settled.outcome === 'gone') throw saleNotFound(saleWindowId)
    throw catalogErrors.error('sale-unsettled', 'Orders could not be asked yet.', { saleWindowId }, 5)
  }

  return [
    route({
      method: 'POST',
      url: '/v1/sales',
      operationId: 'planSale',
      summary: 'Plan a sale of a variant',
      description:
        'The units are set aside at once, so 201 is a promise. 409 says how many could be. One sale of a variant at a time.',
      tag,
      access: { duty: 'catalog' },
      body: NewSaleBody,
      answers: { 201: SaleView },
      errors: [
        'product-not-found',
        'catalog-shop-closed',
        'sale-times-impossible',
        'sale-price-not-lower',
        'sale-overlaps',
        'sale-units-missing',
        'sale-key-mismatch',
        'sale-unsettled',
        'variants-do-not-fit',
      ],
      // Kept with the window itself: the answer is known only after orders was asked, which no transaction waits for.
      idempotency: 'required',
      async handle(request) {
        const { startsAt, endsAt, capPerCustomer, ...given } = request.body
        const requestKey = request.idempotencyKey
        if (requestKey === undefined) throw httpErrors.error('idempotency-key-required', 'Send an Idempotency-Key.')
        const db = await requireOwn(deps, request, given.productId)
        const bodyHash = hash('sha256', JSON.stringify(request.body), 'buffer')
        const sale = { ...given, capPerCustomer, startsAt: new Date(startsAt), endsAt: new Date(endsAt) }
        const window = await db.transaction((tx) => planSale(deps, tx, sale, { requestKey, bodyHash }, byOf(request)))
        return settledAnswer(window.saleWindowId, request.correlationId, (settled) =>
          created(saleView(settled, deps.clock()), { location: `/v1/sales/${settled.saleWindowId}` }),
        )
      },
    }),
    route({
      method: 'GET',
      url: '/v1/sales/:saleWindowId',
      operationId: 'getSale',
      summary: 'Get a sale',
      tag,
      access: 'public',
      params: SaleParams,
      answers: { 200: SaleView },
      errors: ['sale-not-found'],
      async handle({ params, principal }) {
        const window = await findWindow(deps.shards.ofId(params.saleWindowId).db.autocommit, params.saleWindowId)
        const open = window?.status === 'planned' || window?.status === 'ended'
        if (window === undefined || !(open || manages(principal, window.shopId)))
          throw saleNotFound(params.saleWindowId)
        return ok(saleView(window, deps.clock()))
      },
    }),
    route({
      method: 'POST',
      url: '/v1/sales/:saleWindowId/cancel',
      operationId: 'cancelSale',
      summary: 'Call a sale off',
      description: 'What is unsold goes back to ordinary sale before the answer. Orders placed are not touched.',
      tag,
      access: { duty: 'catalog' },
      params: SaleParams,
      answers: { 200: SaleView },
      errors: ['sale-not-found', 'sale-move-refused', 'sale-unsettled'],
      idempotency: 'none',
      async handle(request) {
        const { saleWindowId } = request.params
        const { db } = deps.shards.ofId(saleWindowId)
        const window = await findWindow(db.autocommit, saleWindowId)
        if (window === undefined || !manages(request.me, window.shopId)) throw saleNotFound(saleWindowId)
        await db.transaction((tx) => cancelSale(deps, tx, saleWindowId))
        return settledAnswer(saleWindowId, request.correlationId, (settled) => ok(saleView(settled, deps.clock())))
      },
    }),
    route({
      method: 'GET',
      url: '/v1/sales',
      operationId: 'listSales',
      summary: 'List sales',
      description:
        'Running, upcoming or past ones. `all` is for those who manage the shop named in `shopId`: every state, latest planned first.',
      tag,
      access: 'public',
      query: Type.Object(
        {
          ...paging,
          when: Type.Enum(['running', 'upcoming', 'past', 'all'], { default: 'running' }),
          shopId: Type.Optional(Id),
        },
        closed,
      ),
      answers: { 200: listOf(SaleView) },
      errors: ['catalog-shop-not-found'],
      async handle({ query, principal }) {
        const { when, shopId, limit, cursor } = query
        const now = deps.clock()
        const name = `sales ${when} ${shopId}`
        if (when === 'all' && (shopId === undefined || !manages(principal, shopId)))
          throw catalogErrors.error(
            'catalog-shop-not-found',
            'All sales are shown of one shop, to those who manage it.',
          )
        const { rows, nextCursor } =
          when === 'all'
            ? await pageOf(
                name,
                cursor,
                limit,
                () => new Date(0),
                (after) => salesOfShop(shopId as string, after?.id, limit + 1),
                true,
              )
            : await pageOf(
                name,
                cursor,
                limit,
                (sale) => (when === 'upcoming' ? sale.startsAt : sale.endsAt),
                (after) => salesOfList({ when, shopId }, now, after, limit + 1),
                when === 'past',
              )
        return ok({ items: rows.map((sale) => saleView(sale, now)), nextCursor })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/products/flash-sale',
      operationId: 'listFlashSales',
      summary: 'Products on sale now or within the hour',
      tag,
      access: 'public',
      query: Type.Object(paging, closed),
      answers: { 200: listOf(Type.Object({ product: ProductView, sale: SaleView }, closed)) },
      async handle({ query: { limit, cursor } }) {
        const now = deps.clock()
        const until = new Date(now.getTime() + hourMs)
        const { rows, nextCursor } = await pageOf(
          'flash-sale',
          cursor,
          limit,
          (sale) => sale.startsAt,
          (after) => flashSales(now, until, after, limit + 1),
        )
        const productIds = [...new Set(rows.map((sale) => sale.productId))]
        const products = (
          await Promise.all(deps.shards.all().map(({ db }) => findProducts(db.autocommit, productIds)))
        ).flat()
        const byId = new Map(products.map((product) => [product.productId, productView(product, false)]))
        return ok({
          items: rows.flatMap((sale) => {
            const product = byId.get(sale.productId)
            return product === undefined ? [] : [{ product, sale: saleView(sale, now) }]
          }),
          nextCursor,
        })
      },
    }),
  ]
}
