import { describe, expect, test } from 'vitest'
import { startForFaults } from '../../apps/souk/commands/faults.ts'
import { planFaults } from './schedule.ts'
import { formatFaults, runFaults } from './index.ts'
import { faultKinds } from './types.ts'

// The short form of `npm run faults`: everything once, on a machine that may be busy with other tests. How fast it
// recovers is for the command to judge; what has to do with being right has no tolerance here either.
const patient = {
  recoveredShare: 0.3,
  recoverWithinMs: 60_000,
  goodputShare: 0.3,
  turnedAwayWithinMs: 15_000,
  unansweredShare: 0.25,
  maxRssMb: 800,
}

describe('a marketplace under which everything breaks', () => {
  test('keeps every promise through kills, crashes, cuts, stalls, poison, overload and a power cut', {
    timeout: 240_000,
  }, async () => {
    const result = await runFaults({
      seed: 2_026,
      seconds: 1,
      faults: faultKinds,
      trials: ['overload', 'power-cut'],
      ratePerSecond: 150,
      roomShare: 0.6,
      startSouk: startForFaults,
      limits: patient,
    })
    expect(
      result.checks.filter(({ broken }) => broken > 0),
      formatFaults(result),
    ).toEqual([])
    // A run in which nothing happened would prove nothing.
    expect(new Set(result.strikes.map(({ kind }) => kind))).toEqual(new Set(faultKinds))
    expect(result.figures.connectionsCut).toBeGreaterThan(0)
    expect(result.figures.askedAgain).toBeGreaterThan(0)
    expect(result.figures.accepted).toBeGreaterThan(1_000)
    expect(result.figures.powerCut?.answered).toBeGreaterThan(50)
    const blind = result.checks.filter(({ id, checked }) => checked === 0 && /^(I\d|answers|completed|caps)/.test(id))
    expect(blind, 'A check that saw nothing proves nothing.').toEqual([])
  })
})

describe('the plan of a round', () => {
  test('follows from its seed alone, and another seed makes another one', () => {
    const plan = (seed: number) => JSON.stringify(planFaults(seed, faultKinds, 2_000, 60))
    expect(plan(7)).toBe(plan(7))
    expect(plan(7)).not.toBe(plan(8))
  })

  test('has every fault at least once, one after the other, and room after the last', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { plan, overMs } = planFaults(seed, faultKinds, 2_000, 40)
      expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(faultKinds))
      expect(plan.map(({ atMs }) => atMs)).toEqual(plan.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
      expect(overMs).toBeGreaterThan((plan.at(-1)?.atMs ?? 0) + 500)
    }
  })
})
