import { cursorOf, httpErrors, ok, readCursor, route, type Route, shared } from '@souk/http'
import { listsOf } from '@souk/postgres'
import { type Static, Type } from 'typebox'
import { findCategoryBySlug } from './categories.sql.ts'
import { manages, paging, type RouteDeps, tag } from './edge.ts'
import { catalogErrors } from './errors.ts'
import { listProducts, type ProductList, productSorts } from './lists.sql.ts'
import { mergePages } from './merge-pages.ts'
import type { ListPage, Pages } from './pages.ts'
import { productStatuses, tagFacet } from './product.ts'
import { findCatalogShop, withVariants } from './products.sql.ts'
import { findSought, type Sought, soughtFor } from './sought.sql.ts'
import { closed, Id, line, listOf, Minor, ProductView, productView, Slug } from './views.ts'

const ListQuery = Type.Object(
  {
    ...paging,
    shopId: Type.Optional(Id),
    query: Type.Optional(
      Type.String({
        ...line(1, 100),
        description:
          'Within the shop named in `shopId`: the beginning of words of a title, or of an article number. Over all shops: `/v1/search`.',
      }),
    ),
    category: Type.Optional(Type.String({ ...Slug, description: 'Slug of a category; those below it are included.' })),
    tag: Type.Optional(line(1, 40)),
    status: Type.Optional(
      Type.Enum([...productStatuses, 'all'], { description: 'For those who manage the shop named in `shopId`.' }),
    ),
    minPriceMinor: Type.Optional(Minor),
    maxPriceMinor: Type.Optional(Minor),
    currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        description: 'Prices of different currencies are not comparable; name one when sorting by price.',
      }),
    ),
    sort: Type.Enum([...productSorts], { default: 'newest' }),
  },
  closed,
)

export function listRoutes(deps: RouteDeps, pages: Pages): Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/products',
      operationId: 'listProducts',
      summary: 'List products',
      description:
        'What is on show in open shops; those who manage a shop see all of theirs with `shopId` and `status`. Filters may be combined; a rare combination may give a page with fewer than `limit` products and a `nextCursor`: go on until that is null.',
      tag,
      access: 'public',
      query: ListQuery,
      answers: { 200: listOf(ProductView) },
      errors: ['category-not-found'],
      async handle({ query, principal }) {
        const { shopId, cursor } = query
        const managed = shopId !== undefined && manages(principal, shopId)
        // Most look at the first page and go no further; who manages the shop sees it as it is. What is looked for has too
        // many first pages to keep.
        if (managed || cursor !== undefined || query.query !== undefined) return ok(await pageOf(query, managed))
        const which = JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)))
        return shared(await pages.list(which, shopId, () => pageOf(query, false)))
      },
    }),
  ]

  /** Which index is walked is decided here, and nowhere else. */
  async function pageOf(query: Static<typeof ListQuery>, managed: boolean): Promise<ListPage> {
    const { sort, limit, shopId } = query
    const state = managed ? query.status : undefined
    const name = JSON.stringify([sort, shopId, query.category, query.tag, state, query.query])
    const byPrice = sort === 'price' || sort === 'price-desc'
    const place = readCursor(name, query.cursor, byPrice ? 'integer' : 'text', 'id')
    const after = place && { key: place[0], id: place[1] }
    const category =
      query.category === undefined ? undefined : await findCategoryBySlug(deps.db.autocommit, query.category)
    if (query.category !== undefined && category === undefined)
      throw catalogErrors.error('category-not-found', `There is no category "${query.category}".`)
    // A tag is usually rarer than a category: it is walked, and the category looked up in the rows.
    const facets = [
      ...(query.tag === undefined ? [] : [tagFacet(query.tag)]),
      ...(category === undefined ? [] : [category.categoryId]),
    ]
    const statuses = !managed
      ? (['active'] as const)
      : query.status === 'all' || query.status === undefined
        ? productStatuses
        : [query.status]
    const [walked, ...others] = facets
    const { productIds, sought } = query.query === undefined ? {} : await lookFor(query.query, shopId)
    const list: ProductList = {
      sort,
      after,
      walk:
        shopId !== undefined
          ? { kind: 'shop', shopId, statuses, productIds }
          : walked === undefined
            ? { kind: 'all' }
            : { kind: 'facet', facet: walked },
      facets: shopId === undefined ? others : facets,
      sought,
      minPriceMinor: query.minPriceMinor,
      maxPriceMinor: query.maxPriceMinor,
      currency: query.currency,
      openShopsOnly: shopId === undefined,
    }
    const shards = shopId === undefined ? deps.shards.all() : [deps.shards.ofOwner(shopId)]
    if (shopId !== undefined && !managed) {
      const shop = await findCatalogShop(deps.shards.ofOwner(shopId).db.autocommit, shopId)
      if (shop?.status !== 'open') return { items: [], nextCursor: null }
    }
    const pages = await Promise.all(
      shards.map(async (shard) => {
        // First pages are kept until something changes: they must not be of before it.
        const tx = after === undefined ? shard.db.autocommit : listsOf(shard)
        const { rows, next } = await listProducts(tx, list, limit)
        return { rows: await withVariants(tx, rows), next }
      }),
    )
    const { rows, next } = mergePages(pages, sort, limit)
    return {
      items: rows.map((product) => productView(product, managed)),
      nextCursor: next === undefined ? null : cursorOf(name, next.key, next.id),
    }
  }

  /** Few are found first, by their indexes; for many the list is walked, and each of its rows looked at. */
  async function lookFor(
    text: string,
    shopId: string | undefined,
  ): Promise<{ productIds?: string[] | undefined; sought?: Sought }> {
    if (shopId === undefined)
      throw httpErrors.error('validation-failed', 'query: looks within one shop, so it needs a shopId', {
        faults: [{ in: 'query', path: '/query', message: 'needs a shopId beside it' }],
      })
    const sought = soughtFor(text)
    const productIds = await findSought(deps.shards.ofOwner(shopId).db.autocommit, shopId, sought)
    return productIds === undefined ? { sought } : { productIds }
  }
}
