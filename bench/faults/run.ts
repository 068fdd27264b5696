import type { LiveStats } from '../load/index.ts'
import { checkOf, drain, judge } from './judge.ts'
import type { Sent } from './load.ts'
import { payments, type PaymentsTrial } from './payments-trial.ts'
import { setStage } from './stage.ts'
import { type Storm, storm } from './storm.ts'
import { overload, powerCut, powerCutControl } from './trials.ts'
import type { FaultKind, FaultsResult, OverloadFigures, StartSouk, Strike, TrialKind } from './types.ts'
import { openWorld, type World } from './world.ts'

export type FaultsOptions = {
  seed: number
  /** How long faults go on; the trials after them are as long as a part of it. */
  seconds: number
  faults: readonly FaultKind[]
  trials: readonly TrialKind[]
  /** Orders a second during the faults. */
  ratePerSecond: number
  startSouk: StartSouk
  /** The trial of payments: as long as the faults, 60 orders a second, with customers who never pay, unless said here. */
  paymentsSeconds?: number
  paymentsRate?: number
  paymentsPatient?: boolean
  /** Less than 1: faults come closer together. Default 1. */
  roomShare?: number
  limits?: Partial<Limits>
  on?: {
    phase?: (text: string) => void
    strike?: (strike: Strike) => void
    tick?: (live: LiveStats) => void
  }
  signal?: AbortSignal
}

/** What counts as kept. What has to do with being right has no limits. */
export type Limits = {
  /** Of the usual rate, after the last fault; of the peak, after the overload. */
  recoveredShare: number
  recoverWithinMs: number
  /** Of the peak, under three times as much. */
  goodputShare: number
  /** Within which whoever is turned away is told so. */
  turnedAwayWithinMs: number
  maxRssMb: number
  /** Of those who came in the flood: so many may be left without an answer. */
  unansweredShare: number
}

const usualLimits: Limits = {
  recoveredShare: 0.9,
  recoverWithinMs: 15_000,
  goodputShare: 0.8,
  turnedAwayWithinMs: 1_000,
  // At the load where throughput peaks it is 350 (docs/performance.md); a flood's 3,000 connections take another 100.
  maxRssMb: 500,
  unansweredShare: 0,
}

/** One round: a marketplace of its own, load, faults, and the reckoning. Everything by chance follows from the seed. */
export async function runFaults(options: FaultsOptions): Promise<FaultsResult> {
  const startedAt = new Date()
  const { seed, seconds, on = {}, signal } = options
  const phase = on.phase ?? (() => {})
  const limits = { ...usualLimits, ...options.limits }
  const withPayments = options.trials.includes('payments')
  const world = await openWorld(options.startSouk, phase, { withProvider: withPayments })
  const memory = watchMemory(world)
  try {
    phase('opening a shop, letting customers in')
    const customers = 1_500
    const stage = await setStage(world.souk.api, {
      customers: customers + 500,
      expectedOrders: options.ratePerSecond * (seconds + 6),
    })
    const trial = { seed, customers, seconds: Math.max(2, Math.min(15, seconds / 4)), signal }
    const sent: Sent[] = []
    let weather: Storm | undefined
    if (options.faults.length > 0) {
      phase(`load of ${options.ratePerSecond} orders a second, and faults`)
      weather = await storm(world, stage, {
        seed,
        seconds,
        customers,
        signal,
        kinds: options.faults,
        ratePerSecond: options.ratePerSecond,
        roomShare: options.roomShare ?? 1,
        recoverWithinMs: limits.recoverWithinMs,
        onStrike: on.strike ?? (() => {}),
        onTick: on.tick ?? (() => {}),
      })
      sent.push(weather.sent)
    }
    let wholeWay: PaymentsTrial | undefined
    if (world.provider !== undefined && !signal?.aborted) {
      phase('payments: opening a shop, filling wallets')
      wholeWay = await payments(world, world.provider, {
        seed,
        seconds: options.paymentsSeconds ?? seconds,
        ratePerSecond: options.paymentsRate ?? 60,
        patient: options.paymentsPatient ?? true,
        signal,
        onPhase: phase,
        onStrike: on.strike ?? (() => {}),
        onTick: on.tick ?? (() => {}),
      })
    }
    const resolved = await world.metric('souk_orders_batches_total', 'path="resolved"')
    let flood: OverloadFigures | null = null
    if (options.trials.includes('overload') && !signal?.aborted) {
      phase('overload: measuring the peak, then three times as much')
      const outcome = await overload(world, stage, trial)
      flood = outcome.figures
      sent.push(...outcome.sent)
    }
    let cut: FaultsResult['figures']['powerCut'] = null
    let cutAlone: { answered: number; lost: number } | undefined
    if (options.trials.includes('power-cut') && !signal?.aborted) {
      phase('power cut: killing every process of PostgreSQL under load')
      const outcome = await powerCut(world, stage, trial)
      sent.push(outcome.sent)
      cutAlone = outcome
    }
    phase('waiting until everything has come to rest')
    const drainMs = await drain(world)
    phase('comparing what customers were told with what is there; auditing')
    const verdict = await judge(world, stage, sent, weather?.difficult)
    memory.stop()
    if (cutAlone !== undefined) {
      phase('power cut once more with commits that do not wait for the disk: this one must be able to lose')
      cut = { answered: cutAlone.answered, lost: cutAlone.lost, control: await powerCutControl(world, stage, trial) }
    }
    const checks = [
      ...verdict.checks,
      ...(wholeWay?.checks ?? []),
      checkOf(
        'I18-drained',
        'Everything came to rest by itself',
        1,
        drainMs === undefined ? ['not within a minute'] : [],
      ),
      checkOf(
        'I17-memory',
        `The server stayed under ${limits.maxRssMb} MB`,
        memory.samples(),
        memory.max() > limits.maxRssMb ? [`${memory.max()} MB`] : [],
      ),
      ...(weather === undefined ? [] : recoveryChecks(weather, options.ratePerSecond, limits)),
      ...(flood === null ? [] : overloadChecks(flood, limits)),
      ...(cut === null
        ? []
        : [
            checkOf(
              'A8-durable',
              'Every answered order survived the death of all of PostgreSQL',
              cut.answered,
              cut.lost > 0 ? [`${cut.lost} answered orders are gone`] : [],
            ),
          ]),
    ]
    const loads = [...sent, ...(wholeWay === undefined ? [] : [wholeWay.sent])].map(({ result }) => result)
    const sum = (count: (load: Sent['result']) => number) => loads.reduce((total, load) => total + count(load), 0)
    return {
      seed,
      command: commandOf(options),
      good: checks.every(({ broken }) => broken === 0) && !signal?.aborted,
      startedAt,
      tookMs: Date.now() - startedAt.getTime(),
      strikes: [...(weather?.strikes ?? []), ...(wholeWay?.strikes ?? [])],
      checks,
      figures: {
        sent: sum((load) => load.sent),
        accepted: sum((load) => load.accepted),
        cancelled: verdict.cancelled,
        completed: verdict.completed,
        refusedByReason: together(loads.map((load) => load.refusedByReason)),
        errorsByCause: together(loads.map((load) => load.errorsByCause)),
        askedAgain: sum((load) => load.retries),
        connectionsCut: world.proxy.cuts,
        resolved,
        oversold: verdict.oversold,
        duplicates: verdict.duplicates,
        lost: verdict.lost,
        recoveryMs: Math.max(0, ...(weather?.strikes ?? []).map(({ recoveredMs }) => recoveredMs ?? 0)),
        maxRssMb: memory.max(),
        payments: wholeWay?.figures ?? null,
        overload: flood,
        powerCut: cut,
      },
    }
  } finally {
    memory.stop()
    await world.stop()
  }
}

function recoveryChecks({ strikes, before, after }: Storm, usual: number, limits: Limits) {
  const slow = strikes.filter(({ recoveredMs }) => recoveredMs === null || recoveredMs > limits.recoverWithinMs)
  const weak = after < Math.min(before, usual) * limits.recoveredShare
  return [
    checkOf(
      'I18-recovered',
      `After each fault answers came as before within ${limits.recoverWithinMs / 1_000} s, without a person`,
      strikes.length,
      slow.map(({ kind, atMs, recoveredMs }) => `${kind} at ${atMs} ms: ${recoveredMs ?? 'not before the load ended'}`),
    ),
    checkOf(
      'I18-goodput',
      `In the end at least ${percent(limits.recoveredShare)} of the usual rate was answered`,
      1,
      weak ? [`${Math.round(after)} answers a second; before the first fault ${Math.round(before)}`] : [],
    ),
  ]
}

function overloadChecks(flood: OverloadFigures, limits: Limits) {
  const { came, peakPerSecond, goodputPerSecond, afterwardsPerSecond, turnedAway, turnedAwayP99Ms, unanswered } = flood
  return [
    checkOf(
      'D6-goodput',
      `Under three times the peak at least ${percent(limits.goodputShare)} of it was sold`,
      1,
      goodputPerSecond < peakPerSecond * limits.goodputShare
        ? [`${goodputPerSecond} a second of a peak of ${peakPerSecond}`]
        : [],
    ),
    checkOf(
      'D6-told',
      `Whoever was turned away was told when to come back; 99 of 100 had their answer within ${limits.turnedAwayWithinMs / 1_000} s`,
      turnedAway,
      [
        ...(turnedAwayP99Ms > limits.turnedAwayWithinMs ? [`p99 ${turnedAwayP99Ms} ms`] : []),
        ...(unanswered > came * limits.unansweredShare
          ? [`${unanswered} got no answer, or one without Retry-After: ${JSON.stringify(flood.unansweredBy)}`]
          : []),
      ],
    ),
    checkOf(
      'D6-recovered',
      `Afterwards at least ${percent(limits.recoveredShare)} of the peak was reached again`,
      1,
      afterwardsPerSecond < peakPerSecond * limits.recoveredShare ? [`${afterwardsPerSecond} of ${peakPerSecond}`] : [],
    ),
  ]
}

const percent = (share: number) => `${Math.round(share * 100)} %`

function watchMemory(world: World) {
  let max = 0
  let samples = 0
  const timer = setInterval(() => {
    void world.rssMb().then((rssMb) => {
      if (rssMb > 0) samples += 1
      max = Math.max(max, rssMb)
    })
  }, 1_000)
  return { max: () => max, samples: () => samples, stop: () => clearInterval(timer) }
}

function together(counts: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const count of counts) for (const [name, value] of Object.entries(count)) all[name] = (all[name] ?? 0) + value
  return all
}

export const commandOf = ({ seed, seconds, faults, trials, ratePerSecond }: FaultsOptions): string =>
  `npm run faults -- --seed ${seed} --seconds ${seconds} --rate ${ratePerSecond} --only ${[...faults, ...trials].join(',')}`
