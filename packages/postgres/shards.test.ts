import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Database } from './database.ts'
import { bucketCount, bucketOf, uuidv7 } from './ids.ts'
import { createShards, type Shard } from './shards.ts'

const shard = (name: string): Shard => ({ name, db: { schema: name } as Database })
const [east, west] = [shard('east'), shard('west')]
const halves = Array.from({ length: bucketCount }, (_, bucket) => (bucket < 512 ? 'east' : 'west'))

test('a row is found by its id alone, on the shard of whoever owns it', () =>
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 0, max: 4_000_000_000_000 }), (ownerId, nowMs) => {
      const shards = createShards([east, west], halves)
      const id = uuidv7(nowMs, bucketOf(ownerId))
      expect(shards.ofId(id)).toBe(shards.ofOwner(ownerId))
      expect(shards.ofOwner(ownerId)).toBe(bucketOf(ownerId) < 512 ? east : west)
    }),
  ))

test('with one shard everything is on it and no map is needed', () => {
  const shards = createShards([east])
  expect(shards.ofOwner('anyone')).toBe(east)
  expect(shards.all()).toEqual([east])
})

test('a map that leaves a bucket without a shard is refused', () => {
  expect(() => createShards([])).toThrow('at least one shard')
  expect(() => createShards([east, west])).toThrow('need a map')
  expect(() => createShards([east, west], halves.slice(1))).toThrow('1023 entries, not 1024')
  expect(() => createShards([east], halves)).toThrow('bucket 512 is mapped to an unknown shard west')
})
