import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dividedServices } from '../shards.ts'
import { commonTables } from '@souk/service'
import { readFileSync } from 'node:fs'
import { evenly, parseBuckets } from './shards.ts'

test('spreading moves as few buckets as it takes, and afterwards no database holds more than one more than another', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.nat(6), { minLength: 1_024, maxLength: 1_024 }),
      (n, given) => {
        const shards = Array.from({ length: n }, (_, index) => `s${index}`)
        const lies = given.map((number) => `s${number % n}`)
        const before = [...lies]
        let moved = 0
        for (const { from, to, buckets } of evenly(shards, before))
          for (const bucket of buckets) {
            expect(lies[bucket]).toBe(from)
            lies[bucket] = to
            moved += 1
          }
        const counts = (map: readonly string[]) => shards.map((name) => map.filter((shard) => shard === name).length)
        expect(Math.max(...counts(lies)) - Math.min(...counts(lies))).toBeLessThanOrEqual(1)
        const excess = counts(before).reduce((sum, count) => sum + Math.max(0, count - Math.ceil(1_024 / n)), 0)
        expect(moved).toBeLessThanOrEqual(excess + n)
        expect(evenly(shards, lies)).toEqual([])
      },
    ),
    { numRuns: 30 },
  ))

test('buckets are named one by one and by ranges', () => {
  expect(parseBuckets('0-3, 77')).toEqual([0, 1, 2, 3, 77])
  for (const wrong of ['', '3-1', '1024', 'a', '-1']) expect(() => parseBuckets(wrong), wrong).toThrow('--buckets')
})

describe('what a divided service says of moving', () => {
  test.each(dividedServices)('$name: every table of its schema is named, and no other', ({ name, tables }) => {
    const schema = readFileSync(new URL(`../../../services/${name}/schema.sql`, import.meta.url), 'utf8')
    const found = [...schema.matchAll(/^CREATE TABLE (\w+) \(/gm)].map(([, table]) => table)
    expect(found.toSorted()).toEqual(Object.keys({ ...commonTables, ...tables.tables }).toSorted())
  })

  test.each(dividedServices)('$name: tables that others refer to come before them', ({ name, tables }) => {
    const schema = readFileSync(new URL(`../../../services/${name}/schema.sql`, import.meta.url), 'utf8')
    const order = Object.keys(tables.tables)
    for (const [, table = '', body = ''] of schema.matchAll(/^CREATE TABLE (\w+) \(([\s\S]*?)\n\)/gm))
      for (const [, other = ''] of body.matchAll(/REFERENCES (\w+)\(/g))
        if (other !== table && tables.tables[table] !== 'stays')
          expect(order.indexOf(other), `${table} refers to ${other}`).toBeLessThan(order.indexOf(table))
  })
})
