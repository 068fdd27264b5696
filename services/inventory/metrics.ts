import type { Metrics } from '@souk/telemetry'
import type { AssignAnswer } from './assign-goods.ts'

export type GoodsMeters = {
  /** Counted a batch at a time. */
  assigned(answers: readonly AssignAnswer[]): void
  writtenOff(units: number): void
}

/** Whether orders get their goods, and what is thrown away. */
export function goodsMetrics(metrics: Metrics): GoodsMeters {
  const orders = metrics.counter(
    'souk_inventory_assigned_orders_total',
    'Orders that goods were asked for, by what came of it.',
    ['outcome'],
  )
  const expired = metrics.counter('souk_inventory_expired_units_total', 'Units written off because they expired.')
  return {
    assigned(answers) {
      const counts = new Map<string, number>()
      for (const answer of answers) {
        const outcome = answer.assigned ? 'assigned' : answer.reason
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      }
      for (const [outcome, count] of counts) orders.inc({ outcome }, count)
    },
    writtenOff: (units) => expired.inc({}, units),
  }
}
