import { expect, test } from 'vitest'
import { debeziumRow } from './debezium.ts'
import { debeziumLayout, relayLayout } from './layout.ts'
import { murmur2, parseLane, partitionOf } from './names.ts'
import { recordOf, rowOf } from './record.ts'

test('keys go where Kafka’s own producers put them', () => {
  // org.apache.kafka.common.utils.UtilsTest
  const known = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, abc: 479470107 }
  for (const [key, hash] of Object.entries(known)) expect(murmur2(Buffer.from(key)), key).toBe(hash)
  expect(partitionOf(Buffer.from('foobar'), 8)).toBe((-790332482 & 0x7fffffff) % 8)
})

test('a lane names its partition, and a partition its lane', () => {
  for (const layout of [relayLayout('souk'), debeziumLayout('souk')])
    for (const lane of layout.lanes('orders', 'home', ['orders.order'], () => 3)) {
      const { kafkaTopic, partition, source } = layout.of(lane)
      expect(layout.laneOf(kafkaTopic, partition, 'home')).toBe(lane)
      expect(source).toBe('orders')
    }
  expect(relayLayout('souk').of('home/orders.order/2')).toMatchObject({
    kafkaTopic: 'souk.orders.order.home',
    partition: 2,
  })
  expect(() => parseLane('home')).toThrow(RangeError)
})

test('a record carries the row it was made of', () => {
  const row = { xid: '4711', seq: 12, topic: 'orders.order', eventCount: 9, batch: Buffer.alloc(0), writtenAtMs: 1_000 }
  const part = { bytes: Buffer.from('part'), eventCount: 2, kinds: ['orders.order_placed'], key: 'o1' }
  const record = recordOf(row, part, {
    topic: 'souk.orders.order.home',
    partition: 1,
    after: { xid: '4710', seq: 3 },
    total: 40,
    epoch: '7',
    schemaOf: () => 'orders.order_placed@1:abc',
  })
  expect(record.key?.toString()).toBe('o1')
  const read = rowOf('orders.order', { value: record.value, timestampMs: 1_000, headers: [...record.headers] })
  expect(read).toEqual({
    xid: '4711',
    seq: 12,
    topic: 'orders.order',
    eventCount: 2,
    batch: part.bytes,
    writtenAtMs: 1_000,
    kinds: part.kinds,
    schemas: 'orders.order_placed@1:abc',
    after: { xid: '4710', seq: 3 },
    total: 40,
  })
  expect(() => rowOf('orders.order', { value: Buffer.from('x'), timestampMs: 0, headers: [] })).toThrow(RangeError)
})

test('of Debezium, only new rows in the form asked for are taken', () => {
  const record = (value: unknown) => ({ value: Buffer.from(JSON.stringify(value)), timestampMs: 5 })
  const after = { topic: 'orders.order', event_count: 1, batch: 'AQID', kinds: [] }
  const source = { sequence: '[null,"24000200"]' }
  expect(debeziumRow(record({ op: 'c', after, source }))).toMatchObject({ xid: '0', seq: 24_000_200, writtenAtMs: 5 })
  expect(debeziumRow(record({ payload: { op: 'r', after, source } }))?.batch).toEqual(Buffer.from([1, 2, 3]))
  expect(debeziumRow(record({ op: 'd', after: null, source }))).toBeUndefined()
  expect(debeziumRow({ value: null, timestampMs: 0 })).toBeUndefined()
  expect(() => debeziumRow(record({ op: 'c', after, source: {} }))).toThrow('source.sequence')
  expect(() => debeziumRow(record({ op: 'c', after: { ...after, batch: 7 }, source }))).toThrow('base64')
})
