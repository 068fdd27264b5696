import { Type } from 'typebox'
import { maxOnHand, reasons } from './stock.ts'

export const closed = { additionalProperties: false } as const
export const Id = Type.String({ format: 'uuid', maxLength: 36 })
export const Units = Type.Integer({ minimum: 0, maximum: maxOnHand })
export const Instant = Type.String({ format: 'date-time' })
/** A day of the calendar, UTC. PostgreSQL knows no year 0, and nobody's goods expire in the year 9999. */
export const Day = Type.String({ format: 'date', maxLength: 10, pattern: '^[12]' })
/** No control characters but line breaks and tabs, no halves of characters: PostgreSQL can keep neither. */
export const Note = Type.String({
  maxLength: 500,
  pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff]*$',
})

export const ProductParams = Type.Object({ productId: Id }, closed)
export const VariantParams = Type.Object({ variantId: Id }, closed)
export const ShopParams = Type.Object({ shopId: Id }, closed)

export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 100 })),
}
export const PageQuery = Type.Object(paging, closed)
export const InventoryQuery = Type.Object({ ...paging, low: Type.Optional(Type.Boolean()) }, closed)
export const MovementsQuery = Type.Object({ ...paging, variantId: Id }, closed)

const SetLine = Type.Object({ variantId: Id, onHand: Units, locationId: Type.Optional(Id) }, closed)
export const SetStock = Type.Object(
  {
    onHand: Type.Optional(Units),
    locationId: Type.Optional(Id),
    variants: Type.Optional(Type.Array(SetLine, { minItems: 1, maxItems: 1_000 })),
    note: Type.Optional(Note),
  },
  closed,
)

const AdjustmentLine = Type.Object(
  {
    variantId: Id,
    delta: Type.Integer({ minimum: -maxOnHand, maximum: maxOnHand }),
    locationId: Type.Optional(Id),
    lotCode: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
        description:
          'The lot that units come into or are taken from. Left out: goods without one, or whichever expires first',
      }),
    ),
    expiresOn: Type.Optional(Day),
  },
  closed,
)
export const Adjustment = Type.Object(
  {
    shopId: Id,
    reason: Type.Union(reasons.map((reason) => Type.Literal(reason))),
    note: Type.Optional(Note),
    lines: Type.Array(AdjustmentLine, { minItems: 1, maxItems: 1_000 }),
  },
  closed,
)
export const Adjusted = Type.Object(
  {
    adjustmentId: Id,
    lines: Type.Array(Type.Object({ variantId: Id, delta: Type.Integer(), onHand: Units }, closed)),
  },
  closed,
)

const StockLine = {
  variantId: Id,
  sku: Type.String(),
  title: Type.String(),
  active: Type.Boolean(),
  onHand: Units,
  allotted: Type.Integer({
    minimum: 0,
    description: 'Of these, granted to orders: they may be promised or be so already',
  }),
  inTransfer: Type.Integer({ description: 'On the way to orders (positive) or back (negative), not yet confirmed' }),
  alertLevel: Type.Union([Type.Integer(), Type.Null()]),
  low: Type.Boolean(),
}
const Shelf = Type.Object({ locationId: Id, onHand: Units }, closed)
export const ProductStock = Type.Object(
  {
    productId: Id,
    shopId: Id,
    variants: Type.Array(Type.Object({ ...StockLine, locations: Type.Array(Shelf) }, closed)),
  },
  closed,
)
export const ListedStock = Type.Object({ ...StockLine, productId: Id }, closed)
export const pageOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed)
export const StockPage = pageOf(ListedStock)

export const AlertLevel = Type.Object(
  { alertLevel: Type.Union([Type.Integer({ minimum: 0, maximum: maxOnHand }), Type.Null()]) },
  closed,
)

export const Availability = Type.Object(
  {
    productId: Id,
    variants: Type.Array(
      Type.Object(
        { variantId: Id, availability: Type.Union([Type.Literal('in'), Type.Literal('low'), Type.Literal('out')]) },
        closed,
      ),
    ),
  },
  closed,
)

export const MovementPage = pageOf(
  Type.Object(
    {
      movementId: Id,
      variantId: Id,
      locationId: Type.Union([Id, Type.Null()]),
      kind: Type.String(),
      onHandDelta: Type.Integer(),
      allottedDelta: Type.Integer(),
      onHand: Units,
      cause: Type.Object({ kind: Type.String(), id: Id }, closed),
      actor: Type.String(),
      note: Type.String(),
      at: Instant,
    },
    closed,
  ),
)

export const NewLocation = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    }),
  },
  closed,
)
export const LocationShape = Type.Object(
  { locationId: Id, name: Type.String(), isDefault: Type.Boolean(), createdAt: Instant },
  closed,
)
export const LocationPage = pageOf(LocationShape)
