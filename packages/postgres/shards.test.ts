import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Database } from './database.ts'
import { bucketOf, uuidv7 } from './ids.ts'
import { createShards, type Shard } from './shards.ts'

const shard = (name: string): Shard => ({ name, db: { schema: name } as Database })
const [east, west] = [shard('east'), shard('west')]
const halves = (bucket: number) => (bucket < 512 ? 'east' : 'west')

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

test('a bucket that moves is found where it lies now', () => {
  let at = 'east'
  const shards = createShards([east, west], () => at)
  expect(shards.ofOwner('anyone')).toBe(east)
  at = 'west'
  expect(shards.ofOwner('anyone')).toBe(west)
})

test('several databases without a map, and a map that names an unknown one, are refused', () => {
  expect(() => createShards([])).toThrow('at least one shard')
  expect(() => createShards([east, west])).toThrow('need a map')
  expect(() => createShards([east], () => 'west').ofId(uuidv7(0, 512))).toThrow(
    'bucket 512 is mapped to an unknown shard west',
  )
})
