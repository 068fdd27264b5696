import { createHash } from 'node:crypto'
import { created, mayActFor, ok, type Principal, type Route, type RouteRequest, route } from '@souk/http'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { type AskedLine, changeStock } from './change-stock.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { findShelves } from './inventory.sql.ts'
import { itemsOfProduct, itemsOfShop } from './know-items.ts'
import type { LotName } from './lots.ts'
import { Adjusted, Adjustment, Availability, ProductParams, ProductStock, SetStock } from './schemas.ts'
import { type Item, versionOf } from './stock.ts'

const tag = 'Inventory'
const duty = { duty: 'inventory' } as const
const changing = [
  'stock-item-not-found',
  'location-not-found',
  'already-promised',
  'not-on-shelf',
  'too-many-units',
  'unclear-stock-lines',
  'stock-transfer-pending',
  'stock-busy',
] as const

export const notFound = () =>
  errors.error('stock-item-not-found', 'There is no such product or variant in a shop you work for.')
const unclear = (detail: string) => errors.error('unclear-stock-lines', detail)

export const shapeOf = (item: Item) => ({
  variantId: item.variantId,
  sku: item.sku,
  title: item.title,
  active: item.active,
  onHand: item.onHand,
  allotted: item.allotted,
  inTransfer: item.granting - item.withdrawing,
  alertLevel: item.alertLevel,
  low: item.alertLevel !== null && item.onHand <= item.alertLevel,
})

/** Setting, adjusting and reading the stock of products. */
export const stockRoutes = (deps: Deps): Route[] => [
  route({
    method: 'PUT',
    url: '/v1/products/:productId/inventory',
    operationId: 'setProductInventory',
    summary: 'Set how many units of a product are on hand',
    description:
      'Added units can be ordered at once. Units that orders have promised cannot be taken away: 409 names how many can. ' +
      'Without a location it is about the default one. With If-Match it is refused when the stock has changed meanwhile.',
    tag,
    access: duty,
    params: ProductParams,
    body: SetStock,
    answers: { 200: ProductStock },
    errors: [...changing, 'version-mismatch'],
    // Setting the same numbers again changes nothing; an answer kept from before could be untrue by now.
    idempotency: 'none',
    async handle(request) {
      const { productId } = request.params
      const items = await mine(
        deps,
        request.me,
        productId,
        request.body.variants?.map((line) => line.variantId),
      )
      const [{ shopId }] = items
      await changeStock(deps, {
        id: uuidv7(deps.clock().getTime(), bucketOf(shopId)),
        shopId,
        reason: 'counted',
        note: request.body.note ?? '',
        actor: request.me.accountId,
        correlationId: request.correlationId,
        lines: linesToSet(items, request.body),
        seen: seenIn(request, productId),
      })
      return await answerProduct(deps, await itemsOfProduct(deps, productId))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/products/:productId/inventory',
    operationId: 'getProductInventory',
    summary: 'What is on hand of a product, and what of it orders may promise',
    tag,
    access: duty,
    params: ProductParams,
    answers: { 200: ProductStock },
    errors: ['stock-item-not-found'],
    handle: async (request) => answerProduct(deps, await mine(deps, request.me, request.params.productId)),
  }),
  route({
    method: 'GET',
    url: '/v1/products/:productId/availability',
    operationId: 'getProductAvailability',
    summary: 'Whether the variants of a product can be ordered now',
    tag,
    access: 'public',
    params: ProductParams,
    answers: { 200: Availability },
    errors: ['stock-item-not-found'],
    async handle(request) {
      const { productId } = request.params
      const items = (await itemsOfProduct(deps, productId)).filter((item) => item.active)
      const [first] = items
      if (first === undefined) throw errors.error('stock-item-not-found', 'There is no such product for sale.')
      const { allotments } = await deps.allotments.listAllotments(
        { shopId: first.shopId, variantIds: items.map((item) => item.variantId) },
        { timeoutMs: deps.rpcTimeoutMs },
      )
      const left = new Map(allotments.map((each) => [each.variantId, Number(each.remaining + each.setAside)]))
      const variants = items.map(({ variantId }) => ({
        variantId,
        availability: availabilityOf(left.get(variantId) ?? 0, deps.lowBelow),
      }))
      return ok({ productId, variants })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/inventory/adjustments',
    operationId: 'adjustInventory',
    summary: 'Add or take units, with a reason',
    description:
      'All lines or none, 1,000 at most. Goods may come into a lot with a code and an expiry; without one they are taken from ' +
      'whichever expires first. Repeated with the same Idempotency-Key it has no further effect.',
    tag,
    access: duty,
    body: Adjustment,
    answers: { 201: Adjusted },
    errors: [...changing, 'lot-differs', 'lot-expired', 'idempotency-mismatch'],
    // Kept with the change itself: orders is asked in the middle, and no transaction may wait for that.
    idempotency: 'required',
    async handle(request) {
      const { shopId, reason, note, lines } = request.body
      if (!mayActFor(request.me, shopId, 'inventory')) throw notFound()
      const asked = sumByVariant(lines)
      const known = await itemsOfShop(
        deps,
        shopId,
        asked.map((line) => line.variantId),
      )
      if (known.length < asked.length) throw notFound()
      const id = changeIdOf(request.me.accountId, request.idempotencyKey ?? '', shopId)
      const changed = await changeStock(deps, {
        id,
        shopId,
        reason,
        note: note ?? '',
        actor: request.me.accountId,
        correlationId: request.correlationId,
        lines: asked,
      })
      return created({ adjustmentId: id, lines: changed })
    },
  }),
]

/** The product's variants, if it is of a shop this principal works for. */
async function mine(deps: Deps, me: Principal, productId: string, variantIds?: string[]): Promise<[Item, ...Item[]]> {
  const items = await itemsOfProduct(deps, productId, variantIds)
  const [first, ...others] = items
  if (first === undefined || !mayActFor(me, first.shopId, 'inventory')) throw notFound()
  if (variantIds?.some((id) => !items.some((item) => item.variantId === id))) throw notFound()
  return [first, ...others]
}

type SetBody = {
  onHand?: number
  locationId?: string
  variants?: { variantId: string; onHand: number; locationId?: string }[]
}

function linesToSet(items: readonly [Item, ...Item[]], body: SetBody): AskedLine[] {
  if (body.variants !== undefined) {
    if (body.onHand !== undefined || body.locationId !== undefined)
      throw unclear('Give either `variants` or `onHand`, not both.')
    if (new Set(body.variants.map((line) => line.variantId)).size < body.variants.length)
      throw unclear('Name each variant once.')
    return body.variants.map(({ variantId, onHand, locationId }) => ({ variantId, locationId, to: onHand }))
  }
  if (body.onHand === undefined) throw unclear('Give `onHand`, or `variants` with an `onHand` each.')
  if (items.length > 1) throw unclear(`The product has ${items.length} variants: name them in \`variants\`.`)
  return [{ variantId: items[0].variantId, locationId: body.locationId, to: body.onHand }]
}

type AdjustedLine = { variantId: string; delta: number; locationId?: string; lotCode?: string; expiresOn?: string }

/** Lines of one variant are added up; two locations or lots in one adjustment could be neither added up nor told apart. */
function sumByVariant(lines: readonly AdjustedLine[]): AskedLine[] {
  const merged = new Map<string, { variantId: string; locationId?: string; lot?: LotName; by: number }>()
  for (const { variantId, delta, locationId, lotCode, expiresOn } of lines) {
    if (expiresOn !== undefined && lotCode === undefined) throw unclear('`expiresOn` is of a lot: give its `lotCode`.')
    const lot = lotCode === undefined ? {} : { lot: { code: lotCode.trim(), expiresOn: expiresOn ?? null } }
    const before = merged.get(variantId)
    if (before !== undefined && before.locationId !== locationId)
      throw unclear(`Variant ${variantId} is named at two locations: make two adjustments.`)
    if (before !== undefined && (before.lot?.code !== lot.lot?.code || before.lot?.expiresOn !== lot.lot?.expiresOn))
      throw unclear(`Variant ${variantId} is named in two lots: make two adjustments.`)
    const at = locationId === undefined ? {} : { locationId }
    merged.set(variantId, { variantId, ...at, ...lot, by: (before?.by ?? 0) + delta })
  }
  const asked = [...merged.values()].filter((line) => line.by !== 0)
  if (asked.length === 0) throw unclear('Every delta is 0: there is nothing to change.')
  return asked
}

function seenIn(request: Pick<RouteRequest, 'headers'>, productId: string) {
  const tag = request.headers['if-match']
  if (tag === undefined || tag === '*') return undefined
  const version = /^"(\d{1,15})"$/.exec(String(tag))?.[1]
  // Something that was never one of our versions cannot be the present one.
  return { productId, version: version === undefined ? -1 : Number(version) }
}

async function answerProduct(deps: Deps, items: readonly Item[]) {
  const [first] = items
  if (first === undefined) throw notFound()
  const { db } = deps.shards.ofOwner(first.shopId)
  const shelves = await findShelves(
    db.autocommit,
    items.map((item) => item.variantId),
  )
  const locationsOf = (variantId: string) =>
    shelves.filter((shelf) => shelf.variantId === variantId).map(({ locationId, onHand }) => ({ locationId, onHand }))
  return ok(
    {
      productId: first.productId,
      shopId: first.shopId,
      variants: items.map((item) => ({ ...shapeOf(item), locations: locationsOf(item.variantId) })),
    },
    { etag: `"${versionOf(items)}"` },
  )
}

const availabilityOf = (left: number, lowBelow: number) => (left <= 0 ? 'out' : left <= lowBelow ? 'low' : 'in')

/** The same caller, key and shop or lot always give the same id: a UUID of version 8, which leaves its content to us. */
export function changeIdOf(accountId: string, key: string, subject: string): string {
  const hex = createHash('sha256').update(`${accountId}\0${key}\0${subject}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
