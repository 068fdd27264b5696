import type Stripe from 'stripe'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type WebhookEvent, WebhookRefused } from '../provider.ts'

// What we rely on, and no more: Stripe adds fields as it likes.
const amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const words = Type.String({ maxLength: 5_000 })
const metadata = Type.Record(Type.String(), Type.String())

const intent = Compile(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 255 }),
    amount,
    amount_received: amount,
    currency: Type.String({ minLength: 3, maxLength: 3 }),
    status: words,
    created: Type.Integer(),
    metadata,
    client_secret: Type.Union([words, Type.Null()]),
  }),
)

const refund = Compile(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 255 }),
    amount,
    currency: Type.String({ minLength: 3, maxLength: 3 }),
    status: Type.Union([words, Type.Null()]),
    created: Type.Integer(),
    metadata: Type.Union([metadata, Type.Null()]),
  }),
)

const event = Compile(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 255 }),
    type: Type.String({ minLength: 1, maxLength: 255 }),
    created: Type.Integer({ minimum: 0 }),
    data: Type.Object({ object: Type.Object({ metadata: Type.Optional(Type.Union([metadata, Type.Null()])) }) }),
  }),
)

export const isIntent = (value: unknown): value is Stripe.PaymentIntent => intent.Check(value)
export const isRefund = (value: unknown): value is Stripe.Refund => refund.Check(value)

/** Payments, charges and refunds carry our reference; what does not is none of ours. @throws WebhookRefused */
export function readStripeEvent(value: unknown): WebhookEvent {
  if (!event.Check(value)) throw new WebhookRefused('unreadable', 'it is no event of Stripe')
  return {
    eventId: value.id,
    kind: value.type,
    ourReference: value.data.object.metadata?.our_reference,
    occurredAtMs: value.created * 1_000,
  }
}
