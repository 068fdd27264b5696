import { catalogErrors } from './errors.ts'

/**
 * Every legal move of a sale window. `pending`: orders has not said yet whether the units are there; a refusal removes the
 * window. `cancelling`: orders has not confirmed yet that what is unsold went back.
 */
export const saleTransitions = {
  pending: { plan: 'planned' },
  planned: { cancel: 'cancelling', end: 'ended' },
  cancelling: { confirm: 'cancelled' },
  cancelled: {},
  ended: {},
} as const satisfies Record<string, Partial<Record<SaleAction, string>>>

export type SaleStatus = keyof typeof saleTransitions
export type SaleAction = 'plan' | 'cancel' | 'confirm' | 'end'
export const saleStatuses = Object.keys(saleTransitions) as SaleStatus[]

/** @throws sale-move-refused */
export function nextSale(from: SaleStatus, action: SaleAction): SaleStatus {
  const moves: Partial<Record<SaleAction, SaleStatus>> = saleTransitions[from]
  const to = moves[action]
  if (to === undefined)
    throw catalogErrors.error('sale-move-refused', `A sale that is ${from} cannot do this.`, { from, action })
  return to
}

export type SaleWindow = {
  saleWindowId: string
  shopId: string
  productId: string
  variantId: string
  status: SaleStatus
  priceMinor: number
  currency: string
  startsAt: Date
  endsAt: Date
  /** 0: none. */
  capPerCustomer: number
  units: number
  createdAt: Date
  changedAt: Date
}

/** What shoppers make of it at an instant. The first millisecond belongs to a window, the last does not. */
export const phaseOf = (
  { startsAt, endsAt }: { startsAt: Date; endsAt: Date },
  now: Date,
): 'upcoming' | 'running' | 'past' => (now < startsAt ? 'upcoming' : now < endsAt ? 'running' : 'past')

export const overlaps = (a: { startsAt: Date; endsAt: Date }, b: { startsAt: Date; endsAt: Date }): boolean =>
  a.startsAt < b.endsAt && b.startsAt < a.endsAt

const dayMs = 86_400_000

/** @throws sale-times-impossible, sale-price-not-lower */
export function checkSale(
  sale: { startsAt: Date; endsAt: Date; priceMinor: number },
  regularPriceMinor: number,
  now: Date,
): void {
  const [from, to] = [sale.startsAt.getTime(), sale.endsAt.getTime()]
  if (!(from < to) || to <= now.getTime() || to - from > 90 * dayMs || from > now.getTime() + 366 * dayMs)
    throw catalogErrors.error(
      'sale-times-impossible',
      'A sale must end after it starts and after now, and last 90 days at most.',
    )
  if (sale.priceMinor >= regularPriceMinor)
    throw catalogErrors.error('sale-price-not-lower', 'The sale price must be lower than the ordinary one.', {
      regularPriceMinor,
    })
}
