export { BulkheadFull, CallTimedOut, CircuitOpen } from './errors.ts'
export {
  type CircuitName,
  createGuard,
  type Guard,
  type GuardDeps,
  type GuardOptions,
  type RunOptions,
  usualOptions,
  type Verdict,
} from './guard.ts'
