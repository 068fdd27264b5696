import type { Metrics } from '@souk/telemetry'

export type Shown = {
  name: string
  state: () => 'closed' | 'half-open' | 'open'
  inFlight: () => number
  queued: () => number
}

export type Outcome =
  | 'ok'
  | 'refused'
  | 'may-pass'
  | 'failed'
  | 'timed-out'
  | 'circuit-open'
  | 'bulkhead-full'
  | 'repeated'

const levels = { closed: 0, 'half-open': 1, open: 2 }

// One reader per metric name and registry: the guards of a process are rows of the same metric.
const guards = new WeakMap<Metrics, Map<string, Shown>>()

export function showCircuit(metrics: Metrics, guard: Shown): void {
  const known = guards.get(metrics)
  if (known !== undefined) {
    known.set(guard.name, guard)
    return
  }
  const all = new Map([[guard.name, guard]])
  guards.set(metrics, all)
  const rows = (value: (guard: Shown) => number) => () =>
    [...all.values()].map((one) => ({ labels: { name: one.name }, value: value(one) }))
  const labels = ['name']
  metrics.gauge(
    'souk_circuit_state',
    '0 closed, 1 half open, 2 open.',
    rows((one) => levels[one.state()]),
    labels,
  )
  metrics.gauge(
    'souk_circuit_in_flight',
    'Calls under way.',
    rows((one) => one.inFlight()),
    labels,
  )
  metrics.gauge(
    'souk_circuit_queued',
    'Calls that wait for a place.',
    rows((one) => one.queued()),
    labels,
  )
}

export function countCalls(metrics: Metrics, name: string): (outcome: Outcome) => void {
  const calls = metrics.counter('souk_circuit_calls_total', 'Calls to outside dependencies.', ['name', 'outcome'])
  return (outcome) => calls.inc({ name, outcome })
}
