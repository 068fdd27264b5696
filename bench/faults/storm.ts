import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveStats } from '../load/index.ts'
import { type DifficultCustomers, letInDifficultCustomers } from './customers.ts'
import { answeredPerSecond, type Sent, sendLoad } from './load.ts'
import { planFaults } from './schedule.ts'
import type { Stage } from './stage.ts'
import { strike } from './strike.ts'
import type { FaultKind, Strike } from './types.ts'
import type { World } from './world.ts'

export type StormOptions = {
  seed: number
  kinds: readonly FaultKind[]
  /** Of faults; what comes back after the last one is on top. */
  seconds: number
  ratePerSecond: number
  /** See planFaults. */
  roomShare: number
  /** After the last fault the load goes on until all is as before, and at most this long. */
  recoverWithinMs: number
  /** How many of the stage's customers send the load; the others are difficult. */
  customers: number
  onStrike: (strike: Strike) => void
  onTick: (live: LiveStats) => void
  signal: AbortSignal | undefined
}

export type Storm = {
  sent: Sent
  strikes: Strike[]
  difficult: DifficultCustomers
  /** Answers a second before the first fault, and after the last one. */
  before: number
  after: number
}

const warmMs = 2_500
const healMs = 3_500
/** A fault may take so much longer than its room, on a machine that is slow to start a server: 9 s were seen. */
const lateMs = 20_000

/** A crowd at a steady rate, difficult customers among it, and one fault after the other. */
export async function storm(world: World, stage: Stage, options: StormOptions): Promise<Storm> {
  const { seed, kinds, ratePerSecond, signal } = options
  const { plan, overMs } = planFaults(seed, kinds, warmMs, options.seconds, options.roomShare)
  const usual = ratePerSecond
  const strikes: Strike[] = []
  const enough = new AbortController()
  /** The end of the last fault, since the load began. */
  let calmAtMs = Number.POSITIVE_INFINITY
  const difficult = letInDifficultCustomers(stage, {
    url: world.souk.url,
    seed,
    from: options.customers,
    atOnce: 4,
    giveUpAfterMs: 60_000,
  })
  let beganAt = performance.now()
  const timeline: LiveStats[] = []
  const onTick = (live: LiveStats) => {
    // The generator runs in another process: its clock is known from what it says.
    beganAt = performance.now() - live.elapsedMs
    options.onTick(live)
    // What is answered when nobody comes any more says nothing about the server.
    if (enough.signal.aborted) return
    timeline.push(live)
    const calmForMs = live.elapsedMs - calmAtMs
    if (calmForMs < healMs) return
    const healed = strikes.every(
      (each, index) => seenBy(timeline, each, strikes[index + 1], usual).recoveredMs !== null,
    )
    if (healed || calmForMs > options.recoverWithinMs) enough.abort()
  }
  const loading = sendLoad(
    world,
    stage,
    options.customers,
    {
      mode: { kind: 'open', ratePerSecond },
      seed,
      durationMs: overMs + plan.length * lateMs + options.recoverWithinMs + healMs,
      repeatShare: 0.05,
    },
    stage.targets,
    onTick,
    signal,
    enough.signal,
  )
  let failure: unknown
  const striking = (async () => {
    for (const planned of plan) {
      const waitMs = planned.atMs - (performance.now() - beganAt)
      if (waitMs > 0) await sleep(waitMs)
      if (signal?.aborted) return
      const atMs = Math.round(performance.now() - beganAt)
      const what = await strike(world, planned)
      const done: Strike = {
        kind: planned.kind,
        atMs,
        what,
        recoveredMs: null,
        errors: {},
        tookMs: Math.round(performance.now() - beganAt - atMs),
      }
      strikes.push(done)
      options.onStrike(done)
    }
    calmAtMs = performance.now() - beganAt
  })().catch((error: unknown) => {
    failure = error
    enough.abort()
  })
  const sent = await loading
  await striking
  await difficult.leave()
  if (failure !== undefined) throw failure
  for (const [index, each] of strikes.entries()) Object.assign(each, seenBy(timeline, each, strikes[index + 1], usual))
  const at = (ms: number) => timeline.findIndex(({ elapsedMs }) => elapsedMs >= ms)
  return {
    sent,
    strikes,
    difficult,
    before: answeredPerSecond(timeline, Math.max(1, at(warmMs - 500)), 3),
    after: answeredPerSecond(timeline, timeline.length - 1, 4),
  }
}

/** What a fault did to the load: until nine tenths of the usual rate were answered again, and what went wrong meanwhile. */
export function seenBy(timeline: readonly LiveStats[], { atMs }: Strike, next: Strike | undefined, usual: number) {
  const untilMs = next?.atMs ?? Number.POSITIVE_INFINITY
  const from = timeline.findIndex(({ elapsedMs }) => elapsedMs >= atMs)
  if (from < 0) return { recoveredMs: null }
  const until = timeline.findIndex(({ elapsedMs }) => elapsedMs >= untilMs)
  const last = until < 0 ? timeline.length - 1 : until
  let worst = from
  for (let index = from; index <= last; index += 1)
    if (answeredPerSecond(timeline, index) < answeredPerSecond(timeline, worst)) worst = index
  const errors = difference(timeline[last]?.errorsByCause ?? {}, timeline[Math.max(0, from - 1)]?.errorsByCause ?? {})
  if (answeredPerSecond(timeline, worst) >= usual * 0.9) return { recoveredMs: 0, errors }
  const back = timeline.findIndex((_, index) => index > worst && answeredPerSecond(timeline, index) >= usual * 0.9)
  return { recoveredMs: back < 0 ? null : Math.round((timeline[back]?.elapsedMs ?? 0) - atMs), errors }
}

const difference = (after: Record<string, number>, before: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after)
      .map(([cause, count]) => [cause, count - (before[cause] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  )
