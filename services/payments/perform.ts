import type { Taken } from './operations.sql.ts'
import { type Dossier, isUnwanted, type Payment } from './payment.ts'
import type {
  AuthoriseAsk,
  OperationAsk,
  PaymentProvider,
  ProviderAnswer,
  ProviderMethod,
  ProviderRecord,
} from './provider.ts'
import type { Outcome } from './settle-attempts.ts'

export type PerformDeps = {
  provider: PaymentProvider
  capture: 'authorisation' | 'shipment'
  returnUrl(payment: Payment): string
}

/** Stable for one operation on one payment, so that a provider that sees it twice does it once. */
export const idempotencyKeyOf = ({
  paymentId,
  kind,
  refundId,
}: Pick<Taken, 'paymentId' | 'kind' | 'refundId'>): string =>
  refundId === null ? `${paymentId}-${kind}` : `${paymentId}-${kind}-${refundId}`

export const authoriseAsk = (
  { payment, intent }: { payment: Payment; intent: { token: string | null } | undefined },
  taken: Pick<Taken, 'paymentId' | 'kind' | 'refundId'>,
  { capture, returnUrl }: Pick<PerformDeps, 'capture' | 'returnUrl'>,
): AuthoriseAsk => ({
  ourReference: payment.paymentId,
  idempotencyKey: idempotencyKeyOf(taken),
  method: payment.method as ProviderMethod,
  amountMinor: payment.amountMinor,
  currency: payment.currency,
  token: intent?.token ?? undefined,
  capture: capture === 'authorisation',
  returnUrl: returnUrl(payment),
})

/**
 * Do one thing at a provider, outside any transaction. When it is not known what became of the last attempt, the provider
 * is asked by our reference first, and nothing is repeated that it has done already.
 */
export async function perform(deps: PerformDeps, taken: Taken, dossier: Dossier): Promise<Outcome> {
  const { provider } = deps
  const { payment, intent } = dossier
  const reference = intent?.providerReference ?? undefined
  const find = () => provider.find(payment.paymentId, reference)
  try {
    if (taken.kind === 'look') return { kind: 'learn', record: await find() }
    let known: ProviderRecord | undefined
    if (mustAskFirst(taken, dossier)) {
      known = await find()
      if (isSettledBy(known, taken, dossier)) return { kind: 'learn', record: known }
    }
    const answer = await call(deps, taken, dossier, known)
    return { kind: 'answer', answer }
  } catch (error) {
    return { kind: 'error', error }
  }
}

/** Also before money is asked for that nobody wants any more, and where we have no name for what is to be changed. */
const mustAskFirst = (taken: Taken, dossier: Dossier): boolean =>
  taken.mustLook ||
  (taken.kind === 'authorise' && isUnwanted(dossier)) ||
  (taken.kind !== 'authorise' && dossier.intent?.providerReference == null)

/** Whether what the provider has written down already answers what was to be done. */
function isSettledBy(known: ProviderRecord | undefined, taken: Taken, dossier: Dossier): boolean {
  const { payment } = dossier
  if (known === undefined) return taken.kind !== 'authorise' || isUnwanted(dossier)
  switch (taken.kind) {
    case 'authorise':
      // Waiting for the customer, and nobody knows where to send him: asking again under the same key tells.
      return known.state !== 'pending' || (known.redirectUrl ?? known.clientSecret) !== undefined || isUnwanted(dossier)
    case 'capture':
      return known.state !== 'authorised'
    case 'refund':
      return known.refunds.some(({ refundId }) => refundId === taken.refundId)
    case 'void':
      if (known.state === 'voided' || known.state === 'declined') return true
      // Of the right amount it goes through the books; of a wrong one it is sent back below.
      return known.state === 'captured' && isRight(known, payment)
    case 'look':
      return true
  }
}

const isRight = (known: ProviderRecord, payment: Payment): boolean =>
  known.amountMinor === payment.amountMinor && known.currency === payment.currency

function call(
  deps: PerformDeps,
  taken: Taken,
  dossier: Dossier,
  known: ProviderRecord | undefined,
): Promise<ProviderAnswer> {
  const { provider } = deps
  const { payment, intent } = dossier
  const ask: OperationAsk = {
    ourReference: payment.paymentId,
    providerReference: intent?.providerReference ?? known?.providerReference ?? '',
    idempotencyKey: idempotencyKeyOf(taken),
    amountMinor: payment.amountMinor,
    currency: payment.currency,
  }
  switch (taken.kind) {
    case 'authorise':
      return provider.authorise(authoriseAsk(dossier, taken, deps))
    case 'capture':
      return provider.capture(ask)
    case 'void':
      if (known?.state === 'captured')
        return provider.refund({
          ...ask,
          refundId: payment.paymentId,
          amountMinor: known.capturedMinor - known.refundedMinor,
          currency: known.currency,
        })
      return provider.voidAuthorisation(ask)
    case 'refund': {
      const refund = dossier.refunds.find(({ refundId }) => refundId === taken.refundId)
      if (refund === undefined) throw new RangeError(`there is no refund ${taken.refundId}`)
      return provider.refund({ ...ask, refundId: refund.refundId, amountMinor: refund.amountMinor })
    }
    case 'look':
      throw new RangeError('a look is no call that changes anything')
  }
}
