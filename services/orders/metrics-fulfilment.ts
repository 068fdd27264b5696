import type { Metrics } from '@souk/telemetry'

/** What came of a try: `issued` or `refused` a shipment, `settled` a return, or `waiting` for another service. */
export type FulfilmentOutcome = 'issued' | 'refused' | 'settled' | 'waiting'
export type CountFulfilment = (what: 'shipment' | 'return', outcome: FulfilmentOutcome) => void

export function fulfilmentMetrics(metrics: Metrics): CountFulfilment {
  const tries = metrics.counter(
    'souk_orders_fulfilment_total',
    'Shipments and returns by what came of them; those waiting are tried again.',
    ['what', 'outcome'],
  )
  return (what, outcome) => tries.inc({ what, outcome })
}
