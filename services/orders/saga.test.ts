import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  advance,
  beginning,
  done,
  failed,
  isOutOfAttempts,
  letsGo,
  type Outcome,
  pending,
  refused,
  retreat,
  retryAtMs,
  type SagaRules,
  type Standing,
  type Turn,
} from './saga.ts'

const rules: SagaRules = {
  steps: [
    { name: 'payment', refusedAs: 'payment-refused', expiredAs: 'payment-expired' },
    { name: 'goods', refusedAs: 'out-of-stock', expiredAs: 'out-of-stock' },
  ],
  deadlineMs: 900_000,
}
const nowMs = 1_000_000
const at = (step: number, attempts = 0, deadlineAtMs: number | null = null): Turn => ({ step, attempts, deadlineAtMs })
const words = (standing: Standing): string => {
  switch (standing.kind) {
    case 'run':
      return `run ${rules.steps[standing.step]?.name}`
    case 'confirm':
      return 'confirm'
    case 'cancel':
      return `cancel ${standing.reason}`
    case 'wait':
      return `wait ${(standing.deadlineAtMs - nowMs) / 1_000} s`
    default:
      return `${standing.kind} in ${(standing.nextAtMs - nowMs) / 1_000} s`
  }
}

describe('what comes after a step', () => {
  // given a turn, when it ends like this, then
  const table: [string, Turn, Outcome, string][] = [
    ['payment', at(0), done, 'run goods'],
    ['payment', at(0), refused('declined'), 'cancel payment-refused'],
    ['payment', at(0), pending, 'wait 900 s'],
    ['payment', at(0), failed('away'), 'retry in 1 s'],
    ['payment, failed once', at(0, 1), failed('away'), 'retry in 2 s'],
    ['payment, not asked for being silent', at(0), failed('silent', 30_000), 'retry in 30 s'],
    ['payment, failed three times', at(0, 3), failed('away'), 'retry in 8 s'],
    ['payment, failed four times', at(0, 4), failed('away'), 'stuck in 300 s'],
    ['payment, stuck', at(0, 9), failed('away'), 'stuck in 300 s'],
    ['payment, stuck', at(0, 9), done, 'run goods'],
    ['payment, waited for', at(0, 0, nowMs + 60_000), pending, 'wait 60 s'],
    ['payment, waited for', at(0, 0, nowMs + 60_000), done, 'run goods'],
    ['payment, at its deadline', at(0, 0, nowMs), done, 'run goods'],
    ['payment, at its deadline', at(0, 0, nowMs), pending, 'cancel payment-expired'],
    ['payment, at its deadline', at(0, 0, nowMs), failed('away'), 'cancel payment-expired'],
    ['payment, at its deadline', at(0, 0, nowMs), refused('declined'), 'cancel payment-refused'],
    ['goods', at(1), done, 'confirm'],
    ['goods', at(1), refused('short'), 'cancel out-of-stock'],
    ['goods', at(1), failed('away'), 'retry in 1 s'],
  ]
  for (const [given, turn, outcome, then] of table)
    test(`${given}: ${outcome.kind} → ${then}`, () =>
      expect(words(advance(rules, turn, outcome, nowMs, 0.5))).toBe(then))
})

describe('what comes after undoing a step', () => {
  test('is the step before, also when it could not be undone in five attempts', () => {
    expect(retreat(0, done, nowMs, 0.5)).toEqual({ state: 'undone' })
    expect(retreat(0, failed('away'), nowMs, 0.5)).toMatchObject({
      state: 'undoing',
      attempts: 1,
      nextAtMs: nowMs + 1_000,
    })
    expect(retreat(4, failed('away'), nowMs, 0.5)).toMatchObject({ state: 'undo-stuck', attempts: 5 })
    expect([retreat(0, done, 0, 0), retreat(0, failed(''), 0, 0), retreat(4, failed(''), 0, 0)].map(letsGo)).toEqual([
      true,
      false,
      true,
    ])
  })
})

test('attempts are 1 s apart, then twice as much each time, a quarter more or less', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
      const waitMs = retryAtMs(attempts, 0, random)
      const middleMs = isOutOfAttempts(attempts) ? 300_000 : 1_000 * 2 ** (attempts - 1)
      expect(waitMs).toBeGreaterThanOrEqual(middleMs * 0.75 - 1)
      expect(waitMs).toBeLessThanOrEqual(middleMs * 1.25 + 1)
    }),
  ))

const outcome = fc.oneof(
  fc.constant<Outcome>(done),
  fc.constant<Outcome>(pending),
  fc.constant(refused('no')),
  fc.constant(failed('away')),
)

test('whatever the steps answer, an order is confirmed only after every step succeeded, in their order', () =>
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
      let standing: Standing = beginning
      let time = nowMs
      const succeeded: number[] = []
      for (const one of outcomes) {
        if (standing.kind === 'confirm' || standing.kind === 'cancel') break
        const turn: Turn = {
          step: standing.step,
          attempts: 'attempts' in standing ? standing.attempts : 0,
          deadlineAtMs: standing.deadlineAtMs,
        }
        if (one.kind === 'done') succeeded.push(turn.step)
        standing = advance(rules, turn, one, time, 0.5)
        time += 100_000
      }
      if (standing.kind === 'confirm') expect(succeeded).toEqual([0, 1])
      else expect(succeeded.length).toBeLessThan(2)
    }),
  ))

test('an order whose payment is never decided ends at its deadline, however often one asks', () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<Outcome>(pending, failed('away')), { minLength: 60, maxLength: 60 }),
      (answers) => {
        let standing = advance(rules, at(0), pending, nowMs, 0.5)
        let time = nowMs
        for (const answer of answers) {
          time += 30_000
          if (standing.kind === 'cancel' || standing.kind === 'confirm') break
          const attempts = 'attempts' in standing ? standing.attempts : 0
          standing = advance(rules, at(0, attempts, standing.deadlineAtMs), answer, time, 0.5)
        }
        expect(standing).toMatchObject({ kind: 'cancel', reason: 'payment-expired' })
      },
    ),
  ))
