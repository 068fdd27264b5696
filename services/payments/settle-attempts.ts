import type { Tx } from '@souk/postgres'
import { type ChangeDeps, type Asked, changeLocked } from './change-payments.ts'
import type { Command } from './decide.ts'
import { type Ending, endAttempts, stillMine, type Taken } from './operations.sql.ts'
import type { Dossier } from './payment.ts'
import { lockDossiers } from './payments.sql.ts'
import { type ProviderAnswer, type ProviderRecord, ProviderRefused, ProviderUnavailable } from './provider.ts'

/** What came of one attempt at a provider. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: ProviderAnswer }
  | { readonly kind: 'learn'; readonly record: ProviderRecord | undefined }
  | { readonly kind: 'error'; readonly error: unknown }

export type Attempted = { readonly taken: Taken; readonly outcome: Outcome }

export type SettleDeps = ChangeDeps & {
  onAttempt(taken: Taken, outcome: string): void
}

/** 1 s doubling to 60 s for the first five, then every five minutes until it is done: nothing here may be forgotten. */
export function pauseMs(attempts: number, random: () => number = Math.random): number {
  const baseMs = attempts > 5 ? 300_000 : Math.min(60_000, 1_000 * 2 ** (attempts - 1))
  return Math.round(baseMs * (0.75 + random() * 0.5))
}

/** While a customer or a bank decides: 15 s doubling to five minutes. Webhooks usually come before. */
export const lookAgainMs = (attempts: number): number => Math.min(300_000, 15_000 * 2 ** Math.min(attempts, 10))

/**
 * Write down what came of attempts. Under the lock of the payment it is asked whether the operation is still ours: whoever
 * slept beyond his lease finds that it is not, his answer is not believed, and the truth is fetched from the provider.
 */
export async function settleAttempts(
  tx: Tx,
  deps: SettleDeps,
  attempted: readonly Attempted[],
): Promise<ReadonlyMap<string, Dossier>> {
  const nowMs = deps.clock().getTime()
  // Payments before operations, as everybody does.
  const dossiers = await lockDossiers(tx, [...new Set(attempted.map(({ taken }) => taken.paymentId))])
  const mine = await stillMine(
    tx,
    attempted.map(({ taken }) => taken),
  )
  const asked = attempted.flatMap(({ taken, outcome }): Asked[] => {
    const { paymentId, correlationId } = taken
    const command = mine.has(taken.operationId) ? commandFor(taken, outcome) : undefined
    return command === undefined ? [] : [{ paymentId, command, correlationId }]
  })
  const changed = await changeLocked(tx, deps, dossiers, asked)
  const endings = attempted.map(({ taken, outcome }): Ending => {
    const after = changed.get(taken.paymentId)
    const outcomeWord = mine.has(taken.operationId) ? wordOf(outcome) : 'too-late'
    tx.afterCommit(() => deps.onAttempt(taken, outcomeWord))
    const wantedAgain =
      after?.steps.some(
        ({ fact }) => fact.kind === 'wanted' && fact.operation === taken.kind && fact.refundId === taken.refundId,
      ) ?? false
    const wantedMeanwhile = taken.kind === 'look' && mine.get(taken.operationId) !== taken.wanted
    return {
      operationId: taken.operationId,
      fence: taken.fence,
      outcome: outcomeWord,
      detail: detailOf(outcome),
      ...endOf(taken, outcome, after?.after ?? dossiers.get(taken.paymentId), { wantedAgain, wantedMeanwhile, nowMs }),
    }
  })
  await endAttempts(tx, endings, new Date(nowMs))
  return new Map([...dossiers].map(([paymentId, before]) => [paymentId, changed.get(paymentId)?.after ?? before]))
}

function commandFor({ kind, refundId }: Taken, outcome: Outcome): Command | undefined {
  switch (outcome.kind) {
    case 'answer':
      return { do: 'answer', operation: kind, refundId, answer: outcome.answer }
    case 'learn':
      return { do: 'learn', record: outcome.record }
    case 'error':
      return outcome.error instanceof ProviderRefused
        ? { do: 'refused', operation: kind, refundId, reason: outcome.error.reason }
        : undefined
  }
}

function endOf(
  taken: Taken,
  outcome: Outcome,
  dossier: Dossier | undefined,
  { wantedAgain, wantedMeanwhile, nowMs }: { wantedAgain: boolean; wantedMeanwhile: boolean; nowMs: number },
): Pick<Ending, 'state' | 'mustLook' | 'dueAtMs'> {
  const again = (inMs: number, mustLook = false) => ({ state: 'waiting' as const, mustLook, dueAtMs: nowMs + inMs })
  if (wantedMeanwhile) return again(0)
  if (outcome.kind === 'error' && !(outcome.error instanceof ProviderRefused)) {
    if (!(outcome.error instanceof ProviderUnavailable)) return again(pauseMs(taken.attempts), true)
    return again(Math.max(pauseMs(taken.attempts), outcome.error.retryAfterMs ?? 0), taken.mustLook)
  }
  if (taken.kind === 'look' && isUndecided(dossier)) return again(lookAgainMs(taken.attempts))
  if (wantedAgain) return again(pauseMs(taken.attempts))
  return { state: outcome.kind === 'error' ? 'refused' : 'done', mustLook: false, dueAtMs: nowMs }
}

/** Something at the provider is still to be decided by somebody else. */
const isUndecided = (dossier: Dossier | undefined): boolean =>
  dossier !== undefined &&
  (dossier.payment.state === 'pending' || dossier.refunds.some(({ state }) => state === 'sent'))

const wordOf = (outcome: Outcome): string => {
  if (outcome.kind === 'answer') return outcome.answer.kind
  if (outcome.kind === 'learn') return outcome.record === undefined ? 'unknown-there' : `found-${outcome.record.state}`
  if (outcome.error instanceof ProviderRefused) return 'refused'
  return outcome.error instanceof ProviderUnavailable ? 'unavailable' : 'outcome-unknown'
}

const detailOf = (outcome: Outcome): string => {
  if (outcome.kind === 'error') return outcome.error instanceof Error ? outcome.error.message.slice(0, 200) : ''
  return outcome.kind === 'answer' && outcome.answer.kind === 'declined' ? outcome.answer.reason.slice(0, 200) : ''
}
