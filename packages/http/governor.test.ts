import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGovernor } from './governor.ts'

let lagMs = 0
const loop = { lagMs: () => lagMs, worstMs: () => lagMs, stop() {} }
beforeEach(() => {
  lagMs = 0
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const admitted = (governor: { admits(): boolean }, of: number) =>
  Array.from({ length: of }, () => governor.admits()).filter(Boolean).length

describe('a server that is behind', () => {
  test('lets everybody in while it keeps up', () => {
    const governor = createGovernor(loop, 100)
    vi.advanceTimersByTime(1_000)
    expect(admitted(governor, 1_000)).toBe(1_000)
    governor.stop()
  })

  test('turns more and more away while it is behind, and never everybody', () => {
    const governor = createGovernor(loop, 100)
    lagMs = 300
    vi.advanceTimersByTime(100)
    const some = admitted(governor, 1_000)
    expect(some).toBeGreaterThan(350)
    expect(some).toBeLessThan(550)
    vi.advanceTimersByTime(10_000)
    expect(admitted(governor, 1_000)).toBe(100)
    governor.stop()
  })

  test('lets them in again little by little: all of them within a second', () => {
    const governor = createGovernor(loop, 100)
    lagMs = 300
    vi.advanceTimersByTime(10_000)
    lagMs = 0
    vi.advanceTimersByTime(400)
    expect(governor.share).toBeCloseTo(0.5)
    vi.advanceTimersByTime(600)
    expect(governor.share).toBe(1)
    governor.stop()
  })

  test('spreads evenly whom it turns away', () => {
    const governor = createGovernor(loop, 100)
    lagMs = 300
    vi.advanceTimersByTime(80)
    lagMs = 0
    const pattern = Array.from({ length: 200 }, () => (governor.admits() ? '1' : '0')).join('')
    expect(pattern).not.toMatch(/11111|00000/)
    governor.stop()
  })
})
