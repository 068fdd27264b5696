import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayBefore } from './jobs.ts'
import { daysToSearch, keyDays, keyLifeMs, keysLiveSince } from './keys.ts'

const dayMs = 24 * 3_600_000
/** Any instant of some years, and every other time one within two minutes of midnight, where the days meet. */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2030, 0, 1) }),
  fc
    .tuple(fc.integer({ min: 20_500, max: 22_000 }), fc.integer({ min: -120_000, max: 120_000 }))
    .map(([day, ms]) => day * dayMs + ms),
)
const meet = (a: readonly string[], b: readonly string[]) => a.some((day) => b.includes(day))

describe('a key', () => {
  test('is found again at any moment of its 24 hours', () =>
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: keyLifeMs }), (usedMs, ageMs) => {
        expect(meet(keyDays(usedMs), daysToSearch(usedMs + ageMs))).toBe(true)
        expect(keysLiveSince(usedMs + ageMs)).toBeLessThan(usedMs)
      }),
    ))

  test('used at the same time by two processes whose clocks differ by a minute meets itself in one day at least', () =>
    fc.assert(
      fc.property(instant, fc.integer({ min: -60_000, max: 60_000 }), (nowMs, skewMs) => {
        expect(meet(keyDays(nowMs), keyDays(nowMs + skewMs))).toBe(true)
      }),
    ))

  test('costs one row, but for the two minutes around midnight', () =>
    fc.assert(
      fc.property(instant, (nowMs) => {
        const fromMidnightMs = Math.min(nowMs % dayMs, dayMs - (nowMs % dayMs))
        if (fromMidnightMs > 60_000) expect(keyDays(nowMs)).toHaveLength(1)
        else expect(keyDays(nowMs).length).toBeLessThanOrEqual(2)
      }),
    ))

  test('is not dropped with its day while it still counts', () =>
    fc.assert(
      fc.property(instant, (nowMs) => {
        for (const day of daysToSearch(nowMs)) expect(day >= dayBefore(new Date(nowMs))).toBe(true)
      }),
    ))
})
