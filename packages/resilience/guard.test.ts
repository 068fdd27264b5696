import { fakeMetrics, memoryLog } from '@souk/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BulkheadFull, CallTimedOut, CircuitOpen } from './errors.ts'
import { createGuard, type GuardOptions } from './guard.ts'

class Refused extends Error {}
class Away extends Error {}
const classify = (error: unknown) => (error instanceof Refused ? 'refused' : 'may-pass')

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-15T10:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

function given(options: Partial<GuardOptions> = {}) {
  const metrics = fakeMetrics()
  const log = memoryLog()
  const guard = createGuard({ name: 'x', metrics, log, clock: () => new Date(), options: { classify, ...options } })
  const calls = (outcome: string) => metrics.value('souk_circuit_calls_total', { name: 'x', outcome })
  const state = () => metrics.value('souk_circuit_state', { name: 'x' })
  const once = (call: () => Promise<unknown>) => guard.run(call, { attempts: 1 }).catch((error: unknown) => error)
  return { guard, metrics, log, calls, state, once }
}
const ok = async () => 'ok'
const away = () => Promise.reject(new Away('away'))
const refuse = () => Promise.reject(new Refused('no'))
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
/** Ten failures a second for a second: enough to open. */
const fail = async (once: (call: () => Promise<unknown>) => Promise<unknown>, times = 10) => {
  for (let at = 0; at < times; at += 1) await once(away)
}

describe('repeats', () => {
  test('come after 1, 2, 4 and 8 seconds, a quarter shorter or longer; the fifth failure is the answer', async () => {
    const { guard } = given()
    const at: number[] = []
    const answer = guard
      .run(() => {
        at.push(Date.now())
        return away()
      })
      .catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await answer).toBeInstanceOf(Away)
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    expect(waits).toHaveLength(4)
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(1_000 * 2 ** index * 0.75 - 1)
      expect(wait).toBeLessThanOrEqual(1_000 * 2 ** index * 1.25 + 1)
    }
  })
  test('never follow a refusal, and a refusal is no mark against the one who was called', async () => {
    const { guard, calls, once, state } = given()
    let asked = 0
    const answer = await guard
      .run(() => {
        asked += 1
        return refuse()
      })
      .catch((error: unknown) => error)
    expect(answer).toBeInstanceOf(Refused)
    expect(asked).toBe(1)
    for (let at = 0; at < 30; at += 1) await once(refuse)
    expect(state()).toBe(0)
    expect(calls('refused')).toBe(31)
  })
  test('stop when one succeeds', async () => {
    const { guard, calls } = given()
    let asked = 0
    const answer = guard.run(async () => ((asked += 1) < 3 ? away() : 'at last'))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await answer).toBe('at last')
    expect([calls('may-pass'), calls('repeated'), calls('ok')]).toEqual([2, 2, 1])
  })
})

describe('a call that takes too long', () => {
  test('is given up after 30 seconds, even if it does not listen, and its outcome is not known', async () => {
    const { once, calls } = given()
    let told: AbortSignal | undefined
    const answer = once((...[signal]: unknown[]) => {
      told = signal as AbortSignal
      return new Promise(() => {})
    })
    await vi.advanceTimersByTimeAsync(29_999)
    expect(told?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await answer).toBeInstanceOf(CallTimedOut)
    expect(told?.aborted).toBe(true)
    expect(calls('timed-out')).toBe(1)
  })
})

describe('a process that was stopped while it called', () => {
  test('blames nobody for the silence: the next call is made', async () => {
    const options = { timeoutMs: 10_000, minimumCalls: 1, failureRate: 0.01, classify: () => 'failed' as const }
    const { once, state } = given(options)
    const answer = once(() => new Promise(() => {}))
    // A stopped process's timers ring when it is woken, however long ago they were due.
    const { now } = performance
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 25_000)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await answer).toBeInstanceOf(CallTimedOut)
    expect(state()).toBe(0)
    expect(await once(ok)).toBe('ok')
    vi.restoreAllMocks()
  })
})

describe('the bulkhead', () => {
  test('lets twenty calls through, makes twenty wait and refuses the others at once', async () => {
    const { once, guard, metrics } = given()
    let most = 0
    let running = 0
    const slow = async () => {
      most = Math.max(most, (running += 1))
      await sleep(1_000)
      running -= 1
    }
    const answers = Array.from({ length: 50 }, () => once(slow))
    await vi.advanceTimersByTimeAsync(0)
    expect(guard.inFlight).toBe(20)
    expect(metrics.value('souk_circuit_in_flight', { name: 'x' })).toBe(20)
    expect(metrics.value('souk_circuit_queued', { name: 'x' })).toBe(20)
    await vi.advanceTimersByTimeAsync(3_000)
    const refused = (await Promise.all(answers)).filter((answer) => answer instanceof BulkheadFull)
    expect(refused).toHaveLength(10)
    expect(most).toBe(20)
    expect(guard.inFlight).toBe(0)
  })
})

describe('the circuit', () => {
  test('opens when more than half of at least ten calls failed, and then calls nobody', async () => {
    const { once, state, log } = given()
    for (let at = 0; at < 9; at += 1) await once(away)
    expect(state()).toBe(0)
    await once(away)
    expect(state()).toBe(2)
    let called = false
    const answer = await once(async () => {
      called = true
    })
    expect(answer).toBeInstanceOf(CircuitOpen)
    expect((answer as CircuitOpen).retryAfterMs).toBe(60_000)
    expect(called).toBe(false)
    expect(log.lines.map(({ message }) => message)).toEqual(['circuit opened'])
  })
  test('stays closed while exactly half of the calls fail', async () => {
    const { once, state } = given()
    for (let at = 0; at < 40; at += 1) await once(at % 2 === 0 ? ok : away)
    expect(state()).toBe(0)
  })
  test('forgets what is older than ten seconds, also when nobody called meanwhile', async () => {
    const { once, state } = given()
    await fail(once, 9)
    await vi.advanceTimersByTimeAsync(3_600_000)
    await fail(once, 9)
    expect(state()).toBe(0)
    await vi.advanceTimersByTimeAsync(5_000)
    await once(away)
    expect(state()).toBe(2)
  })
  test('lets three calls try after a minute, tells the others to wait, and closes when all three succeed', async () => {
    const { once, state, log } = given()
    await fail(once)
    await vi.advanceTimersByTimeAsync(60_000)
    let tried = 0
    const answers = Array.from({ length: 15 }, () =>
      once(async () => {
        tried += 1
        await sleep(100)
        return 'ok'
      }),
    )
    await vi.advanceTimersByTimeAsync(50)
    expect(state()).toBe(1)
    expect(tried).toBe(3)
    await vi.advanceTimersByTimeAsync(100)
    const kinds = (await Promise.all(answers)).map((answer) => (answer instanceof CircuitOpen ? 'open' : answer))
    expect(kinds.filter((kind) => kind === 'ok')).toHaveLength(3)
    expect(kinds.filter((kind) => kind === 'open')).toHaveLength(12)
    expect(state()).toBe(0)
    expect(log.lines.map(({ message }) => message)).toEqual(['circuit opened', 'circuit half open', 'circuit closed'])
  })
  test('opens for another minute when one of the trials fails', async () => {
    const { once, state } = given()
    await fail(once)
    await vi.advanceTimersByTimeAsync(60_000)
    await once(ok)
    await once(away)
    expect(state()).toBe(2)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(await once(ok)).toBeInstanceOf(CircuitOpen)
    await vi.advanceTimersByTimeAsync(1_000)
    for (let at = 0; at < 3; at += 1) expect(await once(ok)).toBe('ok')
    expect(state()).toBe(0)
  })
  test('of somebody slow, then down, then flapping: opens within five seconds and lets few calls through', async () => {
    const { guard, state } = given()
    const startedAt = Date.now()
    const since = () => Date.now() - startedAt
    let calls = 0
    let most = 0
    let openAfterDownMs: number | undefined
    const dependency = async () => {
      calls += 1
      most = Math.max(most, guard.inFlight)
      if (since() < 60_000) return sleep(10_000) // slow
      if (since() < 150_000 || Math.floor(since() / 1_000) % 2 === 0) return away() // down, then every other second
      return undefined
    }
    let callsWhileDown = 0
    for (let ms = 0; ms < 300_000; ms += 100) {
      void guard.run(dependency, { attempts: 1 }).catch(() => {})
      await vi.advanceTimersByTimeAsync(100)
      if (since() >= 60_000 && openAfterDownMs === undefined && state() === 2) {
        openAfterDownMs = since() - 60_000
        callsWhileDown = calls
      }
    }
    expect(openAfterDownMs).toBeLessThan(5_000)
    expect(most).toBeLessThanOrEqual(20)
    // Some 2,350 were asked for after it had opened. Each minute at most three try, and some between two openings.
    expect(calls - callsWhileDown).toBeLessThan(400)
  })
})
