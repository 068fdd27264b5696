import { created, cursorOf, mayActFor, ok, pageOf, type Principal, type Route, readCursor, route } from '@souk/http'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { defaultLocation } from './change-stock.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import {
  findItems,
  insertLocation,
  type Location,
  listItems,
  listLocations,
  listMovements,
  setAlertLevel,
} from './inventory.sql.ts'
import { notFound, shapeOf } from './routes-stock.ts'
import {
  AlertLevel,
  InventoryQuery,
  ListedStock,
  LocationPage,
  LocationShape,
  MovementPage,
  MovementsQuery,
  NewLocation,
  PageQuery,
  ShopParams,
  StockPage,
  VariantParams,
} from './schemas.ts'

const tag = 'Inventory'
const duty = { duty: 'inventory' } as const

const shapeOfLocation = (location: Location) => ({ ...location, createdAt: location.createdAt.toISOString() })

/** A shop's whole inventory, its ledger, its alert levels and its locations. */
export const shopRoutes = (deps: Deps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/inventory',
    operationId: 'listShopInventory',
    summary: "A shop's stock, or only what runs low",
    tag,
    access: duty,
    params: ShopParams,
    query: InventoryQuery,
    answers: { 200: StockPage },
    errors: ['stock-item-not-found'],
    async handle({ params: { shopId }, query, me }) {
      const { db } = shopOf(deps, me, shopId)
      const [after] = readCursor('stock', query.cursor, 'id') ?? []
      const rows = await listItems(db.autocommit, shopId, query.low ?? false, after, query.limit + 1)
      const shape = (item: (typeof rows)[number]) => ({ ...shapeOf(item), productId: item.productId })
      return ok(pageOf(rows, query.limit, shape, (item) => cursorOf('stock', item.variantId)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/inventory/movements',
    operationId: 'listInventoryMovements',
    summary: "A variant's ledger, newest first",
    tag,
    access: duty,
    query: MovementsQuery,
    answers: { 200: MovementPage },
    errors: ['stock-item-not-found'],
    async handle({ query, me }) {
      const { db } = await variantOf(deps, me, query.variantId)
      const [before] = readCursor('movements', query.cursor, 'id') ?? []
      const rows = await listMovements(db.autocommit, query.variantId, before, query.limit + 1)
      const shape = (row: (typeof rows)[number]) => ({
        movementId: row.id,
        variantId: row.variantId,
        locationId: row.locationId,
        kind: row.kind,
        onHandDelta: row.onHandDelta,
        allottedDelta: row.allottedDelta,
        onHand: row.onHand,
        cause: { kind: row.causeKind, id: row.causeId },
        actor: row.actor,
        note: row.note,
        at: row.at.toISOString(),
      })
      return ok(pageOf(rows, query.limit, shape, (row) => cursorOf('movements', row.id)))
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/inventory/variants/:variantId/alert-level',
    operationId: 'setStockAlertLevel',
    summary: 'Be told when the stock of a variant falls to a level',
    description:
      'An alert is announced each time stock falls to or below it, not when the level is set. null: no alert.',
    tag,
    access: duty,
    params: VariantParams,
    body: AlertLevel,
    answers: { 200: ListedStock },
    errors: ['stock-item-not-found'],
    async handle(request) {
      const { variantId } = request.params
      const { db, shopId } = await variantOf(deps, request.me, variantId)
      return await request.once(db, async (tx) => {
        const item = await setAlertLevel(tx, variantId, shopId, request.body.alertLevel)
        if (item === undefined) throw notFound()
        return ok({ ...shapeOf(item), productId: item.productId })
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/locations',
    operationId: 'listLocations',
    summary: "Where a shop's goods lie",
    tag,
    access: duty,
    params: ShopParams,
    query: PageQuery,
    answers: { 200: LocationPage },
    errors: ['stock-item-not-found'],
    async handle({ params: { shopId }, query, me }) {
      const { db } = shopOf(deps, me, shopId)
      const [after] = readCursor('locations', query.cursor, 'id') ?? []
      const rows = await listLocations(db.autocommit, shopId, after, query.limit + 1)
      return ok(pageOf(rows, query.limit, shapeOfLocation, ({ locationId }) => cursorOf('locations', locationId)))
    },
  }),
  route({
    method: 'POST',
    url: '/v1/shops/:shopId/locations',
    operationId: 'addLocation',
    summary: 'Add a location',
    tag,
    access: duty,
    params: ShopParams,
    body: NewLocation,
    answers: { 201: LocationShape },
    errors: ['location-exists', 'stock-item-not-found'],
    async handle(request) {
      const { shopId } = request.params
      const { db } = shopOf(deps, request.me, shopId)
      return await request.once(db, async (tx) => {
        const at = deps.clock()
        // First, so that its name cannot be taken by another.
        await defaultLocation(tx, shopId, at)
        const id = uuidv7(at.getTime(), bucketOf(shopId))
        const location = await insertLocation(tx, id, shopId, request.body.name.trim(), false, at)
        if (location === undefined)
          throw errors.error('location-exists', `The shop has a location named ${request.body.name.trim()} already.`)
        return created(shapeOfLocation(location))
      })
    },
  }),
]

export function shopOf(deps: Deps, me: Principal, shopId: string) {
  if (!mayActFor(me, shopId, 'inventory')) throw notFound()
  return deps.shards.ofOwner(shopId)
}

export async function variantOf(deps: Deps, me: Principal, variantId: string) {
  const { db } = deps.shards.ofId(variantId)
  const [item] = await findItems(db.autocommit, [variantId])
  if (item === undefined || !mayActFor(me, item.shopId, 'inventory')) throw notFound()
  return { db, shopId: item.shopId }
}
