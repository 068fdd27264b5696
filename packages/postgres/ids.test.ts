import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketCount, bucketInId, bucketOf, firstIdAt, isUuid, timeInId, uuidv7 } from './ids.ts'

const instant = fc.integer({ min: 0, max: Date.UTC(2200, 0) })
const bucket = fc.integer({ min: 0, max: bucketCount - 1 })

describe('an id', () => {
  test('is a UUID of version 7 and holds its instant and its bucket', () =>
    fc.assert(
      fc.property(instant, bucket, (nowMs, inBucket) => {
        const id = uuidv7(nowMs, inBucket)
        expect(isUuid(id)).toBe(true)
        expect(id).toMatch(/^.{14}7.{4}[89ab]/)
        expect(timeInId(id)).toBe(nowMs)
        expect(bucketInId(id)).toBe(inBucket)
      }),
    ))

  test('made later sorts later, as text', () =>
    fc.assert(
      fc.property(instant, bucket, instant, bucket, (first, firstBucket, second, secondBucket) => {
        fc.pre(first !== second)
        expect(uuidv7(first, firstBucket) < uuidv7(second, secondBucket)).toBe(first < second)
      }),
    ))

  test('lies between the first id of its instant and that of the next', () =>
    fc.assert(
      fc.property(instant, bucket, (nowMs, inBucket) => {
        const id = uuidv7(nowMs, inBucket)
        expect(firstIdAt(nowMs) <= id).toBe(true)
        expect(id < firstIdAt(nowMs + 1)).toBe(true)
      }),
    ))

  test('is never the same as another, even within a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => uuidv7(1_800_000_000_000, 7))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('asked for without a bucket gets any', () => {
    const buckets = new Set(Array.from({ length: 2_000 }, () => bucketInId(uuidv7(0))))
    expect(buckets.size).toBeGreaterThan(500)
  })
})

describe('the bucket of an owner', () => {
  const owner = fc.oneof(fc.uuid(), fc.string())
  test('is a whole number from 0 to 1,023, always the same', () =>
    fc.assert(
      fc.property(owner, (ownerId) => {
        const found = bucketOf(ownerId)
        expect(Number.isInteger(found) && found >= 0 && found < bucketCount).toBe(true)
        expect(bucketOf(ownerId)).toBe(found)
      }),
      { numRuns: 1_000 },
    ))

  // These values are in the ids of rows already written: a change of the hash would make them unreachable.
  test('never changes from one release to the next', () => {
    expect(bucketOf('0199b5a0-0000-7000-8000-000000000001')).toBe(779)
    expect(bucketOf('0199b5a0-0000-7000-8000-000000000002')).toBe(850)
  })

  test('spreads owners made one after the other evenly', () => {
    const counts = Array.from({ length: bucketCount }, () => 0)
    for (let index = 0; index < 102_400; index += 1) {
      const found = bucketOf(uuidv7(1_800_000_000_000 + index))
      counts[found] = (counts[found] ?? 0) + 1
    }
    // 100 expected in each; six standard deviations either way.
    expect(Math.min(...counts)).toBeGreaterThan(40)
    expect(Math.max(...counts)).toBeLessThan(160)
  })
})

test.each([
  '',
  'x',
  '0199b5a0-0000-7000-8000-00000000000',
  '0199B5A0-0000-7000-8000-000000000001',
  ' 0199b5a0-0000-7000-8000-000000000001',
])('%j is not an id', (text) => expect(isUuid(text)).toBe(false))
