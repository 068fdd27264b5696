import type { OrderDue } from '@souk/contracts/orders'
import type { PaymentStanding } from '@souk/contracts/payments'

export type Due = Omit<OrderDue, '$typeName' | '$unknown'>
export type Standing = Omit<PaymentStanding, '$typeName' | '$unknown'>

/** Of orders taken over from another system, which were paid there. */
const paidElsewhere = 'external'
/** As late as a consumer may be before it is a finding of its own. */
const lateMs = 60_000

const isOpen = ({ state }: Standing) => state === 'created' || state === 'pending' || state === 'authorised'
const isCollected = ({ state }: Standing) => state === 'captured' || state === 'partly-refunded' || state === 'refunded'
const kept = ({ capturedMinor, refundedMinor }: Standing) => capturedMinor - refundedMinor

/** What is wrong between an order and its payment; undefined when nothing is. Amounts in minor units. */
export function faultOf(due: Due | undefined, standing: Standing | undefined, nowMs: number): string | undefined {
  if (due === undefined) return standing && strayMoney(standing)
  if (due.paymentMethod === paidElsewhere) return undefined
  if (due.status === 'cancelled') return due.undoing ? undefined : standing && moneyOfCancelled(standing)
  if (due.status === 'placed')
    return standing === undefined || standing.state === 'called-off' ? undefined : otherSum(due, standing)
  if (standing === undefined) return `is ${due.status}, and nothing was paid or promised for it`
  return moneyOfLive(due, standing, nowMs)
}

function strayMoney(standing: Standing): string | undefined {
  const { state, currencyCode, underWay } = standing
  if (underWay) return undefined
  if (kept(standing) > 0n) return `is not there, but ${kept(standing)} ${currencyCode} was collected for it and kept`
  return isOpen(standing) ? `is not there, but its payment is ${state}` : undefined
}

function moneyOfCancelled(standing: Standing): string | undefined {
  const { state, capturedMinor, currencyCode, underWay } = standing
  if (underWay) return undefined
  if (kept(standing) > 0n)
    return `is cancelled, and of ${capturedMinor} ${currencyCode} collected ${kept(standing)} was not given back`
  return isOpen(standing) ? `is cancelled, and its payment is still ${state}` : undefined
}

function moneyOfLive(due: Due, standing: Standing, nowMs: number): string | undefined {
  const { status, totalMinor, currencyCode, returningMinor, sinceMs } = due
  const { state, capturedMinor, underWay } = standing
  const wrongSum = state === 'called-off' ? undefined : otherSum(due, standing)
  if (wrongSum !== undefined) return wrongSum
  if (state === 'authorised')
    return status !== 'delivered' || underWay || nowMs - Number(sinceMs) < lateMs
      ? undefined
      : `is delivered, and its ${totalMinor} ${currencyCode} were not collected`
  // Somebody who may decide that let the customer off.
  if (state === 'voided' && standing.letGo) return undefined
  // Nothing of it could be delivered, and nothing was taken at the door.
  if (state === 'voided' && due.returnedMinor + returningMinor >= totalMinor) return undefined
  // Everything that could be handed over was free.
  if (state === 'voided' && atTheDoor(due) === 0n) return undefined
  if (!isCollected(standing)) return `is ${status}, and its payment is ${state}`
  const inPart = capturedMinor !== totalMinor && capturedMinor === atTheDoor(due)
  if (capturedMinor !== totalMinor && !inPart)
    return `costs ${totalMinor} ${currencyCode}, and ${capturedMinor} was collected`
  // Of what was never paid nothing is to be given back, though its goods came back like any others.
  const returnedMinor = inPart ? due.returnedMinor - due.undeliveredSettledMinor : due.returnedMinor
  if (standing.cancelledMinor > 0n)
    return `is ${status}, and ${standing.cancelledMinor} ${currencyCode} was given back as of a cancelled order`
  if (standing.returnedMinor > returnedMinor + returningMinor)
    return `has returns of ${returnedMinor + returningMinor} ${currencyCode}, and ${standing.returnedMinor} was given back for them`
  if (standing.returnedMinor < returnedMinor && kept(standing) > 0n && !underWay)
    return `has returns of ${returnedMinor} ${currencyCode}, and only ${standing.returnedMinor} was given back for them`
  return undefined
}

/** What was to be taken at the door for what arrived; undefined where money is promised before. */
const atTheDoor = ({ status, paymentMethod, totalMinor, undeliveredMinor }: Due): bigint | undefined =>
  status === 'delivered' && paymentMethod === 'cash-on-delivery' ? totalMinor - undeliveredMinor : undefined

function otherSum(due: Due, standing: Standing): string | undefined {
  const { totalMinor, currencyCode, paymentMethod } = due
  if (
    standing.amountMinor === totalMinor &&
    standing.currencyCode === currencyCode &&
    standing.method === paymentMethod
  )
    return undefined
  const paid = `${standing.amountMinor} ${standing.currencyCode} by ${standing.method}`
  return `costs ${totalMinor} ${currencyCode} by ${paymentMethod}, and its payment is of ${paid}`
}
