import { EventBatchSchema } from '@souk/contracts/events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codecOf } from './codec.ts'
import { decodeBatch, encodeEnvelope, openEnvelope } from './envelope.ts'
import { headsOf, openHead, SharedHeads } from './envelope-heads.ts'
import { counted } from './test-log.ts'

const envelope = fc.record({
  eventId: fc.string({ unit: 'grapheme', maxLength: 40 }),
  type: fc.constantFrom(counted.type, 'writer.noted', ''),
  schemaVersion: fc.nat(300),
  key: fc.string({ unit: 'grapheme', maxLength: 200 }),
  occurredAtMs: fc.bigInt(-(2n ** 53n), 2n ** 53n - 1n),
  correlationId: fc.string({ maxLength: 40 }),
  payload: fc
    .record({ variantId: fc.string(), version: fc.bigInt(0n, 2n ** 60n) })
    .map((fields) => codecOf(counted.message).encode(fields)),
})
const batch = fc.array(envelope, { maxLength: 8 })
const encode = (events: object[]) => codecOf(EventBatchSchema).encode({ events })

test('an event opened where it lies is the event that decoding everything makes of it', () => {
  fc.assert(
    fc.property(batch, (events) => {
      const bytes = encode(events)
      const whole = decodeBatch(bytes)
      const heads = headsOf(bytes)
      expect(heads.map(({ index }) => index)).toEqual(whole.map((_, index) => index))
      for (const [index, head] of heads.entries()) {
        const expected = whole[index] as (typeof whole)[0]
        expect(head.type).toBe(expected.type)
        expect(head.whole().equals(encodeEnvelope(expected))).toBe(true)
        const kind = { ...counted, schemaVersion: expected.schemaVersion }
        const { type: _, ...opened } = openEnvelope(expected, kind)
        expect(openHead(head, kind)).toMatchObject(opened)
      }
    }),
  )
})

test('bytes that are no batch are refused or read as one, never worse', () => {
  fc.assert(
    fc.property(batch, fc.nat(), fc.nat(255), (events, at, byte) => {
      const bytes = encode(events)
      if (bytes.length === 0) return
      bytes[at % bytes.length] = byte
      for (const broken of [bytes, bytes.subarray(0, at % bytes.length)])
        try {
          for (const head of headsOf(broken)) openHead(head, { ...counted, schemaVersion: head.schemaVersion })
        } catch (error) {
          expect(error instanceof RangeError || error instanceof TypeError).toBe(true)
        }
    }),
  )
})

test('what one reader has opened the others are given as it is, and after the last of them it is let go', () => {
  const bytes = encode([{ type: counted.type, schemaVersion: counted.schemaVersion }])
  const shared = new SharedHeads(2)
  const [first, second, late] = [shared.of(bytes), shared.of(bytes), shared.of(bytes)]
  expect(second).toBe(first)
  expect(second[0]?.open(counted)).toBe(first[0]?.open(counted))
  expect(late).not.toBe(first)
  expect(late[0]?.open(counted)).toEqual(first[0]?.open(counted))
  const newer = { ...counted, schemaVersion: counted.schemaVersion + 1 }
  expect(() => first[0]?.open(newer)).toThrow('is not known here')
})
