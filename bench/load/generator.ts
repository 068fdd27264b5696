import { createConnection, type Connection, type Loss } from './connection.ts'
import { judge, type Verdict } from './answer.ts'
import { openHistory, type HistoryWriter } from './history.ts'
import { createPacer, pauseBeforeRetryMs } from './pacing.ts'
import { seededRandom } from './random.ts'
import { createRequestSource, type PlannedRequest } from './requests.ts'
import type { Response } from './response.ts'
import { createTally, type Decision } from './tally.ts'
import type { LiveStats, LoadPlan, LoadResult } from './types.ts'

const tickMs = 500
// Time-outs are looked for this often instead of one timer a request, which would cost more than parsing the answer.
const sweepMs = 100
// A person pressed Ctrl-C: answers on their way still count, but nobody waits half a minute for them.
const settleAfterStopMs = 2_000

type Worker = { connection: Connection; request: PlannedRequest | null }

/**
 * Runs the plan on this event loop and resolves when every request is decided or the settling time is over.
 * `runLoad` does the same in a process of its own; call this one only where sharing the loop does not matter.
 */
export async function generate(
  plan: LoadPlan,
  onTick: (live: LiveStats) => void = () => {},
  stop?: AbortSignal,
  enough?: AbortSignal,
): Promise<LoadResult> {
  checkPlan(plan)
  const { hostname, port } = new URL(plan.baseUrl)
  const host = hostname.replace(/^\[|\]$/g, '')
  const timeoutMs = plan.timeoutMs ?? 10_000
  const maxAttempts = plan.retry ? (plan.maxAttempts ?? 60) : 1
  const retryCodes: ReadonlySet<string> = new Set(plan.retryCodes ?? [])
  const jitter = seededRandom(plan.seed ^ 0x2545f491)
  const source = createRequestSource(plan)
  const history: HistoryWriter | null = plan.historyFile
    ? await openHistory(plan.historyFile, { seed: plan.seed, keySalt: plan.keySalt ?? '' })
    : null

  const startedAt = new Date()
  const cpuAtStart = process.cpuUsage()
  const beganAt = performance.now()
  const tally = createTally(() => performance.now())
  const workers: Worker[] = []
  const idle: Worker[] = []
  const waiting: PlannedRequest[] = []
  let waitingFrom = 0
  const pausing = new Map<PlannedRequest, NodeJS.Timeout>()
  let undecided = 0
  let sendingOver = false
  let settleBy = Number.POSITIVE_INFINITY
  let interrupted = false
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()

  const take = (intendedAt: number): PlannedRequest | null => {
    if (sendingOver) return null
    const overAt = beganAt + (plan.durationMs ?? Number.POSITIVE_INFINITY)
    const request = intendedAt >= overAt ? null : source.next(intendedAt)
    if (request) undecided += 1
    else endSending(plan.settleMs ?? 30_000)
    return request
  }

  const endSending = (settleMs: number) => {
    sendingOver = true
    settleBy = Math.min(settleBy, performance.now() + settleMs)
    if (undecided === 0) finish()
  }

  const transmit = (worker: Worker, request: PlannedRequest) => {
    worker.request = request
    if (request.attempts > 0) tally.retried()
    else if (!request.repeat) tally.sent()
    request.attempts += 1
    worker.connection.send(source.serialise(request))
    if (request.firstSentAt === 0) request.firstSentAt = worker.connection.sentAt
  }

  const decide = (request: PlannedRequest, outcome: Omit<Decision, 'latencyMs'>) => {
    if (request.decided) return
    request.decided = true
    const decision: Decision = { ...outcome, latencyMs: performance.now() - request.intendedAt }
    tally.decided(request, decision)
    if (request.attempts > 0) {
      const { sequence, customer, target, repeat, attempts } = request
      const sentAtEpochMs = performance.timeOrigin + request.firstSentAt
      history?.append({ sequence, customer, target, repeat, attempts, sentAtEpochMs, ...decision })
    }
    undecided -= 1
    if (sendingOver && undecided === 0) finish()
  }

  /** The worker is done with its request: closed loop goes on with the plan, open loop with whoever waits. */
  const proceed = (worker: Worker, after: Loss | null) => {
    worker.request = null
    if (plan.mode.kind === 'open') {
      const next = waiting[waitingFrom]
      if (!next) {
        idle.push(worker)
        return
      }
      waitingFrom += 1
      transmit(worker, next)
      if (waitingFrom === waiting.length) waitingFrom = waiting.length = 0
      return
    }
    if (after === 'connection-refused') {
      // Nobody listens: without a pause, a closed loop would burn its whole plan in the second a restart takes.
      setTimeout(() => startNext(worker), pauseBeforeRetryMs(plan, 3, jitter))
      return
    }
    startNext(worker)
  }

  const startNext = (worker: Worker) => {
    const next = take(performance.now())
    if (next) transmit(worker, next)
  }

  const retryLater = (worker: Worker, request: PlannedRequest, atLeastMs: number | null) => {
    const pauseMs = Math.max(pauseBeforeRetryMs(plan, request.attempts, jitter), (atLeastMs ?? 0) * (1 + jitter() / 4))
    const open = plan.mode.kind === 'open'
    if (open) proceed(worker, null)
    const timer = setTimeout(() => {
      pausing.delete(request)
      if (open) due(request)
      else transmit(worker, request)
    }, pauseMs)
    pausing.set(request, timer)
  }

  const answered = (worker: Worker, response: Response) => {
    const request = worker.request
    if (!request) return
    const verdict: Verdict = judge(response, retryCodes, new Date())
    if (verdict.outcome !== 'accepted' && verdict.outcome !== 'refused') tally.failedAttempt(verdict.code)
    if (verdict.worthRetrying && request.attempts < maxAttempts) retryLater(worker, request, verdict.pauseMs)
    else {
      const { outcome, code, orderId } = verdict
      decide(request, { outcome, code, orderId, status: response.status })
      proceed(worker, null)
    }
  }

  const lost = (worker: Worker, loss: Loss) => {
    const request = worker.request
    if (!request || request.decided) return
    tally.failedAttempt(loss)
    if (request.attempts < maxAttempts && loss !== 'run-ended' && loss !== 'gave-up') retryLater(worker, request, null)
    else {
      decide(request, { outcome: 'indeterminate', code: loss, orderId: null, status: 0 })
      proceed(worker, loss)
    }
  }

  const addWorker = () => {
    const worker: Worker = {
      request: null,
      connection: createConnection(host, Number(port || 80), {
        answered: (response) => answered(worker, response),
        lost: (loss) => lost(worker, loss),
      }),
    }
    workers.push(worker)
    return worker
  }

  /** Open loop: a request is due now; it takes an idle socket, a new one, or its place in the queue. */
  const due = (request: PlannedRequest) => {
    const worker = idle.pop() ?? (workers.length < plan.connections ? addWorker() : null)
    if (worker) transmit(worker, request)
    else waiting.push(request)
  }

  const giveUp = () => {
    sendingOver = true
    const code: Loss = interrupted ? 'run-ended' : 'gave-up'
    const unsent = waiting.slice(waitingFrom)
    waiting.length = waitingFrom = 0
    const stillPausing = [...pausing]
    pausing.clear()
    for (const [request, timer] of stillPausing) {
      clearTimeout(timer)
      decide(request, { outcome: 'indeterminate', code, orderId: null, status: 0 })
    }
    for (const request of unsent) {
      if (request.attempts === 0) tally.failedAttempt('never-sent')
      decide(request, { outcome: 'indeterminate', code, orderId: null, status: 0 })
    }
    for (const { connection } of workers) if (connection.busy) connection.drop(code)
    finish()
  }

  const gauges = () => ({
    inFlight: workers.reduce((busy, { connection }) => busy + Number(connection.busy), 0),
    waiting: waiting.length - waitingFrom,
    connections: workers.length,
  })
  const ticker = setInterval(() => {
    history?.flush()
    onTick(tally.tick(gauges()))
  }, tickMs)
  const sweeper = setInterval(() => {
    const now = performance.now()
    if (now >= settleBy) giveUp()
    for (const { connection } of workers) {
      if (connection.busy && now - connection.sentAt > timeoutMs) connection.drop('timeout')
    }
  }, sweepMs)
  const stopped = () => {
    interrupted = !sendingOver
    endSending(settleAfterStopMs)
  }
  stop?.addEventListener('abort', stopped, { once: true })
  const sentEnough = () => endSending(plan.settleMs ?? 30_000)
  enough?.addEventListener('abort', sentEnough, { once: true })

  const pacer =
    plan.mode.kind === 'open'
      ? createPacer(plan.mode, plan.seed, beganAt, { take, due, repeatIsNext: source.repeatIsNext })
      : null
  if (!pacer) for (let index = 0; index < plan.connections && !sendingOver; index++) startNext(addWorker())
  if (stop?.aborted) stopped()
  if (enough?.aborted) sentEnough()

  await finished
  pacer?.stop()
  clearInterval(ticker)
  clearInterval(sweeper)
  stop?.removeEventListener('abort', stopped)
  enough?.removeEventListener('abort', sentEnough)
  for (const { connection } of workers) connection.drop('run-ended')
  onTick(tally.tick({ ...gauges(), inFlight: 0 }))
  await history?.close()
  const cpu = process.cpuUsage(cpuAtStart)
  return tally.result({
    seed: plan.seed,
    startedAt,
    cpuMicros: cpu.user + cpu.system,
    peakConnections: workers.length,
    interrupted,
  })
}

function checkPlan(plan: LoadPlan) {
  if (plan.count === undefined && plan.durationMs === undefined)
    throw new RangeError('a plan needs a count or a durationMs')
  if (plan.targets.length === 0) throw new RangeError('a plan needs a target')
  if (!(plan.connections >= 1)) throw new RangeError('a plan needs at least one connection')
  if (plan.mode.kind === 'open' && !(plan.mode.ratePerSecond > 0))
    throw new RangeError('an open loop needs a rate above 0')
}
