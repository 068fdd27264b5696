import type { DomainError } from '@souk/errors'
import { orderErrors } from './errors.ts'
import type { Draw, PricedOrder } from './price-order.ts'

/** What this batch draws from each allotment, in the order of their ids. */
export type Demand = { readonly draw: Draw; quantity: number }

export type Allocation = {
  /** One answer per order, in the order given: undefined when all its lines were granted, else why none was. */
  readonly refusals: readonly (DomainError | undefined)[]
  readonly demand: ReadonlyMap<string, Demand>
}

/** Units left of an allotment, as far as is known. */
export type RemainingOf = (allotmentId: string) => number | undefined

/**
 * Who in this batch gets what: in order of arrival, all lines of an order or none.
 * @param remainingOf a customer's cap never drawn on counts as whole, anything else unknown as 0.
 */
export function allocate(orders: readonly PricedOrder[], remainingOf: RemainingOf): Allocation {
  const demand = new Map<string, Demand>()
  const left = (draw: Draw) =>
    (remainingOf(draw.allotmentId) ?? draw.cap) - (demand.get(draw.allotmentId)?.quantity ?? 0)
  const refusals = orders.map((priced) => {
    // Lines are merged before, so no two draws of one order meet on the same allotment.
    for (const draw of priced.draws) if (left(draw) < draw.quantity) return refusal(draw, Math.max(0, left(draw)))
    for (const draw of priced.draws) {
      const known = demand.get(draw.allotmentId)
      if (known === undefined) demand.set(draw.allotmentId, { draw, quantity: draw.quantity })
      else known.quantity += draw.quantity
    }
    return undefined
  })
  return { refusals, demand }
}

function refusal(draw: Draw, remaining: number): DomainError {
  const { kind, code = '', cap } = draw
  if (kind === 'voucher') return orderErrors.error('voucher-used-up', `The voucher ${code} has been used up.`, { code })
  if (kind === 'voucher-cap')
    return orderErrors.error(
      'voucher-cap-reached',
      cap === 1 ? `You have used the voucher ${code}.` : `You have used the voucher ${code} all ${cap} times you may.`,
      { code, cap },
    )
  if (kind === 'first-order')
    return orderErrors.error('voucher-refused', `The voucher ${code} is for a first order, and you have placed one.`, {
      code,
      reason: 'not-first',
    })
  return refusalOfUnits(draw, remaining)
}

const refusalOfUnits = (draw: Draw, remaining: number): DomainError =>
  draw.kind === 'cap'
    ? orderErrors.error(
        'cap-reached',
        remaining === 0
          ? `You have bought all the ${draw.cap} this sale allows each customer.`
          : `This sale allows each customer ${draw.cap}; you may buy ${remaining} more.`,
        { variantId: draw.variantId, remaining, cap: draw.cap },
      )
    : orderErrors.error(
        'out-of-stock',
        remaining === 0
          ? `The variant ${draw.variantId} is sold out.`
          : `Only ${remaining} of the variant ${draw.variantId} are left; ${draw.quantity} were asked for.`,
        { variantId: draw.variantId, remaining },
      )
