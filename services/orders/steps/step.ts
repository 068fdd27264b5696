import type { Outcome, StepRules, UndoOutcome } from '../saga.ts'

/** What steps need to know of an order. Shaped as `OrderPlaced`, so that an event is one without being copied. */
export type SagaOrder = {
  readonly orderId: string
  readonly shopId: string
  readonly customerId: string
  readonly lines: readonly { readonly variantId: string; readonly quantity: number }[]
  readonly totalMinor: bigint
  readonly currencyCode: string
  readonly paymentMethod: string
  /** Of the payment provider; empty where there is none. */
  readonly paymentToken: string
}

/** An order and the request that caused what happens to it. */
export type Case = { readonly order: SagaOrder; readonly correlationId: string }

/** Of an order that was cancelled less is known, and why. */
export type UndoCase = {
  readonly order: Pick<SagaOrder, 'orderId' | 'shopId' | 'customerId'>
  readonly reason: string
  readonly correlationId: string
}

/**
 * One step of every order's way from placed to confirmed. Both functions get many orders at once and answer for each, in
 * their order. Both may be called again for the same order, also at the same time, and `run` after `undo`: it then must
 * come to nothing. What may pass is an outcome, never thrown.
 */
export type Step = StepRules & {
  run(batch: readonly Case[]): Promise<readonly Outcome[]>
  undo(batch: readonly UndoCase[]): Promise<readonly UndoOutcome[]>
}
