import { type Costs, capacityFor, type Demand, explainCapacity, measuredCosts } from '../capacity.ts'
import { type Console, table } from '../console.ts'

export type CapacityOptions = {
  orders: number
  reads: number
  lines: number
  people: number
  perDay: number
  podCores: number
  databaseCores: number
  flush: number
  json?: true
}

/** `souk capacity`: what to provide for a load, by the formulas of docs/guides/scaling.md. */
export async function capacity(io: Console, options: CapacityOptions): Promise<void> {
  const demand: Demand = {
    ordersPerSecond: options.orders,
    readsPerSecond: options.reads,
    linesPerOrder: options.lines,
    people: options.people,
    ordersPerDay: options.perDay,
  }
  const costs: Costs = {
    ...measuredCosts,
    coresPerPod: options.podCores,
    coresPerDatabase: options.databaseCores,
    flushMs: options.flush,
  }
  const result = capacityFor(demand, costs)
  if (options.json) return io.print(JSON.stringify({ demand, costs, capacity: result }))
  io.print(`For ${options.orders} orders and ${options.reads} reads a second:\n`)
  io.print(table(['', 'provide', 'because'], explainCapacity(demand, costs, result)))
  io.print('\nCosts are those of one two-core machine (docs/performance.md). Measure yours: souk bench floor.')
}
