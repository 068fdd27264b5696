import { createHistogram } from './histogram.ts'
import type { PlannedRequest } from './requests.ts'
import type { LiveStats, LoadResult, Outcome } from './types.ts'

/** How a request ended: what its client knows, why, and when. */
export type Decision = { outcome: Outcome; code: string; status: number; orderId: string | null; latencyMs: number }

export type Gauges = { inFlight: number; waiting: number; connections: number }

export type Tally = ReturnType<typeof createTally>

/** Counts what happens in a run, as a whole and since the last tick. */
export function createTally(now: () => number) {
  const startedAt = now()
  let lastTickAt = startedAt
  let lastAnswerAt = startedAt
  let lastAcceptedAt = startedAt
  let sent = 0
  let retries = 0
  let repeatsAnswered = 0
  const byOutcome: Record<Outcome, number> = { accepted: 0, refused: 0, shed: 0, indeterminate: 0 }
  let acceptedAtLastTick = 0
  const refusedByReason: Record<string, number> = {}
  const errorsByCause: Record<string, number> = {}
  const answers = createHistogram()
  const acceptances = createHistogram()
  const sinceTick = createHistogram()
  const timeline: LiveStats[] = []

  const counts = () => ({
    sent,
    ...byOutcome,
    refusedByReason: { ...refusedByReason },
    errorsByCause: { ...errorsByCause },
    retries,
  })

  return {
    sent() {
      sent += 1
    },
    retried() {
      retries += 1
    },
    /** An attempt without a definite answer, whether or not it is tried again. */
    failedAttempt(cause: string) {
      errorsByCause[cause] = (errorsByCause[cause] ?? 0) + 1
    },
    decided(request: PlannedRequest, decision: Decision) {
      const answered = decision.outcome !== 'indeterminate'
      if (answered) lastAnswerAt = now()
      if (request.repeat) {
        if (answered) repeatsAnswered += 1
        return
      }
      byOutcome[decision.outcome] += 1
      if (decision.outcome === 'refused' || decision.outcome === 'shed') {
        refusedByReason[decision.code] = (refusedByReason[decision.code] ?? 0) + 1
      }
      if (!answered) return
      answers.record(decision.latencyMs)
      sinceTick.record(decision.latencyMs)
      if (decision.outcome !== 'accepted') return
      acceptances.record(decision.latencyMs)
      lastAcceptedAt = lastAnswerAt
    },
    tick(gauges: Gauges): LiveStats {
      const at = now()
      const { p50Ms, p95Ms, p99Ms } = sinceTick.summary()
      const live: LiveStats = {
        elapsedMs: Math.round(at - startedAt),
        ...counts(),
        ...gauges,
        rate: perSecond(sinceTick.count(), at - lastTickAt),
        acceptedPerSecond: perSecond(byOutcome.accepted - acceptedAtLastTick, at - lastTickAt),
        p50Ms,
        p95Ms,
        p99Ms,
      }
      timeline.push(live)
      sinceTick.reset()
      acceptedAtLastTick = byOutcome.accepted
      lastTickAt = at
      return live
    },
    result(run: {
      seed: number
      startedAt: Date
      cpuMicros: number
      peakConnections: number
      interrupted: boolean
    }): LoadResult {
      const durationMs = Math.max(1, lastAnswerAt - startedAt)
      return {
        ...counts(),
        seed: run.seed,
        startedAt: run.startedAt,
        elapsedMs: Math.round(now() - startedAt),
        durationMs: Math.round(durationMs),
        acceptedPerSecond: perSecond(byOutcome.accepted, Math.max(1, lastAcceptedAt - startedAt)),
        answeredPerSecond: perSecond(answers.count(), durationMs),
        repeatsAnswered,
        latency: answers.summary(),
        acceptedLatency: acceptances.summary(),
        latencyBuckets: answers.buckets(),
        timeline,
        peakConnections: run.peakConnections,
        cpuMicrosPerAnswer: Math.round((run.cpuMicros / Math.max(1, answers.count() + repeatsAnswered)) * 10) / 10,
        interrupted: run.interrupted,
      }
    },
  }
}

const perSecond = (count: number, ms: number) => (ms <= 0 ? 0 : Math.round((count * 10_000) / ms) / 10)
