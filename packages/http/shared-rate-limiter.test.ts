import { afterEach, describe, expect, test } from 'vitest'
import { createSharedRateLimiter, type SharedRateLimiter, type WindowCounts } from './shared-rate-limiter.ts'

const minute = 1_800_000_000_000 - (1_800_000_000_000 % 60_000)
const opened: SharedRateLimiter[] = []
afterEach(() => {
  for (const limiter of opened.splice(0)) limiter.stop()
})

/** A store of counts that can be away. */
function store() {
  const kept = new Map<string, number>()
  const counts: WindowCounts & { away: boolean; calls: number } = {
    away: false,
    calls: 0,
    async add(window, deltas) {
      counts.calls += 1
      if (counts.away) return undefined
      const totals = new Map<string, number>()
      for (const [key, delta] of deltas) {
        const name = `${window} ${key}`
        kept.set(name, (kept.get(name) ?? 0) + delta)
        totals.set(key, kept.get(name) as number)
      }
      return totals
    },
  }
  return counts
}

function processes(counts: WindowCounts, count: number): SharedRateLimiter[] {
  const made = Array.from({ length: count }, () => createSharedRateLimiter({ counts, everyMs: 1_000_000 }))
  opened.push(...made)
  return made
}

const allowedOf = (limiter: SharedRateLimiter, times: number, perMinute: number, atMs = minute) =>
  Array.from({ length: times }, () => limiter.take('a', perMinute, atMs)).filter(({ allowed }) => allowed).length

const exchangeAll = async (limiters: readonly SharedRateLimiter[]) => {
  for (const limiter of limiters) await limiter.exchange()
}

describe('a quota over several processes', () => {
  test('is one quota: what was taken elsewhere is not there any more', async () => {
    const [one, two] = processes(store(), 2) as [SharedRateLimiter, SharedRateLimiter]
    expect(allowedOf(one, 60, 100)).toBe(60)
    await one.exchange()
    // Known nowhere else until it has taken something itself, and asked.
    expect(allowedOf(two, 10, 100)).toBe(10)
    await two.exchange()
    expect(allowedOf(two, 100, 100)).toBe(30)
    await two.exchange()
    expect(two.take('a', 100, minute).allowed).toBe(false)
    allowedOf(one, 1, 100)
    await one.exchange()
    expect(one.take('a', 100, minute).allowed).toBe(false)
  })

  test('a caller spread over ten processes gets at most what they admit between two exchanges beyond it', async () => {
    const limiters = processes(store(), 10)
    let admitted = 0
    // 40 requests a second for a minute, each to the next process; an exchange every quarter second.
    for (let at = 0; at < 2_400; at += 1) {
      const limiter = limiters[at % 10] as SharedRateLimiter
      if (limiter.take('a', 500, minute + at * 25).allowed) admitted += 1
      if (at % 10 === 9) await exchangeAll(limiters)
    }
    expect(admitted).toBeGreaterThanOrEqual(500)
    expect(admitted).toBeLessThanOrEqual(500 + 10 + 9 * (500 / 20))
  })

  test('slides from one minute into the next with what others took', async () => {
    const [one, two] = processes(store(), 2) as [SharedRateLimiter, SharedRateLimiter]
    allowedOf(one, 90, 100)
    await one.exchange()
    allowedOf(two, 10, 100)
    await two.exchange()
    // Half a minute into the next, half of the hundred still counts.
    expect(allowedOf(two, 100, 100, minute + 90_000)).toBe(50)
  })

  test('without the store each process counts for itself, and with it they count together again', async () => {
    const counts = store()
    const [one, two] = processes(counts, 2) as [SharedRateLimiter, SharedRateLimiter]
    counts.away = true
    expect(allowedOf(one, 200, 100)).toBe(100)
    await exchangeAll([one, two])
    expect(allowedOf(two, 20, 100)).toBe(20)
    await exchangeAll([one, two])
    expect(two.take('a', 100, minute).allowed).toBe(true)
    counts.away = false
    await exchangeAll([one, two])
    expect(two.take('a', 100, minute).allowed).toBe(false)
  })

  test('nobody is told of callers who ask now and then', async () => {
    const counts = store()
    const [one] = processes(counts, 1) as [SharedRateLimiter]
    allowedOf(one, 5, 100)
    await one.exchange()
    expect(counts.calls).toBe(0)
    allowedOf(one, 1, 100)
    await one.exchange()
    expect(counts.calls).toBe(1)
  })
})
