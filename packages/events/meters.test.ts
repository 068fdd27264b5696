import { createLogger, createMetrics } from '@souk/telemetry'
import { expect, test } from 'vitest'
import { createConsumerMeters } from './meters.ts'

test('a consumer that reads one shard into several databases has a series for each', async () => {
  const metrics = createMetrics({ process: false })
  const logger = createLogger({ level: 'error', service: 'test' })
  const meters = createConsumerMeters(metrics)
  for (const database of ['home', 'east']) meters.of(logger, { consumer: 'orders.shops', shard: 'home', database })
  const series = (await metrics.expose()).split('\n').filter((line) => line.startsWith('souk_consumer_lag_seconds{'))
  expect(series).toEqual([
    'souk_consumer_lag_seconds{consumer="orders.shops",shard="home",database="home"} 0',
    'souk_consumer_lag_seconds{consumer="orders.shops",shard="home",database="east"} 0',
  ])
})
