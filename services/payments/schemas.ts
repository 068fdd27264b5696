import { Type } from 'typebox'
import { paymentMethods, paymentStates } from './payment.ts'

const closed = { additionalProperties: false }
export const id = Type.String({ format: 'uuid' })
const time = Type.String({ format: 'date-time' })
const maybe = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
const minor = Type.Integer({ description: 'In minor units: 1999 is 19.99 EUR.' })
const currency = Type.String({ minLength: 3, maxLength: 3, pattern: '^[A-Z]{3}$', description: 'ISO 4217.' })
/** More than any order may cost. */
const amount = Type.Integer({ minimum: 1, maximum: 1_000_000_000_000, description: 'In minor units.' })
/** One line that the database can keep and a screen can show. */
const line = '[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*'
const text = (maxLength: number) => Type.String({ maxLength, pattern: `^${line}$` })
const cursor = Type.Optional(Type.String({ maxLength: 300, description: '`nextCursor` of the page before.' }))

export const OrderParams = Type.Object({ orderId: id }, closed)
export const PaymentParams = Type.Object({ paymentId: id }, closed)
export const ShopParams = Type.Object({ shopId: id }, closed)
export const CustomerParams = Type.Object({ customerId: id }, closed)
export const ProviderParams = Type.Object({ provider: Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' }) }, closed)

export const PageQuery = Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }), cursor }, closed)

export const RefundShape = Type.Object(
  {
    id,
    amountMinor: minor,
    cause: Type.String({ description: '`cancelled`, `returned`, `late`, `operator`, …' }),
    state: Type.Enum(['waiting', 'sent', 'settled', 'failed']),
    to: Type.Enum(['provider', 'wallet']),
    reason: Type.String(),
    askedAt: time,
    settledAt: maybe(time),
  },
  closed,
)

export const PaymentShape = Type.Object(
  {
    id,
    orderId: id,
    shopId: id,
    customerId: id,
    method: Type.String({ description: Object.keys(paymentMethods).join(', ') }),
    provider: maybe(Type.String()),
    status: Type.Enum(paymentStates),
    amountMinor: minor,
    capturedMinor: minor,
    refundedMinor: Type.Integer({ description: 'Of captured: promised back or sent back. In minor units.' }),
    currency,
    version: Type.Integer(),
    redirectUrl: maybe(Type.String({ description: 'Where the customer has to go to pay.' })),
    clientSecret: maybe(
      Type.String({ description: "What the provider's own form needs to ask the customer; for him alone." }),
    ),
    refunds: Type.Array(RefundShape),
    history: Type.Array(Type.Object({ status: Type.Enum(paymentStates), at: time, why: Type.String() }, closed), {
      description: 'Every state with when it was reached, oldest first.',
    }),
  },
  closed,
)

export const PaymentPage = Type.Object({ items: Type.Array(PaymentShape), nextCursor: maybe(Type.String()) }, closed)
export const PaymentsOfOrder = Type.Object({ items: Type.Array(PaymentShape) }, closed)

export const NewRefund = Type.Object(
  {
    amountMinor: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000_000,
        description: 'In minor units. Left out: all that is left.',
      }),
    ),
    reason: Type.Optional(text(200)),
  },
  closed,
)

export const Received = Type.Object({ received: Type.Literal(true) }, closed)

export const MovementShape = Type.Object(
  {
    id,
    currency,
    amountMinor: Type.Integer({ description: 'Positive: into the wallet. In minor units.' }),
    cause: Type.Enum(['payment', 'refund', 'credit']),
    causeId: id,
    note: Type.String(),
    at: time,
  },
  closed,
)
export const WalletShape = Type.Object(
  {
    balances: Type.Array(Type.Object({ currency, balanceMinor: minor }, closed)),
    items: Type.Array(MovementShape, { description: 'Why the balances are what they are, newest first.' }),
    nextCursor: maybe(Type.String()),
  },
  closed,
)
export const NewCredit = Type.Object(
  { amountMinor: amount, currency, note: Type.String({ minLength: 1, maxLength: 200, pattern: `^${line}$` }) },
  closed,
)
export const CreditShape = Type.Object({ id, customerId: id, currency, balanceMinor: minor }, closed)

export const LedgerBalances = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          account: Type.String(),
          currency,
          balanceMinor: Type.Integer({ description: 'Debits are positive. All accounts of a currency sum to zero.' }),
        },
        closed,
      ),
    ),
  },
  closed,
)
export const BalancesQuery = Type.Object({ shopId: Type.Optional(id) }, closed)

export const ReconcileQuery = Type.Object(
  {
    provider: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$', description: 'Left out: all of them.' })),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Left out: a day before the end.' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Left out: now.' })),
  },
  closed,
)
const DifferenceShape = Type.Object(
  {
    reference: Type.String(),
    cause: Type.Enum([
      'not-in-our-books',
      'not-at-the-provider',
      'other-amount',
      'captured-twice',
      'captured-differs',
      'refunded-differs',
      'state-differs',
      'under-way',
    ]),
    oursMinor: minor,
    theirsMinor: minor,
    currency: Type.String(),
    detail: Type.String(),
  },
  closed,
)
export const Reconciliations = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          provider: Type.String(),
          from: time,
          to: time,
          compared: Type.Integer(),
          totals: Type.Array(Type.Object({ currency: Type.String(), oursMinor: minor, theirsMinor: minor }, closed)),
          differences: Type.Array(DifferenceShape),
          more: Type.Integer({ description: 'Further differences that are not listed.' }),
        },
        closed,
      ),
    ),
  },
  closed,
)

export const AlarmPage = Type.Object(
  {
    items: Type.Array(
      Type.Object({ payment: PaymentShape, alarm: maybe(Type.String()), waitsFor: maybe(Type.String()) }, closed),
    ),
    nextCursor: maybe(Type.String()),
  },
  closed,
)
