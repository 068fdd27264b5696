import type { Metrics } from '@souk/telemetry'

/** How much is written into the index, and how far behind it is. */
export function watchIndex(metrics: Metrics): (documents: number, oldestMs: number) => void {
  const written = metrics.counter(
    'souk_search_documents_written_total',
    'Products written into the index of the search',
  )
  const lag = metrics.histogram('souk_search_lag_seconds', 'From a change noticed to it being found')
  return (documents, oldestMs) => {
    written.inc({}, documents)
    lag.observe(oldestMs / 1_000)
  }
}
