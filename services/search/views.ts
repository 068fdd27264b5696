import { Type } from 'typebox'
import { sorts } from './engine.ts'

export const closed = { additionalProperties: false }
const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Array>[0]>(schema: T) => Type.Union([schema, Type.Null()])
/** One line of text: no control characters, no halves of characters. */
const line = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$', description })
const Slug = '[a-z0-9]+(?:-[a-z0-9]+)*'
const Minor = Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 })

const language = Type.Optional(
  Type.String({
    pattern: '^[a-z]{2}$',
    description: 'Of the words: `en`, `de`, `fr`, `es`, `it`, `pt`, `nl`. Their forms are found, too. Default `en`.',
  }),
)

export const SearchQuery = Type.Object(
  {
    q: Type.Optional(line(200, 'What is looked for; left out or empty: everything under the filters.')),
    category: Type.Optional(
      Type.String({ pattern: `^${Slug}$`, maxLength: 90, description: 'Slug; what is below it is included.' }),
    ),
    shop: Type.Optional(Type.String({ pattern: '^[a-z0-9-]+$', maxLength: 90, description: 'Id or slug of a shop.' })),
    minPriceMinor: Type.Optional(Minor),
    maxPriceMinor: Type.Optional(Minor),
    currency: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{3}$',
        description: 'Prices of different currencies are not comparable; name one when filtering or sorting by price.',
      }),
    ),
    rating: Type.Optional(Type.Integer({ minimum: 1, maximum: 5, description: 'So many stars or more.' })),
    available: Type.Optional(Type.Boolean({ description: '`true`: only what can be ordered now.' })),
    sort: Type.Enum([...sorts], { default: 'relevance' }),
    language,
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
    cursor: Type.Optional(Type.String({ maxLength: 600 })),
  },
  closed,
)

export const SuggestionsQuery = Type.Object(
  {
    q: line(100, 'As far as it is typed; suggestions begin with two letters.'),
    limit: Type.Integer({ minimum: 1, maximum: 20, default: 8 }),
  },
  closed,
)

const ShopOfHit = Type.Object({ id: Id, name: Type.String(), slug: Type.String() }, closed)
const Picture = Type.Object({ url: Type.String(), alt: Type.String() }, closed)

const HitView = Type.Object(
  {
    productId: Id,
    title: Type.String(),
    slug: Type.String(),
    shop: ShopOfHit,
    priceMinor: Type.Integer({ description: 'Of the cheapest variant, now.' }),
    regularPriceMinor: Type.Integer({ description: 'Outside a sale; the same when there is none.' }),
    currency: Type.String(),
    saleEndsAt: orNull(Time),
    picture: orNull(Picture),
    ratingTenths: orNull(Type.Integer({ description: '43 is 4.3 of 5; null while nobody has rated it.' })),
    ratingCount: Type.Integer(),
    available: Type.Boolean({ description: 'Whether it could be ordered some seconds ago.' }),
  },
  closed,
)

const FacetsView = Type.Object(
  {
    exact: Type.Boolean({ description: 'false: counted over a part of the matches; each count is at least so much.' }),
    categories: Type.Array(
      Type.Object(
        { id: Id, slug: Type.String(), title: Type.String(), parentId: orNull(Id), count: Type.Integer() },
        closed,
      ),
    ),
    shops: Type.Array(Type.Object({ id: Id, slug: Type.String(), name: Type.String(), count: Type.Integer() }, closed)),
    prices: Type.Array(
      Type.Object(
        { currency: Type.String(), minMinor: Type.Integer(), maxMinor: orNull(Type.Integer()), count: Type.Integer() },
        closed,
      ),
      { description: 'In the currency most matches have. `maxMinor` is within the range; null: no upper end.' },
    ),
    ratings: Type.Array(
      Type.Object({ stars: Type.Integer({ description: 'So many or more.' }), count: Type.Integer() }, closed),
    ),
    available: Type.Integer(),
  },
  closed,
)

export const SearchAnswer = Type.Object(
  {
    items: Type.Array(HitView),
    nextCursor: orNull(Type.String()),
    total: Type.Object(
      { count: Type.Integer(), exact: Type.Boolean({ description: 'false: there are more.' }) },
      closed,
    ),
    facets: orNull(FacetsView),
    correctedQuery: orNull(
      Type.String({
        description: 'What was searched for instead, because nothing was found by the words as they were typed.',
      }),
    ),
  },
  closed,
)

export const SuggestionsAnswer = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          kind: Type.Enum(['query', 'product', 'category', 'shop']),
          text: Type.String(),
          productId: orNull(Id),
          slug: orNull(Type.String({ description: 'Of the product, category or shop.' })),
          shopSlug: orNull(Type.String({ description: 'Of the shop of a product.' })),
          pictureUrl: orNull(Type.String()),
        },
        closed,
      ),
    ),
  },
  closed,
)
