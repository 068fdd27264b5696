/** One payment as the test provider has it. Everything here is written down before anybody is answered. */
export type Charge = {
  id: string
  reference: string
  method: 'card' | 'bank-transfer'
  state: ChargeState
  amountMinor: number
  capturedMinor: number
  refundedMinor: number
  feeMinor: number
  currency: string
  /** How often money was taken; more than once would be a double charge. */
  captures: number
  /** Why it was declined. */
  reason: string
  /** Take the money as soon as the shopper agrees. */
  capture: boolean
  returnUrl: string
  refunds: Refund[]
  createdAtMs: number
  changedAtMs: number
  /** While pending: when it is decided by itself. */
  decidesAtMs?: number
}

export type ChargeState = 'pending' | 'authorised' | 'captured' | 'declined' | 'voided'

export type Refund = { id: string; refundId: string; amountMinor: number; state: 'succeeded' }

export type NewCharge = {
  reference: string
  idempotencyKey: string
  method: 'card' | 'bank-transfer'
  amountMinor: number
  currency: string
  token?: string
  capture: boolean
  returnUrl: string
}

export type Operation = { idempotencyKey: string; amountMinor: number; refundId?: string }

/** Said no. `status` is the HTTP status of the answer. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

/** 1.4 % and 25 minor units, never more than what was taken. */
export const feeOf = (amountMinor: number): number => Math.min(amountMinor, Math.round(amountMinor * 0.014) + 25)

/** The shopper, or their bank, has decided. */
export function decide(charge: Charge, decision: 'pay' | 'decline', reason = 'declined_by_shopper'): Charge {
  if (charge.state !== 'pending') throw new Refusal(409, 'already_decided')
  const { decidesAtMs: _, ...decided } = charge
  if (decision === 'decline') return { ...decided, state: 'declined', reason }
  const authorised: Charge = { ...decided, state: 'authorised' }
  return charge.capture ? capture(authorised, charge.amountMinor) : authorised
}

export function capture(charge: Charge, amountMinor: number): Charge {
  if (charge.state !== 'authorised') throw new Refusal(409, `cannot_capture_${charge.state}`)
  if (amountMinor < 1 || amountMinor > charge.amountMinor) throw new Refusal(422, 'amount_too_large')
  return {
    ...charge,
    state: 'captured',
    capturedMinor: amountMinor,
    feeMinor: feeOf(amountMinor),
    captures: charge.captures + 1,
  }
}

export function voidCharge(charge: Charge): Charge {
  if (charge.state !== 'authorised' && charge.state !== 'pending') throw new Refusal(409, `cannot_void_${charge.state}`)
  const { decidesAtMs: _, ...voided } = charge
  return { ...voided, state: 'voided' }
}

export function refund(charge: Charge, refundId: string, amountMinor: number): Charge {
  if (charge.state !== 'captured') throw new Refusal(409, `cannot_refund_${charge.state}`)
  if (amountMinor < 1 || charge.refundedMinor + amountMinor > charge.capturedMinor)
    throw new Refusal(422, 'more_than_was_paid')
  const id = `re_${charge.id.slice(3)}_${charge.refunds.length + 1}`
  return {
    ...charge,
    refundedMinor: charge.refundedMinor + amountMinor,
    refunds: [...charge.refunds, { id, refundId, amountMinor, state: 'succeeded' }],
  }
}
