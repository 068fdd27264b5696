import { Type } from 'typebox'
import type { Member } from './members.sql.ts'
import { slugPattern } from './names.ts'
import { allDuties, shopStatuses, verifications } from './shop.ts'
import type { HistoryRow, Shop } from './shops.sql.ts'

const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Object>>(schema: T) =>
  Type.Union([schema, Type.Null()])

/** One line of text: no control characters, no halves of characters (PostgreSQL can keep neither). */
export const line = (minLength: number, maxLength: number, description?: string) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    ...(description && { description }),
  })
/** The same with line breaks and tabs. */
export const prose = (maxLength: number) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff]*$' })

const Url = Type.String({
  maxLength: 500,
  pattern: '^https?://[^\\s\\u0000-\\u001f"<>\\\\^`{|}]+$',
  description: 'http or https.',
})
const Picture = Type.Object(
  {
    url: Type.String({
      maxLength: 500,
      pattern: '^(?:https?://[^\\s\\u0000-\\u001f"<>\\\\^`{|}]+|/v1/pictures/[A-Za-z0-9][A-Za-z0-9._-]{0,199})$',
      description: 'http, https, or a picture of ours: /v1/pictures/…',
    }),
    alt: line(0, 200, 'What is to be seen, for those who do not see it.'),
  },
  closed,
)

const profile = {
  description: prose(5_000),
  logo: orNull(Picture),
  banner: orNull(Picture),
  websiteUrl: orNull(Url),
  supportEmail: orNull(Type.String({ format: 'email', maxLength: 254 })),
  metadata: Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,39}$' }), line(0, 500), {
    additionalProperties: false,
    maxProperties: 20,
    description: 'Whatever else you keep with the shop: 20 entries at most.',
  }),
}

export const NewShopBody = Type.Object(
  {
    name: line(1, 120),
    slug: Type.Optional(
      Type.String({ pattern: slugPattern, description: 'Its address. Made from the name when left out.' }),
    ),
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166: "DE".' }),
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      description: 'ISO 4217. All prices of the shop are in it; it never changes.',
    }),
    ...(Object.fromEntries(Object.entries(profile).map(([name, schema]) => [name, Type.Optional(schema)])) as {
      [Name in keyof typeof profile]: ReturnType<typeof Type.Optional<(typeof profile)[Name]>>
    }),
  },
  closed,
)

export const EditShopBody = Type.Object(
  {
    name: Type.Optional(line(1, 120)),
    description: Type.Optional(profile.description),
    logo: Type.Optional(profile.logo),
    banner: Type.Optional(profile.banner),
    websiteUrl: Type.Optional(profile.websiteUrl),
    supportEmail: Type.Optional(profile.supportEmail),
    metadata: Type.Optional(profile.metadata),
  },
  { ...closed, minProperties: 1 },
)

export const ShopView = Type.Object(
  {
    id: Id,
    slug: Type.String(),
    name: Type.String(),
    status: Type.Enum(shopStatuses),
    verification: Type.Enum(verifications),
    country: Type.String(),
    currency: Type.String(),
    ...profile,
    metadata: Type.Record(Type.String(), Type.String()),
    createdAt: Time,
    version: Type.Integer(),
    management: Type.Optional(
      Type.Object(
        {
          ownerAccountId: Id,
          commissionBasisPoints: Type.Integer({ description: '1000 is 10 %.' }),
          verificationReason: orNull(Type.String()),
          changedAt: Time,
        },
        { ...closed, description: 'For those who work in the shop and for operators.' },
      ),
    ),
  },
  closed,
)

export const shopView = (shop: Shop, managed: boolean) => ({
  id: shop.shopId,
  slug: shop.slug,
  name: shop.name,
  status: shop.status,
  verification: shop.verification,
  country: shop.country,
  currency: shop.currency,
  ...shop.profile,
  createdAt: shop.createdAt.toISOString(),
  version: shop.version,
  ...(managed && {
    management: {
      ownerAccountId: shop.ownerAccountId,
      commissionBasisPoints: shop.commissionBasisPoints,
      verificationReason: shop.verificationReason,
      changedAt: shop.changedAt.toISOString(),
    },
  }),
})

export const listOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed)

export const MemberView = Type.Object(
  {
    accountId: Id,
    name: Type.Optional(orNull(Type.String({ description: 'null while it cannot be asked for.' }))),
    email: Type.Optional(orNull(Type.String({ description: 'With most of it masked: a***@example.com.' }))),
    owner: Type.Boolean(),
    duties: Type.Array(Type.Enum([...allDuties])),
    version: Type.Integer(),
    addedAt: Time,
  },
  closed,
)
export const memberView = (member: Member) => ({ ...member, addedAt: member.addedAt.toISOString() })

export const HistoryView = Type.Object(
  {
    version: Type.Integer({ description: 'Of the shop, after it.' }),
    what: Type.Enum(['status', 'verification', 'commission']),
    from: Type.String({ description: 'Empty for the first entry.' }),
    to: Type.String(),
    reason: Type.String(),
    byAccountId: Id,
    at: Time,
  },
  closed,
)
export const historyView = (row: HistoryRow) => ({
  version: row.version,
  what: row.what,
  from: row.from,
  to: row.to,
  reason: row.reason,
  byAccountId: row.byAccountId,
  at: row.at.toISOString(),
})
