import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const id = Type.String({ minLength: 1, maxLength: 100 })
const amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const currency = Type.String({ minLength: 3, maxLength: 3 })
// No notes are an empty array with Razorpay, some are an object.
const notes = Type.Union([
  Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
  Type.Array(Type.Unknown(), { maxItems: 0 }),
])

const Order = Type.Object({
  id,
  amount,
  currency,
  receipt: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
  status: Type.String({ maxLength: 50 }),
  notes,
  created_at: Type.Integer(),
})
const Payment = Type.Object({
  id,
  amount,
  currency,
  status: Type.String({ maxLength: 50 }),
  order_id: Type.Union([id, Type.Null()]),
  amount_refunded: Type.Optional(Type.Union([amount, Type.Null()])),
  fee: Type.Optional(Type.Union([amount, Type.Null()])),
  error_reason: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
  created_at: Type.Integer(),
})
const Refund = Type.Object({
  id,
  amount,
  currency,
  status: Type.String({ maxLength: 50 }),
  notes,
  created_at: Type.Integer(),
})
const listOf = <T extends Parameters<typeof Type.Array>[0]>(item: T) => Type.Object({ items: Type.Array(item) })
const Webhook = Type.Object({
  event: Type.String({ minLength: 1, maxLength: 100 }),
  created_at: Type.Integer({ minimum: 0 }),
  payload: Type.Object({
    payment: Type.Optional(
      Type.Object({ entity: Type.Object({ order_id: Type.Optional(Type.Union([id, Type.Null()])) }) }),
    ),
    order: Type.Optional(
      Type.Object({ entity: Type.Object({ receipt: Type.Optional(Type.Union([Type.String(), Type.Null()])) }) }),
    ),
    refund: Type.Optional(Type.Object({ entity: Type.Object({ notes }) })),
  }),
})

export type Order = Static<typeof Order>
export type Payment = Static<typeof Payment>
export type Refund = Static<typeof Refund>
export type Notes = Static<typeof notes>

export const order = Compile(Order)
export const orders = Compile(listOf(Order))
export const payment = Compile(Payment)
export const payments = Compile(listOf(Payment))
export const refund = Compile(Refund)
export const refunds = Compile(listOf(Refund))
export const webhook = Compile(Webhook)

/** A note, as text; empty when there is none. */
export const noteIn = (given: Notes, name: string): string =>
  Array.isArray(given) ? '' : String((given as Record<string, string | number | null>)[name] ?? '')
