import { createMetrics } from '@souk/telemetry'
import { expect, test } from 'vitest'
import { sampleOf } from './metrics-reader.ts'
import { mergeExposed } from './worker-process.ts'

test('the figures of both processes stand on one page, none behind the other', async () => {
  const [edge, worker] = [createMetrics({ process: false }), createMetrics({ process: false })]
  edge.gauge('souk_stuck', 'Both know it.', () => 0)
  worker.gauge('souk_stuck', 'Both know it.', () => 7)
  edge.counter('souk_calls_total', 'With labels.', ['name']).inc({ name: 'a } b' })
  worker.counter('souk_calls_total', 'With labels.', ['name']).inc({ name: 'a } b' }, 3)
  worker.histogram('souk_work_seconds', 'Only the worker.', [1]).observe(0.5)
  const page = mergeExposed(await edge.expose(), await worker.expose())
  expect(sampleOf(page, 'souk_stuck')).toBe(0)
  expect(sampleOf(page, 'souk_stuck', 'process="worker"')).toBe(7)
  expect(page).toContain('souk_calls_total{name="a } b"} 1\nsouk_calls_total{name="a } b",process="worker"} 3')
  expect(sampleOf(page, 'souk_work_seconds_count')).toBe(1)
  expect(page.match(/# TYPE souk_stuck/g)).toHaveLength(1)
  expect(mergeExposed(page, '')).toBe(page)
})
