import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SteadyMap } from './steady-map.ts'

const keys = fc.constantFrom('', 'a', 'b', 'ab', 'ba', 'c ü', '0', '00', 'x'.repeat(300))
const steps = fc.array(
  fc.oneof(
    fc.record({ set: keys, to: fc.integer() }),
    fc.record({ delete: keys }),
    fc.record({ many: fc.integer({ min: 1, max: 20 }) }),
  ),
)

test('it holds what a Map would hold, whatever comes and goes, and grows when more comes than was thought', () => {
  fc.assert(
    fc.property(steps, (done) => {
      const [steady, map] = [new SteadyMap<number>(2), new Map<string, number>()]
      for (const step of done)
        if ('set' in step) {
          steady.set(step.set, step.to)
          map.set(step.set, step.to)
        } else if ('delete' in step) expect(steady.delete(step.delete)).toBe(map.delete(step.delete))
        else
          for (let index = 0; index < step.many; index += 1) {
            steady.set(`many ${index}`, index)
            map.set(`many ${index}`, index)
          }
      expect(steady.size).toBe(map.size)
      for (const key of ['', 'a', 'b', 'ab', 'ba', 'c ü', '0', '00', 'x'.repeat(300), ...map.keys()])
        expect(steady.get(key)).toBe(map.get(key))
    }),
  )
})
