import { type Static, type TProperties, Type } from 'typebox'
import { trailKinds } from './trail.ts'

export const closed = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false })

const time = (description?: string) => Type.String({ format: 'date-time', ...(description && { description }) })
export const id = Type.String({ format: 'uuid' })
const names = (maxItems: number) => Type.Array(Type.String({ maxLength: 64 }), { maxItems })
/** Free text on one line: no control characters, which neither PostgreSQL (NUL) nor a terminal takes kindly. */
const oneLine = '^[^\\u0000-\\u001f\\u007f]*$'
export const email = Type.String({ minLength: 3, maxLength: 254, pattern: oneLine, examples: ['ada@example.com'] })
/** A name of a person or a thing: never blank. */
export const line = Type.String({ minLength: 1, maxLength: 100, pattern: oneLine.replace('^', '^(?=.*\\S)') })
/** No lower limit: a short wrong password gets the same answer as a long one. */
export const password = Type.String({ maxLength: 512 })
/** Long enough for the rule of 10, which is checked with a reason. In UTF-16 units, four per character at most. */
export const newPassword = Type.String({ maxLength: 512, description: '10 to 128 characters' })

/** Of an authenticator, or for recovery, however it is typed. */
export const code = Type.String({ minLength: 6, maxLength: 40, pattern: oneLine, examples: ['492039'] })

export const pageQuery = closed({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
})
export const page = <Properties extends TProperties>(item: ReturnType<typeof closed<Properties>>) =>
  closed({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) })

const tokenFields = {
  accessToken: Type.String({ description: 'RS256, 15 minutes. Send it as Authorization: Bearer …' }),
  tokenType: Type.Literal('Bearer'),
  expiresInSeconds: Type.Integer(),
  refreshToken: Type.String({ description: 'Opaque, good once' }),
  refreshExpiresInSeconds: Type.Integer(),
}
export const tokens = closed(tokenFields)

const shopDuties = Type.Array(closed({ shopId: id, duties: names(5) }))

export const registered = closed({
  account: closed({ accountId: id, email: Type.String(), name: Type.String(), createdAt: time() }),
  ...tokenFields,
})

export const principal = closed({
  accountId: id,
  sessionId: id,
  kind: Type.Union([Type.Literal('session'), Type.Literal('api-key')]),
  permissions: names(50),
  shops: shopDuties,
})

const status = Type.Union([Type.Literal('active'), Type.Literal('disabled'), Type.Literal('closed')])
export const account = closed({
  accountId: id,
  email: Type.String(),
  name: Type.String(),
  status,
  roles: names(20),
  createdAt: time(),
})
export const me = closed({
  accountId: id,
  email: Type.String(),
  name: Type.String(),
  status,
  roles: names(20),
  createdAt: time(),
  permissions: names(50),
  shops: shopDuties,
})

export const session = closed({
  sessionId: id,
  createdAt: time(),
  lastUsedAt: time('Signed in or refreshed'),
  expiresAt: time(),
  address: Type.String(),
  userAgent: Type.String(),
  current: Type.Boolean({ description: 'The one this request was made with' }),
})

const apiKeyFields = {
  keyId: id,
  name: Type.String(),
  permissions: names(50),
  shopId: Type.Union([id, Type.Null()]),
  duties: names(5),
  createdAt: time(),
  rotatedAt: Type.Union([time(), Type.Null()]),
  expiresAt: time(),
  lastUsedAt: Type.Union([time('To some ten seconds'), Type.Null()]),
}
export const apiKey = closed(apiKeyFields)
export const apiKeyShown = closed({ ...apiKeyFields, key: Type.String({ description: 'Shown this once' }) })
export const apiKeyWish = closed({
  name: line,
  permissions: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 }),
  shopId: Type.Optional(id),
  duties: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 5 })),
  expiresInDays: Type.Integer({ minimum: 1, maximum: 90, default: 90 }),
})

/** The beginning of an address, or of words of a name. */
export const called = Type.String({
  minLength: 1,
  maxLength: 254,
  pattern: oneLine.replace('^', '^(?=.*\\S)'),
  examples: ['ada'],
})

export const trailQuery = closed({
  ...pageQuery.properties,
  accountId: Type.Optional(id),
  who: Type.Optional({
    ...called,
    description:
      'About or by somebody whose e-mail address begins so, or the words of whose name do, or whose account has this id; of a thousand such people at most.',
  }),
  kind: Type.Optional(Type.Enum([...trailKinds])),
  without: Type.Optional(
    Type.Enum(['refreshed'], { description: 'Leave out who only stayed signed in: that is most of all entries.' }),
  ),
  from: Type.Optional(time('From this time on.')),
  until: Type.Optional(time('Until before this time.')),
})
export const trailEvent = closed({
  seq: Type.Integer(),
  occurredAt: time(),
  kind: Type.String(),
  accountId: Type.Union([id, Type.Null()]),
  actorId: Type.Union([id, Type.Null()]),
  sessionId: Type.Union([id, Type.Null()]),
  address: Type.String(),
  emailMasked: Type.String(),
  correlationId: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
})

export type PageQuery = Static<typeof pageQuery>
