import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capacityFor, type Demand, explainCapacity, measuredCosts } from './capacity.ts'

const saleDay: Demand = {
  ordersPerSecond: 10_000,
  readsPerSecond: 20_000,
  linesPerOrder: 1,
  people: 200_000,
  ordersPerDay: 2_000_000,
}

describe('what a sale day of 10,000 orders a second needs', () => {
  const capacity = capacityFor(saleDay, measuredCosts)

  test('is pods, shards and connections one can order', () => {
    // 10,000 × 62 µs = 0.62 cores; at 60 % of a core each that is two pods, and one that may be lost.
    expect(capacity.edgePods).toBe(3)
    expect(capacity.databaseShards).toBe(1)
    // 50 orders a batch, 5.3 ms each: 1.06 connections busy.
    expect(capacity.poolPerShard).toBe(5)
    expect(capacity.walMegabytesPerSecond).toBe(38)
  })

  test('one hot product sells as fast as batches follow one another', () => {
    // 2 ms to flush and 50 × 66 µs to execute.
    expect(capacity.hotProductPerSecond).toBe(Math.floor(50 / 0.0053))
    expect(capacity.answerMs).toBeCloseTo(8, 0)
  })

  test('is explained line by line', () => {
    const lines = explainCapacity(saleDay, measuredCosts, capacity)
    expect(lines.map(([what]) => what)).toContain('database shards')
    expect(lines.every(([, provide, because]) => provide !== '' && because !== '')).toBe(true)
  })
})

test('more orders never need less of anything', () => {
  const grows = ['edgePods', 'workerPods', 'databaseShards', 'walMegabytesPerSecond', 'kafkaPartitions'] as const
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 0, max: 100_000 }), (rate, more) => {
      const less = capacityFor({ ...saleDay, ordersPerSecond: rate }, measuredCosts)
      const most = capacityFor({ ...saleDay, ordersPerSecond: rate + more }, measuredCosts)
      for (const what of grows) expect(most[what]).toBeGreaterThanOrEqual(less[what])
    }),
  )
})

test('what is provided bears the load when one pod of it is lost, at 85 % of a core', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 200_000 }), (rate) => {
      const { edgePods, workerPods } = capacityFor({ ...saleDay, ordersPerSecond: rate }, measuredCosts)
      expect((edgePods - 1) * 0.85).toBeGreaterThan((rate * measuredCosts.edgeUs) / 1e6)
      expect((workerPods - 1) * 0.85).toBeGreaterThan((rate * measuredCosts.workerUs) / 1e6)
    }),
  )
})
