import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckResult } from '../checks.ts'
import type { LiveStats } from '../load/index.ts'
import { checkOf } from './judge.ts'
import { type Sent, sendLoad } from './load.ts'
import { judgePayments } from './payments-judge.ts'
import { letInPeople, type People } from './payments-people.ts'
import { setPaymentsStage } from './payments-stage.ts'
import { planPaymentFaults, strikePayments } from './payments-strikes.ts'
import { countUnsettled, readWaitingCalls } from './payments.sql.ts'
import type { Provider } from './provider.ts'
import { seenBy } from './storm.ts'
import type { PaymentFigures, Strike } from './types.ts'
import { paymentDeadlineMinutes, type Venue, type World } from './world.ts'

export type PaymentsTrialOptions = {
  seed: number
  seconds: number
  ratePerSecond: number
  /** With customers who never pay and tokens that never work: ends a minute later, when their time is over. */
  patient: boolean
  onPhase: (text: string) => void
  onStrike: (strike: Strike) => void
  onTick: (live: LiveStats) => void
  signal: AbortSignal | undefined
}

export type PaymentsTrial = { sent: Sent; strikes: Strike[]; checks: CheckResult[]; figures: PaymentFigures }

const warmMs = 1_000
const healMs = 1_000
const customers = 150

/**
 * The whole way of orders: placed, paid in every way there is, confirmed, shipped, delivered, sent back, cancelled; while
 * the edge, the worker, PostgreSQL and the provider are killed, stopped and restarted. Then everything heals and comes to
 * rest, and the books of all of them are laid side by side.
 */
export async function payments(
  world: World,
  provider: Provider,
  options: PaymentsTrialOptions,
): Promise<PaymentsTrial> {
  const { seed, seconds, ratePerSecond, patient, onPhase, signal } = options
  const stage = await setPaymentsStage(world.souk, { customers, withHopeless: patient })
  onPhase(`payments: ${ratePerSecond} orders a second paid in every way, and faults`)
  const people = letInPeople(world, stage, { seed, someNeverPay: patient })
  const timeline: LiveStats[] = []
  let beganAt = performance.now()
  const untilMs = warmMs + seconds * 1_000
  const enough = new AbortController()
  const loading = sendLoad(
    world,
    stage,
    customers,
    // Where faults take longer than planned, customers go on coming: a fault nobody meets proves nothing.
    { mode: { kind: 'open', ratePerSecond }, seed, durationMs: 3 * untilMs + 60_000, repeatShare: 0.05 },
    stage.targets,
    (live) => {
      beganAt = performance.now() - live.elapsedMs
      if (!enough.signal.aborted) timeline.push(live)
      options.onTick(live)
    },
    signal,
    enough.signal,
  )
  const strikes: Strike[] = []
  let failure: unknown
  const striking = (async () => {
    for (const planned of planPaymentFaults(seed, warmMs, untilMs)) {
      const waitMs = planned.atMs - (performance.now() - beganAt)
      if (waitMs > 0) await sleep(waitMs)
      if (signal?.aborted) return
      const atMs = Math.round(performance.now() - beganAt)
      const what = await strikePayments(world, provider, planned)
      const tookMs = Math.round(performance.now() - beganAt - atMs)
      const strike: Strike = { kind: planned.kind, atMs, what, tookMs, recoveredMs: null, errors: {} }
      strikes.push(strike)
      options.onStrike(strike)
    }
    await sleep(Math.max(healMs, untilMs + healMs - (performance.now() - beganAt)))
  })()
    .catch((error: unknown) => {
      failure = error
    })
    .finally(() => enough.abort())
  const sent = await loading
  await striking
  if (failure !== undefined) throw failure
  for (const [index, each] of strikes.entries())
    Object.assign(each, seenBy(timeline, each, strikes[index + 1], ratePerSecond))
  // Clerks have something to do when all is well, too.
  await sleep(Math.min(10_000, seconds * 250))
  people.comeToRest()
  onPhase('payments: everything is well again; waiting until every order has ended and all money is where it belongs')
  const patienceMs = 60_000 + (patient ? paymentDeadlineMinutes * 60_000 : 0)
  const { drainMs, left } = await drainPayments(world, stage.shopId, people, patienceMs)
  await people.leave()
  onPhase('payments: comparing the books of the provider, payments, orders, wallets, shelves and inboxes')
  const { checks, figures } = await judgePayments(world, stage, sent, people, provider.book())
  return {
    sent,
    strikes,
    figures: { ...figures, drainMs: drainMs ?? null },
    checks: [
      ...checks,
      checkOf(
        'pay-I10-drained',
        `Within ${patienceMs / 1_000} s of healing nothing waited any more`,
        1,
        drainMs === undefined ? left : [],
      ),
    ],
  }
}

/** Until nothing waits, for a second. @returns undefined and what is left when it does not come to rest. */
export async function drainPayments(world: Venue, shopId: string, people: People, patienceMs: number) {
  const beganAt = performance.now()
  let calmSince = beganAt
  let left: string[] = []
  while (performance.now() - beganAt < patienceMs) {
    const unsettled = await world.referee((client) => countUnsettled(client, shopId)).catch(() => ({ database: 1 }))
    const waiting = Object.entries({ ...unsettled, people: people.busy }).filter(([, count]) => count > 0)
    left = waiting.map(([what, count]) => `${count} ${what}`)
    if (waiting.length > 0) calmSince = performance.now()
    if (performance.now() - calmSince > 1_200) return { drainMs: Math.round(calmSince - beganAt), left }
    await sleep(100)
  }
  const calls = await world.referee(readWaitingCalls)
  return { drainMs: undefined, left: [...left, ...calls] }
}
