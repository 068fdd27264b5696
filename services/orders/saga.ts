// What is to become of an order between placed and confirmed. Pure: from how a step ended to what comes next.

/** Why an order is cancelled. */
export type CancelReason = 'customer' | 'shop' | 'operator' | 'payment-refused' | 'payment-expired' | 'out-of-stock'

/** How running a step ended for one order. `failed` may pass; the others are answers. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'refused'; readonly detail: string }
  | {
      readonly kind: 'failed'
      readonly detail: string
      /** Sooner it is not worth trying again. */
      readonly afterMs?: number
    }

/** How undoing a step ended. There is no refusing it. */
export type UndoOutcome = Extract<Outcome, { kind: 'done' | 'failed' }>

export const done = { kind: 'done' } as const
export const pending = { kind: 'pending' } as const
export const refused = (detail: string): Outcome => ({ kind: 'refused', detail })
export const failed = (detail: string, afterMs = 0) => ({ kind: 'failed', detail, afterMs }) as const

/** As much of a step as deciding needs. */
export type StepRules = {
  readonly name: string
  /** Why an order is cancelled that this step refuses. */
  readonly refusedAs: CancelReason
  /** Why one is cancelled whose answer did not come in time. */
  readonly expiredAs: CancelReason
}

/** A step about to be run: how often it failed before, and until when an answer is waited for, if one is. */
export type Turn = { readonly step: number; readonly attempts: number; readonly deadlineAtMs: number | null }

/** Where an order stands after a step. */
export type Standing =
  | ({ readonly kind: 'run' } & Turn)
  | { readonly kind: 'confirm' }
  | { readonly kind: 'cancel'; readonly step: number; readonly reason: CancelReason; readonly detail: string }
  | { readonly kind: 'wait'; readonly step: number; readonly deadlineAtMs: number }
  | ({ readonly kind: 'retry' | 'stuck'; readonly nextAtMs: number; readonly detail: string } & Turn)

export type SagaRules = {
  /** In the order in which they are run; undone in reverse. */
  readonly steps: readonly StepRules[]
  /** How long an answer that comes later is waited for. */
  readonly deadlineMs: number
}

/** Seconds and minutes: 1 s doubling to 60 s, five attempts; from then on an operator sees it, and it is tried at leisure. */
const backoff = { attempts: 5, firstMs: 1_000, longestMs: 60_000, leisureMs: 300_000, jitter: 0.25 }

/** When the next attempt is due after so many failed ones. @param random from 0 to 1 @param afterMs not sooner than about that */
export function retryAtMs(attempts: number, nowMs: number, random: number, afterMs = 0): number {
  const usual =
    attempts >= backoff.attempts
      ? backoff.leisureMs
      : Math.min(backoff.longestMs, backoff.firstMs * 2 ** (attempts - 1))
  const base = Math.max(usual, afterMs)
  return Math.round(nowMs + base * (1 + backoff.jitter * (2 * random - 1)))
}

export const isOutOfAttempts = (attempts: number): boolean => attempts >= backoff.attempts

export const beginning: Standing = { kind: 'run', step: 0, attempts: 0, deadlineAtMs: null }
const confirm: Standing = { kind: 'confirm' }

/** What comes after a step that was run. */
export function advance(rules: SagaRules, turn: Turn, outcome: Outcome, nowMs: number, random: number): Standing {
  const { step, deadlineAtMs } = turn
  const rule = rules.steps[step] as StepRules
  switch (outcome.kind) {
    case 'done':
      return step + 1 === rules.steps.length
        ? confirm
        : { kind: 'run', step: step + 1, attempts: 0, deadlineAtMs: null }
    case 'refused':
      return { kind: 'cancel', step, reason: rule.refusedAs, detail: outcome.detail }
    case 'pending': {
      const untilMs = deadlineAtMs ?? nowMs + rules.deadlineMs
      return untilMs <= nowMs
        ? { kind: 'cancel', step, reason: rule.expiredAs, detail: 'no answer in time' }
        : { kind: 'wait', step, deadlineAtMs: untilMs }
    }
    case 'failed': {
      if (deadlineAtMs !== null && deadlineAtMs <= nowMs)
        return { kind: 'cancel', step, reason: rule.expiredAs, detail: outcome.detail }
      const attempts = turn.attempts + 1
      return {
        kind: isOutOfAttempts(attempts) ? 'stuck' : 'retry',
        step,
        attempts,
        deadlineAtMs,
        nextAtMs: retryAtMs(attempts, nowMs, random, outcome.afterMs),
        detail: outcome.detail,
      }
    }
  }
}

/** How a step of a cancelled order is kept. */
export type Undoing =
  | { readonly state: 'undone' }
  | { readonly state: 'held' }
  | { readonly state: 'undoing' | 'undo-stuck'; readonly attempts: number; nextAtMs: number; readonly detail: string }

/**
 * What comes after trying to undo a step. One that is out of attempts holds up those before it no longer: a customer's
 * money does not wait for a shelf.
 */
export function retreat(attempts: number, outcome: UndoOutcome, nowMs: number, random: number): Undoing {
  if (outcome.kind === 'done') return { state: 'undone' }
  const now = attempts + 1
  return {
    state: isOutOfAttempts(now) ? 'undo-stuck' : 'undoing',
    attempts: now,
    nextAtMs: retryAtMs(now, nowMs, random, outcome.afterMs),
    detail: outcome.detail,
  }
}

/** Whether the step before may be undone now. */
export const letsGo = (undoing: Undoing): boolean => undoing.state === 'undone' || undoing.state === 'undo-stuck'
