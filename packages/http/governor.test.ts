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

/** It begins to look when somebody comes. */
const visited = () => {
  const governor = createGovernor(loop, 100)
  governor.admits()
  return governor
}
const admitted = (governor: { admits(): boolean }, of: number) =>
  Array.from({ length: of }, () => governor.admits()).filter(Boolean).length

describe('a server that is behind', () => {
  test('lets everybody in while it keeps up', () => {
    const governor = visited()
    vi.advanceTimersByTime(1_000)
    expect(admitted(governor, 1_000)).toBe(1_000)
    governor.stop()
  })

  test('turns more and more away while it is behind, and never everybody', () => {
    const governor = visited()
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
    const governor = visited()
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
    const governor = visited()
    lagMs = 300
    vi.advanceTimersByTime(80)
    lagMs = 0
    const pattern = Array.from({ length: 200 }, () => (governor.admits() ? '1' : '0')).join('')
    expect(pattern).not.toMatch(/11111|00000/)
    governor.stop()
  })

  test('rests while nobody comes and everybody would be let in', () => {
    const governor = visited()
    lagMs = 300
    vi.advanceTimersByTime(100)
    lagMs = 0
    vi.advanceTimersByTime(2_500)
    expect(governor.share).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
