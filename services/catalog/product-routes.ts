import {
  type Answer,
  created,
  cursorOf,
  etag,
  ok,
  readCursor,
  route,
  type Route,
  type RouteRequest,
  shared,
  versionFrom,
} from '@souk/http'
import { Type } from 'typebox'
import {
  byOf,
  findProduct,
  manages,
  mayManage,
  paging,
  ProductParams,
  requireOwn,
  type RouteDeps,
  tag,
  visibleTo,
} from './edge.ts'
import { addVariant, archiveProduct, editProduct, editVariant, setPrice } from './edit-product.ts'
import { catalogErrors } from './errors.ts'
import type { Product } from './product.ts'
import type { Pages, ProductPage } from './pages.ts'
import { findProducts, listPrices } from './products.sql.ts'
import { ensureShop } from './shop-news.ts'
import {
  closed,
  EditProductBody,
  EditVariantBody,
  Id,
  line,
  listOf,
  Minor,
  NewProductBody,
  NewVariantBody,
  PriceView,
  priceView,
  ProductView,
  productView,
  Slug,
} from './views.ts'
import { importProducts, productNotFound } from './write-products.ts'

const VariantParams = Type.Object({ productId: Id, variantId: Id }, closed)
const changeErrors = [
  'product-not-found',
  'version-mismatch',
  'precondition-required',
  'variants-do-not-fit',
  'sku-taken',
]
const shown = (product: Product) => ok(productView(product, true), etag(product.version))

/** A browser may keep it, and asks each time whether it still holds. */
const asEverybodySees = (page: ProductPage, ifNoneMatch: unknown): Answer => {
  const headers = { ...etag(page.version), 'cache-control': 'private, no-cache' }
  return ifNoneMatch === headers.etag ? { status: 304, headers } : shared(page, headers)
}

export function productRoutes(deps: RouteDeps, pages: Pages): Route[] {
  const visible = (
    product: (Product & { shopOpen: boolean }) | undefined,
    request: RouteRequest,
    asked: string,
  ): Answer => {
    if (product === undefined || !visibleTo(product, request.principal)) throw productNotFound(asked)
    return ok(productView(product, manages(request.principal, product.shopId)), etag(product.version))
  }
  return [
    route({
      method: 'POST',
      url: '/v1/products',
      operationId: 'createProduct',
      summary: 'Create a product',
      description: 'A draft unless `status` says active. Prices are in the currency of the shop.',
      tag,
      access: { duty: 'catalog' },
      body: NewProductBody,
      answers: { 201: ProductView },
      errors: [
        'catalog-shop-not-found',
        'catalog-shop-closed',
        'unknown-category',
        'variants-do-not-fit',
        'product-slug-taken',
        'sku-taken',
      ],
      async handle(request) {
        const { shopId, ...given } = request.body
        if (!manages(request.me, shopId) || (await ensureShop(deps, shopId)) === undefined)
          throw catalogErrors.error('catalog-shop-not-found', `There is no shop ${shopId} for you.`)
        return request.once(deps.shards.ofOwner(shopId).db, async (tx) => {
          const [product] = await importProducts(deps, tx, shopId, [given], byOf(request))
          if (product === undefined) throw new Error('one product was given, none was written')
          return created(productView(product, true), {
            ...etag(product.version),
            location: `/v1/products/${product.productId}`,
          })
        })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/products/:productId',
      operationId: 'getProduct',
      summary: 'Get a product',
      tag,
      access: 'public',
      params: ProductParams,
      answers: { 200: ProductView, 304: Type.Null({ description: 'You have it.' }) },
      errors: ['product-not-found'],
      async handle(request) {
        const { productId } = request.params
        const page = await pages.product(productId)
        if (page !== undefined && !manages(request.principal, page.shopId))
          return asEverybodySees(page, request.headers['if-none-match'])
        // Who may see more than everybody sees it as it is at this moment.
        return visible(
          mayManage(request.principal) ? await findProduct(deps, productId) : undefined,
          request,
          productId,
        )
      },
    }),
    route({
      method: 'GET',
      url: '/v1/products/by-slug/:shopSlug/:slug',
      operationId: 'getProductBySlug',
      summary: 'Get a product by its address',
      tag,
      access: 'public',
      params: Type.Object({ shopSlug: Slug, slug: Slug }, closed),
      answers: { 200: ProductView, 304: Type.Null({ description: 'You have it.' }) },
      errors: ['product-not-found'],
      async handle(request) {
        const { shopSlug, slug } = request.params
        const productId = await pages.productIdBySlug(shopSlug, slug)
        if (productId === undefined) throw productNotFound(slug)
        const page = await pages.product(productId)
        // Its address may have become another's since it was kept.
        if (page?.slug === slug && !manages(request.principal, page.shopId))
          return asEverybodySees(page, request.headers['if-none-match'])
        return visible(mayManage(request.principal) ? await findProduct(deps, productId) : undefined, request, slug)
      },
    }),
    route({
      method: 'POST',
      url: '/v1/products/batch-get',
      operationId: 'getProducts',
      summary: 'Get up to 100 products at once',
      description: 'In the order asked for; those that are not there for you are left out.',
      tag,
      access: 'public',
      body: Type.Object({ ids: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }) }, closed),
      answers: { 200: Type.Object({ items: Type.Array(ProductView) }, closed) },
      idempotency: 'none',
      async handle({ body, principal }) {
        const found = (
          await Promise.all(deps.shards.all().map(({ db }) => findProducts(db.autocommit, body.ids)))
        ).flat()
        const byId = new Map(found.map((product) => [product.productId, product]))
        const products = body.ids.flatMap((id) => byId.get(id) ?? []).filter((product) => visibleTo(product, principal))
        return ok({ items: products.map((product) => productView(product, manages(principal, product.shopId))) })
      },
    }),
    route({
      method: 'PATCH',
      url: '/v1/products/:productId',
      operationId: 'editProduct',
      summary: 'Edit a product',
      description: 'Fields left out stay as they are; lists are replaced whole. Send the ETag you read as If-Match.',
      tag,
      access: { duty: 'catalog' },
      params: ProductParams,
      body: EditProductBody,
      answers: { 200: ProductView },
      errors: [...changeErrors, 'product-move-refused', 'unknown-category', 'product-slug-taken'],
      async handle(request) {
        const { productId } = request.params
        const db = await requireOwn(deps, request, productId)
        const ifVersion = versionFrom(request.headers['if-match'])
        return request.once(db, async (tx) =>
          shown(await editProduct(deps, tx, productId, ifVersion, request.body, byOf(request))),
        )
      },
    }),
    route({
      method: 'POST',
      url: '/v1/products/:productId/archive',
      operationId: 'archiveProduct',
      summary: 'Take a product off show',
      description:
        'It is no longer found or sold. Units set aside for a sale of it stay so until that is called off or over.',
      tag,
      access: { duty: 'catalog' },
      params: ProductParams,
      answers: { 200: ProductView },
      errors: ['product-not-found'],
      async handle(request) {
        const { productId } = request.params
        const db = await requireOwn(deps, request, productId)
        return request.once(db, async (tx) => shown(await archiveProduct(deps, tx, productId, byOf(request))))
      },
    }),
    route({
      method: 'POST',
      url: '/v1/products/:productId/variants',
      operationId: 'addVariant',
      summary: 'Add a variant',
      tag,
      access: { duty: 'catalog' },
      params: ProductParams,
      body: NewVariantBody,
      answers: { 201: ProductView },
      errors: changeErrors,
      async handle(request) {
        const { productId } = request.params
        const db = await requireOwn(deps, request, productId)
        const ifVersion = versionFrom(request.headers['if-match'])
        return request.once(db, async (tx) => {
          const product = await addVariant(deps, tx, productId, ifVersion, request.body, byOf(request))
          return created(productView(product, true), etag(product.version))
        })
      },
    }),
    route({
      method: 'PATCH',
      url: '/v1/products/:productId/variants/:variantId',
      operationId: 'editVariant',
      summary: 'Edit a variant, or withdraw it from sale',
      tag,
      access: { duty: 'catalog' },
      params: VariantParams,
      body: EditVariantBody,
      answers: { 200: ProductView },
      errors: changeErrors,
      async handle(request) {
        const { productId, variantId } = request.params
        const db = await requireOwn(deps, request, productId)
        const ifVersion = versionFrom(request.headers['if-match'])
        return request.once(db, async (tx) =>
          shown(await editVariant(deps, tx, productId, variantId, ifVersion, request.body, byOf(request))),
        )
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/products/:productId/variants/:variantId/price',
      operationId: 'setPrice',
      summary: 'Set the price of a variant',
      description: 'Orders placed keep the price they were placed at. If-Match is heeded when sent.',
      tag,
      access: { duty: 'catalog' },
      params: VariantParams,
      body: Type.Object(
        { priceMinor: Minor, currency: Type.Optional(line(3, 3, 'Refused unless it is that of the shop.')) },
        closed,
      ),
      answers: { 200: ProductView },
      errors: ['product-not-found', 'version-mismatch', 'sale-price-not-lower', 'currency-mismatch'],
      async handle(request) {
        const { productId, variantId } = request.params
        const { priceMinor, currency } = request.body
        const db = await requireOwn(deps, request, productId)
        const ifMatch = request.headers['if-match']
        const ifVersion = ifMatch === undefined ? undefined : versionFrom(ifMatch)
        return request.once(db, async (tx) => {
          const product = await setPrice(deps, tx, productId, variantId, priceMinor, ifVersion, byOf(request))
          if (currency !== undefined && currency !== product.currency)
            throw catalogErrors.error('currency-mismatch', `Prices of this shop are in ${product.currency}.`, {
              currency: product.currency,
            })
          return shown(product)
        })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/products/:productId/variants/:variantId/prices',
      operationId: 'listPrices',
      summary: 'The price history of a variant, latest first',
      tag,
      access: { duty: 'catalog' },
      params: VariantParams,
      query: Type.Object(paging, closed),
      answers: { 200: listOf(PriceView) },
      errors: ['product-not-found'],
      async handle(request) {
        const { productId, variantId } = request.params
        const { limit, cursor } = request.query
        const product = await findProduct(deps, productId)
        if (
          product === undefined ||
          !manages(request.me, product.shopId) ||
          !product.variants.some((variant) => variant.variantId === variantId)
        )
          throw productNotFound(variantId)
        const [before] = readCursor('prices', cursor, 'integer', 'id') ?? [Number.MAX_SAFE_INTEGER]
        const rows = await listPrices(deps.shards.ofId(productId).db.autocommit, variantId, before, limit + 1)
        const last = rows.length > limit ? rows[limit - 1] : undefined
        return ok({
          items: rows.slice(0, limit).map(priceView),
          nextCursor: last === undefined ? null : cursorOf('prices', last.priceVersion, variantId),
        })
      },
    }),
  ]
}
