export { type Carried, carried, carrying, isCarrying, startCarrying, traceparentOf } from './carried.ts'
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './log.ts'
export {
  type BoundCounter,
  type BoundHistogram,
  createMetrics,
  type GaugeValue,
  type Metrics,
  type MetricsRegistry,
  secondsBuckets,
} from './metrics.ts'
