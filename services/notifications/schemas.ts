import { Type } from 'typebox'
import { allKinds } from './kinds.ts'
import { channels, messageStates, priorities } from './message.ts'
import { phonePattern } from './preferences.ts'
import { languages } from './wording/index.ts'

const closed = { additionalProperties: false } as const
const oneOf = <Word extends string>(words: readonly Word[]) => Type.Union(words.map((word) => Type.Literal(word)))
const nullable = <Shape extends Parameters<typeof Type.Array>[0]>(shape: Shape) => Type.Union([shape, Type.Null()])
export const Id = Type.String({ format: 'uuid', maxLength: 36 })
const Instant = Type.String({ format: 'date-time' })
/** No control characters but line breaks and tabs, no halves of characters: PostgreSQL can keep neither. */
const Words = (maxLength: number) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^(?=[\\s\\S]*\\S)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff]*$',
  })

const KindName = oneOf(allKinds)
const ChannelName = oneOf(channels)
const LanguageName = oneOf(languages)
const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 100 })),
}

export const PageQuery = Type.Object(paging, closed)
export const CustomerParams = Type.Object({ customerId: Id }, closed)
export const MessageParams = Type.Object({ messageId: Id }, closed)
export const KindParams = Type.Object({ kind: KindName }, closed)

export const RecentQuery = Type.Object(
  {
    ...paging,
    kind: Type.Optional(KindName),
    channel: Type.Optional(ChannelName),
    customerId: Type.Optional(Id),
  },
  closed,
)

const Amount = Type.Object(
  { amountMinor: Type.Integer({ minimum: 0, maximum: 1e13 }), currency: Type.String({ pattern: '^[A-Z]{3}$' }) },
  closed,
)
const Parameter = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 40 }),
    text: Type.Optional(
      Type.String({ maxLength: 2_000, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff]*$' }),
    ),
    count: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
    amount: Type.Optional(Amount),
    at: Type.Optional(Instant),
  },
  closed,
)
export const SendMessage = Type.Object(
  {
    shopId: Type.Optional(Id),
    customerIds: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
    kind: Type.Optional(KindName),
    parameters: Type.Optional(Type.Array(Parameter, { maxItems: 20 })),
    subject: Type.Optional(Words(150)),
    text: Type.Optional(Words(2_000)),
    priority: Type.Optional(oneOf(priorities)),
  },
  closed,
)
export const Recorded = Type.Object(
  { messages: Type.Array(Type.Object({ customerId: Id, messageId: Id }, closed)) },
  closed,
)

const Message = {
  messageId: Id,
  kind: KindName,
  channel: ChannelName,
  state: oneOf(messageStates),
  orderId: nullable(Id),
  shopId: nullable(Id),
  language: LanguageName,
  subject: Type.String(),
  text: Type.String({ description: 'Without markup' }),
  recordedAt: Instant,
  sentAt: nullable(Instant),
  arrivedAt: nullable(Instant),
}
const pageOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed)
export const MessagePage = pageOf(Type.Object(Message, closed))
export const WatchedPage = pageOf(
  Type.Object({ ...Message, customerId: Id, attempts: Type.Integer(), detail: nullable(Type.String()) }, closed),
)

export const FailedPage = pageOf(
  Type.Object(
    {
      messageId: Id,
      customerId: Id,
      kind: KindName,
      channel: ChannelName,
      attempts: Type.Integer(),
      cause: Type.String(),
      failedAt: Instant,
    },
    closed,
  ),
)
export const Discard = Type.Object({ reason: Words(300) }, closed)

const Phone = Type.String({ pattern: phonePattern, maxLength: 16 })
const Way = Type.Object(
  { kind: KindName, channels: Type.Array(ChannelName, { maxItems: 5, uniqueItems: true }) },
  closed,
)
export const Preferences = Type.Object(
  {
    language: LanguageName,
    phone: nullable(Phone),
    pushToken: nullable(Type.String({ minLength: 10, maxLength: 4_096, pattern: '^[A-Za-z0-9:_.-]+$' })),
    kinds: Type.Array(Way, {
      maxItems: allKinds.length,
      description: 'In order of preference; those left out as usual',
    }),
  },
  closed,
)
export const ShownPreferences = Type.Object(
  {
    language: LanguageName,
    email: nullable(Type.String()),
    phone: nullable(Type.String()),
    pushToken: nullable(Type.String()),
    kinds: Type.Array(
      Type.Object(
        { kind: KindName, channels: Type.Array(ChannelName), transactional: Type.Boolean(), chosen: Type.Boolean() },
        closed,
      ),
    ),
  },
  closed,
)

const about = { channel: oneOf(['email', 'sms', 'inbox', 'whatsapp', 'push'] as const), language: LanguageName }
export const OwnerQuery = Type.Object({ shopId: Type.Optional(Id) }, closed)
export const VersionsQuery = Type.Object({ ...paging, ...about, shopId: Type.Optional(Id) }, closed)
const words = { subject: Words(200), body: Words(10_000) }
export const Publish = Type.Object({ shopId: Type.Optional(Id), ...about, ...words }, closed)
export const Preview = Type.Object(
  {
    shopId: Type.Optional(Id),
    ...about,
    subject: Type.Optional(words.subject),
    body: Type.Optional(words.body),
    parameters: Type.Optional(Type.Array(Parameter, { maxItems: 20 })),
  },
  closed,
)
export const Previewed = Type.Object(
  {
    language: LanguageName,
    version: Type.Integer({ description: '0: the words sent with the request' }),
    subject: Type.String(),
    text: Type.String(),
    html: Type.String({ description: 'A whole mail; everything in it that came from elsewhere is escaped' }),
  },
  closed,
)
export const TemplateShape = Type.Object(
  {
    kind: KindName,
    channel: ChannelName,
    language: LanguageName,
    version: Type.Integer({ description: '1: the words the program brings' }),
    shopId: nullable(Id),
    subject: Type.String(),
    body: Type.String(),
    publishedAt: nullable(Instant),
  },
  closed,
)
export const TemplateList = Type.Object({ items: Type.Array(TemplateShape) }, closed)
export const TemplatePage = pageOf(TemplateShape)
