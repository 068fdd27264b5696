import { Type } from 'typebox'
import type { KeptAddress } from './addresses.sql.ts'
import type { Consent } from './consents.sql.ts'
import { appearances, consentSources, purposes, usualPreferences } from './customer.ts'
import type { Customer } from './customers.sql.ts'

export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()])

/** One line of text: no control characters, no halves of characters (PostgreSQL can keep neither). */
export const line = (minLength: number, maxLength: number, description?: string) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    ...(description && { description }),
  })

const Phone = Type.String({
  minLength: 3,
  maxLength: 40,
  pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
  description: 'Kept as E.164: "+4930901820".',
})
const Language = Type.String({ pattern: '^[a-z]{2,3}(-[A-Z]{2})?$', description: 'BCP 47: "en", "pt-BR".' })
const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217: prices are shown in it where possible.' })

const profile = {
  givenName: line(0, 100),
  familyName: line(0, 100),
  phone: orNull(Phone),
  birthDate: orNull(Type.String({ format: 'date', maxLength: 10 })),
  language: Language,
  currency: Currency,
}
const gender = orNull(line(1, 40, 'In your own words, or null.'))
export const ProfileBody = Type.Object({ ...profile, gender: Type.Optional(gender) }, closed)
const Avatar = Type.Object({ mediaId: Id, url: Type.String({ description: '160 pixels wide, WebP.' }) }, closed)
const shown = {
  id: Id,
  email: orNull(Type.String({ description: 'Of the account; changed there.' })),
  guest: Type.Boolean({ description: 'Has no password; the e-mail address was not proved.' }),
  ...profile,
  gender,
  avatar: Type.Union([Avatar, Type.Null()]),
  createdAt: Time,
  closedAt: Type.Union([Time, Type.Null()], { description: 'When the account was closed and all of this erased.' }),
  version: Type.Integer(),
}
export const CustomerView = Type.Object(shown, closed)

export const customerView = (customer: Customer) => ({
  id: customer.customerId,
  email: customer.email,
  guest: customer.guest,
  givenName: customer.givenName,
  familyName: customer.familyName,
  phone: customer.phone,
  birthDate: customer.birthDate,
  language: customer.language,
  currency: customer.currency,
  gender: customer.gender,
  avatar:
    customer.avatarMediaId === null || customer.avatarUrl === null
      ? null
      : { mediaId: customer.avatarMediaId, url: customer.avatarUrl },
  createdAt: customer.createdAt.toISOString(),
  closedAt: customer.closedAt?.toISOString() ?? null,
  version: customer.version,
})

const address = {
  name: line(1, 120, 'Of whoever receives.'),
  line1: line(1, 120, 'Street and number.'),
  city: line(1, 80),
  country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166: "DE".' }),
}
export const AddressBody = Type.Object(
  {
    ...address,
    label: Type.Optional(line(0, 60, '"Home".')),
    company: Type.Optional(line(0, 120)),
    line2: Type.Optional(line(0, 120)),
    postalCode: Type.Optional(line(0, 16)),
    region: Type.Optional(line(0, 80, 'State, province or prefecture, where addresses name it.')),
    phone: Type.Optional(orNull(Phone)),
    defaultDelivery: Type.Optional(Type.Boolean({ description: 'True makes it the default in place of the other.' })),
    defaultBilling: Type.Optional(Type.Boolean()),
  },
  closed,
)
export const AddressView = Type.Object(
  {
    id: Id,
    label: Type.String(),
    ...address,
    company: Type.String(),
    line2: Type.String(),
    postalCode: Type.String(),
    region: Type.String(),
    phone: orNull(Phone),
    defaultDelivery: Type.Boolean(),
    defaultBilling: Type.Boolean(),
    version: Type.Integer(),
  },
  closed,
)
export const addressView = (kept: KeptAddress) => ({
  id: kept.addressId,
  label: kept.label,
  name: kept.name,
  company: kept.company,
  line1: kept.line1,
  line2: kept.line2,
  postalCode: kept.postalCode,
  city: kept.city,
  region: kept.region,
  country: kept.country,
  phone: kept.phone,
  defaultDelivery: kept.defaultDelivery,
  defaultBilling: kept.defaultBilling,
  version: kept.version,
})

const preferences = {
  appearance: Type.Enum([...appearances]),
  timeZone: Type.String({
    minLength: 1,
    maxLength: 60,
    pattern: '^[A-Za-z0-9_+/-]+$',
    description: 'IANA: "Europe/Berlin".',
  }),
  recentlyViewed: Type.Boolean({ description: 'Whether what was looked at is shown again.' }),
}
export const PreferencesBody = Type.Object(preferences, closed)
export const PreferencesView = Type.Object({ ...preferences, version: Type.Integer() }, closed)
export const preferencesView = (customer: Customer) => ({
  ...usualPreferences,
  ...customer.preferences,
  version: customer.preferencesVersion,
})

export const AvatarBody = Type.Object({ mediaId: Id }, closed)

export const Purpose = Type.Enum([...purposes])
export const ConsentBody = Type.Object(
  {
    given: Type.Boolean({ description: 'False: taken back, or refused.' }),
    wordingVersion: line(1, 40, 'Of the text that was shown.'),
    source: Type.Enum([...consentSources]),
  },
  closed,
)
export const ConsentView = Type.Object(
  {
    purpose: Purpose,
    given: Type.Boolean(),
    wordingVersion: orNull(Type.String()),
    source: Type.Union([Type.Enum([...consentSources, 'closing']), Type.Null()]),
    at: orNull(Time),
  },
  closed,
)
export const consentView = (consent: Omit<Consent, 'entryId'>) => ({
  purpose: consent.purpose,
  given: consent.given,
  wordingVersion: consent.wordingVersion,
  source: consent.source,
  at: consent.at.toISOString(),
})
/** Nobody has been asked: nothing may be done. */
export const neverAsked = (purpose: (typeof purposes)[number]) => ({
  purpose,
  given: false,
  wordingVersion: null,
  source: null,
  at: null,
})

export const CustomerDetailView = Type.Object(
  {
    ...shown,
    addresses: Type.Array(AddressView),
    consents: Type.Array(ConsentView),
  },
  closed,
)

export const listOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed)
export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 2_000 })),
}
