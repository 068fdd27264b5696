import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Attempts, counted, forgiven, noAttempts, noticeDue, policies, waitAfterMs, waitMs } from './slow-down.ts'

const { pair, account } = policies
const start = Date.parse('2026-03-01T12:00:00Z')
const minute = 60_000

/** Failures at these instants, each as soon as it is let in. */
const failing = (times: readonly number[], policy = pair as (typeof policies)[keyof typeof policies]): Attempts =>
  times.reduce((attempts, time) => counted(attempts, policy, time), noAttempts)

describe('failed sign-ins', () => {
  test.each([
    [1, 0],
    [5, 0],
    [6, 2],
    [7, 4],
    [8, 8],
    [9, 16],
    [10, 32],
    [11, 60],
    [1000, 60],
  ])('after %i in 5 minutes one waits %i s', (failures, seconds) =>
    expect(waitAfterMs(failures, pair)).toBe(seconds * 1000),
  )
  test('five cost nothing, the sixth costs 2 seconds', () => {
    expect(waitMs(failing([0, 1, 2, 3, 4].map((at) => start + at)), start + 5)).toBe(0)
    expect(waitMs(failing([0, 1, 2, 3, 4, 5].map((at) => start + at)), start + 5)).toBe(2000)
  })
  test('a try that began a moment before the last one, and got its turn after it, need not wait', () =>
    expect(waitMs(failing([start + 10]), start + 9)).toBe(0))
  test('are forgotten after 5 minutes', () => {
    const attempts = failing([0, 1, 2, 3, 4].map((at) => start + at))
    expect(waitMs(counted(attempts, pair, start + 5 * minute + 5), start + 5 * minute + 5)).toBe(0)
  })
  test('against an account from everywhere never make anybody wait', () =>
    expect(
      waitMs(
        failing(
          Array.from({ length: 500 }, (_, at) => start + at),
          account,
        ),
        start + 500,
      ),
    ).toBe(0))
  test('a try taken back counts no more, and nobody waits for it', () => {
    const attempts = failing([0, 1, 2, 3, 4, 5].map((at) => start + at))
    const after = forgiven(attempts, pair, start + 5, start + 6)
    expect(after.timesMs).toHaveLength(5)
    expect(waitMs(after, start + 6)).toBe(0)
  })
  test('are told about once per window', () => {
    const attempts = failing([0, 1, 2, 3, 4, 5].map((at) => start + at))
    expect(noticeDue(failing([start]), pair, start)).toBe(false)
    expect(noticeDue(attempts, pair, start + 6)).toBe(true)
    expect(noticeDue({ ...attempts, noticedAtMs: start + 6 }, pair, start + 7)).toBe(false)
  })
  test('a guesser who always comes back at once gets 20 tries in 5 minutes at most', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), (pauseMs) => {
        let attempts = noAttempts
        let tries = 0
        for (let now = start; now < start + 5 * minute; now += Math.max(pauseMs, waitMs(attempts, now), 50)) {
          attempts = counted(attempts, pair, now)
          tries += 1
        }
        expect(tries).toBeLessThanOrEqual(20)
      }),
    ))
  test('a row stays small whatever comes', () =>
    expect(failing(Array.from({ length: 10_000 }, () => start)).timesMs.length).toBeLessThanOrEqual(100))
})
