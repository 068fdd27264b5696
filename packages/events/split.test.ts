import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBatch, encodeBatch } from './envelope.ts'
import { splitBatch } from './split.ts'
import { counted, countedEvent, noted } from './test-log.ts'

const batches = fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(), fc.boolean()), {
  minLength: 1,
})
const partitionOf = (key: Buffer) => key.reduce((sum, byte) => sum + byte, 0) % 3

describe('a batch divided by keys', () => {
  test('has every event in exactly one part, those of a key in one and in order, as they were', () => {
    fc.assert(
      fc.property(batches, (events) => {
        const batch = encodeBatch(
          events.map(([key, version, other]) => countedEvent(key, version, other ? noted : counted)),
        )
        const whole = decodeBatch(batch)
        const parts = splitBatch(batch, partitionOf)
        for (const [partition, part] of parts) {
          const own = whole.filter(({ key }) => partitionOf(Buffer.from(key)) === partition)
          expect(decodeBatch(part.bytes)).toEqual(own)
          expect(part.eventCount).toBe(own.length)
          expect(part.kinds).toEqual([...new Set(own.map(({ type }) => type))])
          expect(part.key).toBe(new Set(own.map(({ key }) => key)).size === 1 ? own[0]?.key : undefined)
        }
        expect([...parts.values()].reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(whole.length)
      }),
    )
  })

  test('that is none is refused, never divided wrongly', () => {
    expect(() => splitBatch(Buffer.from('no batch'), partitionOf)).toThrow(RangeError)
    const batch = encodeBatch([countedEvent('a', 1), countedEvent('b', 2)])
    for (let length = 1; length < batch.length; length += 1) {
      const cut = batch.subarray(0, length)
      try {
        const parts = [...splitBatch(cut, () => 0).values()]
        expect(parts.map(({ bytes }) => bytes)).toEqual([cut])
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }
  })
})
