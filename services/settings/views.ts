import { Type } from 'typebox'
import type { Shown } from './change-setting.ts'
import { flagTypes, roles } from './flag.ts'
import type { FlagHistoryRow, FlagRow } from './flags.sql.ts'
import type { HistoryRow } from './settings.sql.ts'

export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Array>[0]>(schema: T) => Type.Union([schema, Type.Null()])

/** No control characters but line breaks and tabs, no halves of characters (PostgreSQL can keep neither). */
const words = (maxLength: number, minLength = 0) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\ud800-\\udfff]*$',
  })
const word = (maxLength: number) => Type.String({ maxLength, pattern: '^[a-z0-9][a-z0-9.-]*$' })

export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
}
export const listOf = <T extends Parameters<typeof Type.Array>[0]>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, closed)

const bounds = { minimum: -1_000_000_000_000, maximum: 1_000_000_000_000 }
const SettingValue = Type.Union([Type.Boolean(), Type.Integer(bounds), words(20_000)])
export const ValueBody = Type.Object({ value: SettingValue }, closed)
export const KeyParams = Type.Object({ key: word(80) }, closed)
export const ShopParams = Type.Object({ shopId: Id }, closed)
export const ShopKeyParams = Type.Object({ shopId: Id, key: word(80) }, closed)

export const SettingView = Type.Object(
  {
    key: Type.String(),
    title: Type.String(),
    type: Type.Enum(['boolean', 'integer', 'text', 'choice', 'json'] as const),
    value: SettingValue,
    defaultValue: SettingValue,
    origin: Type.Enum(['default', 'marketplace', 'shop', 'user'] as const, { description: 'Whose value it is.' }),
    version: Type.Integer({ description: 'For If-Match; 0 while nobody has set it here.' }),
    minimum: Type.Optional(Type.Integer()),
    maximum: Type.Optional(Type.Integer()),
    maxLength: Type.Optional(Type.Integer()),
    choices: Type.Optional(Type.Array(Type.String())),
    changedAt: orNull(Time),
  },
  closed,
)
export const FeaturedShops = Type.Object({ items: Type.Array(Type.Object({ shopId: Id }, closed)) }, closed)
export const SettingList = Type.Object({ items: Type.Array(SettingView) }, closed)

export const settingView = ({ setting, value, origin, version, changedAt }: Shown) => ({
  key: setting.key,
  title: setting.title,
  type: setting.type,
  value,
  defaultValue: setting.default,
  origin,
  version,
  ...(setting.type === 'integer' && { minimum: setting.minimum, maximum: setting.maximum }),
  ...((setting.type === 'text' || setting.type === 'json') && { maxLength: setting.maxLength }),
  ...(setting.type === 'choice' && { choices: [...setting.choices] }),
  changedAt: changedAt?.toISOString() ?? null,
})

export const SettingHistoryView = Type.Object(
  { key: Type.String(), version: Type.Integer(), value: orNull(SettingValue), changedBy: Id, changedAt: Time },
  closed,
)
export const settingHistoryView = ({ key, version, value, changedBy, changedAt }: HistoryRow) => ({
  key,
  version,
  value,
  changedBy,
  changedAt: changedAt.toISOString(),
})

export const FlagKey = Type.String({ minLength: 1, maxLength: 80, pattern: '^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$' })
export const FlagParams = Type.Object({ flagKey: FlagKey }, closed)
const VariantName = Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*$' })
const FlagValue = Type.Union([Type.Boolean(), Type.Number(bounds), words(1_000)])
const Shares = Type.Array(
  Type.Object({ variant: VariantName, basisPoints: Type.Integer({ minimum: 0, maximum: 10_000 }) }, closed),
  { maxItems: 10, description: 'Of 10,000. Whoever falls into no share gets the fallback.' },
)
const flagBody = {
  description: words(500),
  type: Type.Enum(flagTypes),
  variants: Type.Array(Type.Object({ name: VariantName, value: FlagValue }, closed), { minItems: 1, maxItems: 10 }),
  fallback: Type.String({
    maxLength: 40,
    description:
      'The variant that holds when the flag is off, when nobody knows who asks, and when anything goes wrong.',
  }),
  enabled: Type.Boolean(),
  exposed: Type.Boolean({ description: 'Told to browsers by GET /v1/flags/evaluated.' }),
  rules: Type.Array(
    Type.Object(
      {
        name: words(80, 1),
        shopIds: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 500 })),
        roles: Type.Optional(Type.Array(Type.Enum(roles), { minItems: 1, maxItems: 4 })),
        countries: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z]{2}$' }), { minItems: 1, maxItems: 250 })),
        serve: Shares,
      },
      closed,
    ),
    { maxItems: 20, description: 'The first that applies decides.' },
  ),
  otherwise: Shares,
}
const note = { note: Type.Optional(words(500)) }
export const NewFlagBody = Type.Object({ key: FlagKey, ...flagBody, ...note }, closed)
export const FlagBody = Type.Object({ ...flagBody, ...note }, closed)
export const FlagView = Type.Object(
  { key: Type.String(), version: Type.Integer(), ...flagBody, changedBy: Id, changedAt: Time },
  closed,
)
export const FlagHistoryView = Type.Object(
  {
    version: Type.Integer(),
    flag: orNull(Type.Object({ key: Type.String(), ...flagBody }, closed)),
    note: Type.String(),
    changedBy: Id,
    changedAt: Time,
  },
  closed,
)
export const EvaluatedView = Type.Object(
  {
    items: Type.Array(
      Type.Object({ key: Type.String(), value: FlagValue, variant: Type.String(), reason: Type.String() }, closed),
    ),
  },
  closed,
)

export const flagView = ({ version, definition, changedBy, changedAt }: FlagRow) => ({
  ...definition,
  version,
  changedBy,
  changedAt: changedAt.toISOString(),
})
export const flagHistoryView = ({ version, definition, note: said, changedBy, changedAt }: FlagHistoryRow) => ({
  version,
  flag: definition,
  note: said,
  changedBy,
  changedAt: changedAt.toISOString(),
})
