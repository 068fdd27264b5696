import { Type } from 'typebox'
import type { Product } from './product.ts'
import { productStatuses, slugPattern } from './product.ts'
import type { PriceRow } from './products.sql.ts'
import { phaseOf, type SaleWindow, saleStatuses } from './sale.ts'

export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
export const Time = Type.String({ format: 'date-time' })
const orNull = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()])
export const Slug = Type.String({ pattern: slugPattern, maxLength: 90 })

/** One line of text: no control characters, no halves of characters (PostgreSQL can keep neither). */
export const line = (minLength: number, maxLength: number, description?: string) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    ...(description && { description }),
  })
/** The same with line breaks and tabs. */
const prose = (maxLength: number) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff]*$' })

/** 10,000,000,000.00: far above any price, far below 2^53. */
export const maxPriceMinor = 1_000_000_000_000
export const Minor = Type.Integer({
  minimum: 0,
  maximum: maxPriceMinor,
  description: 'In minor units: 1999 is 19.99 EUR.',
})
const Sku = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$', description: 'Yours; unique in the shop.' })

const Picture = Type.Object(
  {
    url: Type.String({
      maxLength: 500,
      pattern:
        '^(?:https?://[^\\s\\u0000-\\u001f"<>\\\\^`{|}]+|/v1/pictures/[A-Za-z0-9][A-Za-z0-9._-]{0,199}|/media/[0-9a-f-]{36}/[0-9]{2,4}\\.(?:webp|avif))$',
      description: 'http, https, or a picture of ours: /media/… as media answers it, or /v1/pictures/…',
    }),
    alt: line(0, 200, 'What is to be seen, for those who do not see it.'),
  },
  closed,
)
const Option = Type.Object(
  { name: line(1, 40), values: Type.Array(line(1, 60), { minItems: 1, maxItems: 50, uniqueItems: true }) },
  closed,
)
const Chosen = Type.Record(line(1, 40), line(1, 60), {
  maxProperties: 3,
  additionalProperties: false,
  description: '{"Colour": "Blue"}',
})

const Weight = Type.Integer({
  minimum: 0,
  maximum: 10_000_000,
  description: 'Of one unit as it is sent; 0: not known.',
})

export const NewVariantBody = Type.Object(
  {
    sku: Sku,
    options: Type.Optional(Chosen),
    priceMinor: Minor,
    active: Type.Optional(Type.Boolean()),
    weightGrams: Type.Optional(Weight),
  },
  closed,
)

const product = {
  title: line(1, 200),
  slug: Slug,
  description: prose(20_000),
  tags: Type.Array(line(1, 40), { maxItems: 20 }),
  categoryIds: Type.Array(Id, { maxItems: 5 }),
  options: Type.Array(Option, { maxItems: 3, description: 'What variants differ in: colour, size.' }),
  pictures: Type.Array(Picture, { maxItems: 20 }),
  taxClass: Type.String({
    pattern: '^[a-z][a-z-]{0,19}$',
    description: 'standard, reduced, or another the marketplace has rates for.',
  }),
}

export const NewProductBody = Type.Object(
  {
    shopId: Id,
    title: product.title,
    slug: Type.Optional(product.slug),
    description: Type.Optional(product.description),
    status: Type.Optional(Type.Enum(['draft', 'active'])),
    tags: Type.Optional(product.tags),
    categoryIds: Type.Optional(product.categoryIds),
    options: Type.Optional(product.options),
    pictures: Type.Optional(product.pictures),
    taxClass: Type.Optional(product.taxClass),
    variants: Type.Array(NewVariantBody, { minItems: 1, maxItems: 100 }),
  },
  closed,
)

export const EditProductBody = Type.Object(
  {
    title: Type.Optional(product.title),
    slug: Type.Optional(product.slug),
    description: Type.Optional(product.description),
    status: Type.Optional(Type.Enum(productStatuses)),
    tags: Type.Optional(product.tags),
    categoryIds: Type.Optional(product.categoryIds),
    options: Type.Optional(product.options),
    pictures: Type.Optional(product.pictures),
    taxClass: Type.Optional(product.taxClass),
  },
  { ...closed, minProperties: 1 },
)

export const EditVariantBody = Type.Object(
  {
    sku: Type.Optional(Sku),
    options: Type.Optional(Chosen),
    active: Type.Optional(Type.Boolean()),
    weightGrams: Type.Optional(Weight),
  },
  { ...closed, minProperties: 1 },
)

const VariantView = Type.Object(
  {
    id: Id,
    sku: Type.String(),
    title: Type.String({ description: '"Blue / Large"; empty for the only one.' }),
    options: Type.Record(Type.String(), Type.String()),
    priceMinor: Type.Integer(),
    priceVersion: Type.Integer(),
    active: Type.Boolean(),
    weightGrams: Type.Integer({ description: 'Of one unit as it is sent; 0: not known.' }),
  },
  closed,
)

export const ProductView = Type.Object(
  {
    id: Id,
    shopId: Id,
    version: Type.Integer(),
    slug: Type.String(),
    title: Type.String(),
    description: Type.String(),
    status: Type.Enum(productStatuses),
    tags: Type.Array(Type.String()),
    categoryIds: Type.Array(Id),
    options: Type.Array(Option),
    pictures: Type.Array(Picture),
    currency: Type.String({ description: 'ISO 4217; that of the shop.' }),
    taxClass: Type.String(),
    variants: Type.Array(VariantView),
    createdAt: Time,
    changedAt: Time,
  },
  closed,
)

/** @param managed whoever works in the shop sees variants withdrawn from sale, too */
export const productView = (given: Product, managed: boolean) => ({
  id: given.productId,
  shopId: given.shopId,
  version: given.version,
  slug: given.slug,
  title: given.title,
  description: given.description,
  status: given.status,
  tags: given.tags,
  categoryIds: given.categoryIds,
  options: given.options,
  pictures: given.pictures,
  currency: given.currency,
  taxClass: given.taxClass,
  variants: given.variants
    .filter((variant) => managed || variant.active)
    .map(({ variantId, ...variant }) => ({ id: variantId, ...variant })),
  createdAt: given.createdAt.toISOString(),
  changedAt: given.changedAt.toISOString(),
})

export const listOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, closed)

export const PriceView = Type.Object(
  {
    priceVersion: Type.Integer(),
    priceMinor: Type.Integer(),
    currency: Type.String(),
    validFrom: Time,
    setByAccountId: Id,
  },
  closed,
)
export const priceView = (price: PriceRow) => ({
  priceVersion: price.priceVersion,
  priceMinor: price.priceMinor,
  currency: price.currency,
  validFrom: price.validFrom.toISOString(),
  setByAccountId: price.setByAccountId,
})

export const SaleView = Type.Object(
  {
    id: Id,
    shopId: Id,
    productId: Id,
    variantId: Id,
    status: Type.Enum(saleStatuses),
    phase: Type.Enum(['upcoming', 'running', 'past'], { description: 'By the clock, whatever its status.' }),
    priceMinor: Type.Integer(),
    currency: Type.String(),
    startsAt: Time,
    endsAt: Time,
    capPerCustomer: Type.Integer({ description: '0 when there is none.' }),
    units: Type.Integer({ description: 'Set aside for it.' }),
    createdAt: Time,
  },
  closed,
)

export const saleView = ({ saleWindowId, startsAt, endsAt, createdAt, ...sale }: SaleWindow, now: Date) => ({
  id: saleWindowId,
  shopId: sale.shopId,
  productId: sale.productId,
  variantId: sale.variantId,
  status: sale.status,
  phase: phaseOf({ startsAt, endsAt }, now),
  priceMinor: sale.priceMinor,
  currency: sale.currency,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
  capPerCustomer: sale.capPerCustomer,
  units: sale.units,
  createdAt: createdAt.toISOString(),
})
