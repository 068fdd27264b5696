import {
  create,
  type DescField,
  type DescMessage,
  equals,
  fromBinary,
  type MessageInitShape,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { allEvents } from '@souk/contracts'
import { EventBatchSchema, EventEnvelopeSchema } from '@souk/contracts/events'
import { file_souk_catalog } from '@souk/contracts/catalog'
import { file_souk_identity } from '@souk/contracts/identity'
import { file_souk_inventory } from '@souk/contracts/inventory'
import { file_souk_orders, OrderPlacedSchema, OrderConfirmedSchema } from '@souk/contracts/orders'
import { file_souk_shops } from '@souk/contracts/shops'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecOf } from './codec.ts'

const files = [file_souk_catalog, file_souk_identity, file_souk_inventory, file_souk_orders, file_souk_shops]
const messages: DescMessage[] = [EventBatchSchema, EventEnvelopeSchema, ...files.flatMap((file) => file.messages)]

const text = fc.oneof(fc.uuid(), fc.string({ unit: 'binary', maxLength: 100 }), fc.string({ maxLength: 80 }))

function valueOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.fieldKind === 'message') return fc.option(arbitrary(field.message), { nil: undefined })
  if (field.fieldKind === 'list')
    return fc.array<unknown>(
      field.listKind === 'message' ? arbitrary(field.message) : scalar(field.listKind === 'scalar' ? field.scalar : 0),
      { maxLength: 4 },
    )
  if (field.fieldKind !== 'scalar') throw new Error(`teach this test about ${field.fieldKind}`)
  return scalar(field.scalar)
}

function scalar(type: number): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return text
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.UINT32:
      return fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff }))
    case ScalarType.INT64:
      return fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.maxSafeInteger().map(BigInt))
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 300 })
    default:
      throw new Error(`teach this test about scalar ${type}`)
  }
}

const arbitrary = (desc: DescMessage): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(desc.fields.map((field) => [field.localName, valueOf(field)])))

describe('the codec speaks as protobuf-es does', () => {
  for (const desc of messages)
    test(`${desc.typeName}: the same bytes, and the same message again`, () => {
      fc.assert(
        fc.property(arbitrary(desc), (fields) => {
          const message = create(desc, fields as MessageInitShape<DescMessage>)
          const bytes = Buffer.from(toBinary(desc, message))
          const codec = codecOf(desc)
          expect(codec.encode(fields).equals(bytes)).toBe(true)
          expect(codec.encode(message).equals(bytes)).toBe(true)
          const decoded = codec.decode(bytes) as typeof message
          expect(equals(desc, decoded, fromBinary(desc, bytes))).toBe(true)
          expect(Object.keys(decoded).sort()).toEqual(Object.keys(fromBinary(desc, bytes)).sort())
        }),
        { numRuns: 100 },
      )
    })

  test('a text keeps all its signs, a byte order mark at its beginning too', () => {
    const codec = codecOf(EventEnvelopeSchema)
    const envelope = create(EventEnvelopeSchema, { key: '\uFEFFkey' })
    expect((codec.decode(codec.encode(envelope)) as typeof envelope).key).toBe('\uFEFFkey')
  })

  test('every event is encoded by the fast way but one that no rush brings, whose amount may be unknown', () => {
    const slow = allEvents.filter(({ message }) => codecOf(message).write.name !== 'write').map(({ type }) => type)
    expect(slow).toEqual(['orders.order_delivered'])
  })
})

describe('what a newer or a broken program sends', () => {
  test('fields that are not known here are skipped', () => {
    const newer = toBinary(
      OrderPlacedSchema,
      create(OrderPlacedSchema, { orderId: 'a', version: 1, lines: [{ quantity: 3 }], totalMinor: 5n }),
    )
    // Read as a message that knows neither a list nor an amount under these numbers.
    const older = codecOf(OrderConfirmedSchema).decode(newer) as { orderId: string; version: number }
    expect(older).toMatchObject({ orderId: 'a', version: 1 })
  })

  test('bytes cut off anywhere are refused or a shorter message, never a hang or a crash', () => {
    const codec = codecOf(EventBatchSchema)
    fc.assert(
      fc.property(arbitrary(EventBatchSchema), fc.nat(), (batch, cut) => {
        const bytes = codec.encode(batch)
        try {
          codec.decode(bytes.subarray(0, cut % (bytes.length + 1)))
        } catch (error) {
          expect(error instanceof RangeError || error instanceof TypeError).toBe(true)
        }
      }),
    )
  })

  test('bytes of any kind are refused or a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          codecOf(OrderPlacedSchema).decode(bytes)
        } catch (error) {
          expect(error instanceof RangeError || error instanceof TypeError).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('numbers that do not fit are refused before they are written', () => {
    const codec = codecOf(OrderPlacedSchema)
    for (const version of [-1, 1.5, 2 ** 32, Number.NaN]) expect(() => codec.encode({ version })).toThrow(RangeError)
    expect(() => codec.encode({ totalMinor: 2n ** 63n })).toThrow(RangeError)
    expect(() => codec.encode({ totalMinor: 5 })).toThrow(TypeError)
    expect(() => codec.encode({ orderId: 7 })).toThrow(TypeError)
  })

  test('a message larger than the writer ever was arrives whole', () => {
    const payload = Buffer.alloc(3_000_000, 7)
    const bytes = codecOf(EventBatchSchema).encode({
      events: [
        { eventId: 'a', payload },
        { eventId: 'b', payload },
      ],
    })
    expect(fromBinary(EventBatchSchema, bytes).events.map((event) => event.payload.length)).toEqual([3e6, 3e6])
  })
})
