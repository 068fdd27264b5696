import { createMetrics } from '@souk/telemetry'
import { memoryLog } from '@souk/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inChunks } from './in-chunks.ts'
import { guardService } from './through.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const given = () => {
  let calls = 0
  let behave: () => Promise<string[]> = () => new Promise(() => {})
  const through = guardService('inventory', { metrics: createMetrics(), clock: () => new Date(), log: memoryLog() })
  return {
    calls: () => calls,
    behave(next: () => Promise<string[]>) {
      behave = next
    },
    ask: () =>
      inChunks(
        'inventory',
        ['order'],
        () => {
          calls += 1
          return behave()
        },
        through,
      ),
  }
}
const away = () => Promise.reject(new Error('away'))

test('a service that hangs costs one time-out; the batches of the next 30 seconds are not kept waiting', async () => {
  const { ask, calls, behave } = given()
  const first = ask()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await first).toMatchObject([{ kind: 'failed', detail: expect.stringContaining('did not answer') }])
  for (let batch = 0; batch < 100; batch += 1) {
    const [outcome] = await ask()
    expect(outcome).toMatchObject({ kind: 'failed', detail: expect.stringContaining('is not called') })
    expect((outcome as { afterMs: number }).afterMs).toBeGreaterThan(20_000)
    await vi.advanceTimersByTimeAsync(90)
  }
  expect(calls()).toBe(1)
  await vi.advanceTimersByTimeAsync(30_000)
  behave(() => Promise.resolve(['done']))
  expect(await ask()).toEqual(['done'])
  expect(await ask()).toEqual(['done'])
})

test('a service that is away says so at once, and is asked again each time', async () => {
  const { ask, calls, behave } = given()
  behave(away)
  for (let batch = 0; batch < 100; batch += 1) await ask()
  expect(calls()).toBe(100)
  behave(() => Promise.resolve(['done']))
  expect(await ask()).toEqual(['done'])
})
