import { shopErrors } from './errors.ts'

/** Every legal move of a shop. Only an open one sells. What is not here is refused. */
export const statusTransitions = {
  registered: { open: 'open', suspend: 'suspended', close: 'closed' },
  open: { suspend: 'suspended', close: 'closed' },
  suspended: { reinstate: 'registered', close: 'closed' },
  closed: {},
} as const satisfies Record<string, Partial<Record<StatusAction, string>>>

/** Every legal move of its verification. */
export const verificationTransitions = {
  unverified: { request: 'pending', verify: 'verified' },
  pending: { verify: 'verified', reject: 'rejected' },
  rejected: { request: 'pending', verify: 'verified' },
  verified: { reject: 'rejected' },
} as const satisfies Record<string, Partial<Record<VerificationAction, string>>>

export type ShopStatus = keyof typeof statusTransitions
export type StatusAction = 'open' | 'suspend' | 'reinstate' | 'close'
export type Verification = keyof typeof verificationTransitions
export type VerificationAction = 'request' | 'verify' | 'reject'
export type ShopAction = StatusAction | VerificationAction

export const shopStatuses = Object.keys(statusTransitions) as ShopStatus[]
export const verifications = Object.keys(verificationTransitions) as Verification[]
export const statusActions = ['open', 'suspend', 'reinstate', 'close'] as const
export const verificationActions = ['request', 'verify', 'reject'] as const

/** What somebody who works in a shop may do there. Owners have all of them. */
export const allDuties = ['catalog', 'inventory', 'orders', 'members', 'settings'] as const
export type Duty = (typeof allDuties)[number]

export type ShopState = { readonly status: ShopStatus; readonly verification: Verification }

/** One move of either machine. */
export type Move = { what: 'status' | 'verification'; from: string; to: string }

const words: Record<ShopAction, string> = {
  open: 'opened',
  suspend: 'suspended',
  reinstate: 'reinstated',
  close: 'closed',
  request: 'sent in for verification',
  verify: 'verified',
  reject: 'rejected',
}

const refused = (from: string, action: ShopAction) =>
  shopErrors.error('shop-move-refused', `A shop that is ${from} cannot be ${words[action]}.`, { from, action })

/** @throws shop-move-refused */
export function nextStatus(from: ShopStatus, action: StatusAction): ShopStatus {
  const moves: Partial<Record<StatusAction, ShopStatus>> = statusTransitions[from]
  const to = moves[action]
  if (to === undefined) throw refused(from, action)
  return to
}

/** @throws shop-move-refused */
export function nextVerification(from: Verification, action: VerificationAction): Verification {
  const moves: Partial<Record<VerificationAction, Verification>> = verificationTransitions[from]
  const to = moves[action]
  if (to === undefined) throw refused(from, action)
  return to
}

const isVerificationAction = (action: ShopAction): action is VerificationAction =>
  verificationActions.some((known) => known === action)

/**
 * What an action makes of a shop, with every move on the way. A registered shop that may sell opens in the same breath,
 * so verification opens it and so does being reinstated; one whose verification is taken away has to wait again.
 * @throws shop-move-refused; a closed shop takes part in nothing any more.
 */
export function decide(
  shop: ShopState,
  action: ShopAction,
  needsVerification: boolean,
): { state: ShopState; moves: Move[] } {
  const moves: Move[] = []
  let { status, verification } = shop
  if (isVerificationAction(action)) {
    if (status === 'closed') throw refused(status, action)
    const to = nextVerification(verification, action)
    moves.push({ what: 'verification', from: verification, to })
    verification = to
  } else {
    // Opening by itself happens below; asked for, it is only another word for it.
    if (action === 'open' && needsVerification && verification !== 'verified') throw refused(status, action)
    const to = nextStatus(status, action)
    moves.push({ what: 'status', from: status, to })
    status = to
  }
  const maySell = !needsVerification || verification === 'verified'
  if (status === 'registered' && maySell) {
    moves.push({ what: 'status', from: status, to: nextStatus(status, 'open') })
    status = 'open'
  } else if (status === 'open' && action === 'reject' && needsVerification) {
    moves.push({ what: 'status', from: status, to: nextStatus(status, 'suspend') })
    status = 'suspended'
  }
  return { state: { status, verification }, moves }
}

/** The state of a shop just registered. */
export const registered = (needsVerification: boolean): ShopState => ({
  status: needsVerification ? 'registered' : 'open',
  verification: 'unverified',
})

export const sells = (status: ShopStatus): boolean => status === 'open'
