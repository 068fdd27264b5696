export { type Batcher, type BatcherOptions, type BatcherStats, createBatcher, Overloaded } from './batcher.ts'
export { SteadyMap } from './steady-map.ts'
