import { Client } from 'pg'
import { commitOneRow, createCommitProbe, dropCommitProbe, readSettings } from './compare.sql.ts'
import { startFloor } from './floor/start.ts'
import { runLoad, type LiveStats, type LoadPlan, type LoadResult, type Target } from './load/index.ts'

/** Souk, started by somebody else on the same PostgreSQL server, with limits and caps out of the way of the load. */
export type SoukUnderTest = {
  baseUrl: string
  /** Signed-in customers; a few thousand are enough, they come round again. */
  tokens: string[]
  /** What is ordered, one unit at a time. `path` and `body` default to `POST /v1/orders` with this one line. */
  targets: { variantId: string; path?: string; body?: string }[]
  /** Orders that are confirmed, since whenever; only differences are used. */
  completedCount(): Promise<number>
  /** From accepting an order to confirming it, in seconds: a histogram since whenever; only differences are used. */
  confirmDelays?(): Promise<Buckets>
  /** Resident memory of the server process. */
  rssMb(): Promise<number>
  stop(): Promise<void>
}

/** How many were at most so large, the smallest bound first. */
export type Buckets = readonly { atMost: number; count: number }[]

export type CompareOptions = {
  databaseUrl: string
  /** Of each measured run; warm-up comes before and is not counted. */
  seconds: number
  connections: number
  /** 1: everybody wants the same thing. 1,000: the spread. At most 1,000. */
  skus: number
  /** Products loaded into Souk; only reported, `startSouk` loads them. */
  products?: number
  warmUpSeconds?: number
  /** Rounds of floor and Souk in turn; a last floor closes the sandwich, so drift of the machine hits both. Default 1. */
  rounds?: number
  seed?: number
  startSouk(databaseUrl: string): Promise<SoukUnderTest>
  /** Ends after the run under way; the figures gathered so far are returned. */
  signal?: AbortSignal
}

export type CompareProgress = { phase: string; live?: LiveStats }

export type MeasuredRun = {
  acceptedPerSecond: number
  completedPerSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
  refused: number
  errors: number
  /** From the last answer until everything accepted was completed. */
  drainMs: number
  rssMb: { start: number; end: number; max: number }
  generatorCpuMicrosPerAnswer: number
  /** Upper bound of the 95th percentile from accepting to confirming; null where nobody measures it. */
  confirmDelayP95Ms: number | null
}

export type CompareResult = {
  acceptedRatio: number
  completedRatio: number
  seconds: number
  connections: number
  skus: number
  products: number | null
  seed: number
  startedAt: Date
  interrupted: boolean
  /** Median of one durable single-row commit on this PostgreSQL, and twice that. */
  commitMs: number
  twoCommitsMs: number
  settings: Record<string, string>
  floor: MeasuredRun & { singleRequestP50Ms: number; runs: MeasuredRun[] }
  souk: MeasuredRun & { singleRequestP50Ms: number; runs: MeasuredRun[] }
  /** At a tenth of what Souk accepted, arriving evenly. */
  tenth: { ordersPerSecond: number; p95Ms: number; confirmDelayP95Ms: number | null } | null
}

/** A server under load, seen the same way whichever it is. */
type Subject = {
  name: 'floor' | 'souk'
  baseUrl: string
  tokens: string[]
  targets: Target[]
  completed(): Promise<number>
  confirmDelays?(): Promise<Buckets>
  rssMb(): Promise<number>
  stop(): Promise<void>
}

type Side = { runs: MeasuredRun[]; singleMs: number[] }

/**
 * Measures the floor and Souk in turn with the same generator, connections and PostgreSQL, and sets one against the
 * other. Only one of the two runs at a time. Throws when a server does not start or refuses most of the load.
 */
export async function benchFloor(
  options: CompareOptions,
  onProgress: (progress: CompareProgress) => void = () => {},
): Promise<CompareResult> {
  const startedAt = new Date()
  const seed = options.seed ?? 1
  const rounds = options.rounds ?? 1
  const probe = await measureCommit(options.databaseUrl)
  const sides: Record<Subject['name'], Side> = { floor: { runs: [], singleMs: [] }, souk: { runs: [], singleMs: [] } }
  let tenth: CompareResult['tenth'] = null
  const turns = Array.from({ length: rounds * 2 + 1 }, (_, turn) => (turn % 2 === 0 ? floorSubject : soukSubject))

  for (const [turn, start] of turns.entries()) {
    if (options.signal?.aborted) break
    onProgress({ phase: `starting turn ${turn + 1} of ${turns.length}` })
    const subject = await start(options)
    const side = sides[subject.name]
    const salt = `${startedAt.getTime()}-${turn}`
    try {
      const say = (what: string) => (live: LiveStats) => onProgress({ phase: `${subject.name}: ${what}`, live })
      const load = (plan: Partial<LoadPlan>, what: string) =>
        runLoad({ ...planFor(subject, options, seed), ...plan, keySalt: `${salt}-${what}` }, say(what), options.signal)
      await load({ durationMs: (options.warmUpSeconds ?? 3) * 1000 }, 'warm-up')
      await settled(subject)
      side.singleMs.push((await load({ connections: 1, durationMs: 2_000 }, 'one at a time')).acceptedLatency.p50Ms)
      await settled(subject)
      const run = await measure(subject, () => load({ durationMs: options.seconds * 1000 }, 'measuring'))
      side.runs.push(run)
      if (subject.name === 'souk') {
        const rate = Math.max(1, Math.round(run.acceptedPerSecond / 10))
        const calm = await measure(subject, () =>
          load({ mode: { kind: 'open', ratePerSecond: rate }, durationMs: calmMs }, 'at a tenth'),
        )
        tenth = { ordersPerSecond: rate, p95Ms: calm.p95Ms, confirmDelayP95Ms: calm.confirmDelayP95Ms }
      }
    } finally {
      await subject.stop()
    }
  }

  const floor = together(sides.floor)
  const souk = together(sides.souk)
  return {
    acceptedRatio: ratio(souk.acceptedPerSecond, floor.acceptedPerSecond),
    completedRatio: ratio(souk.completedPerSecond, floor.completedPerSecond),
    seconds: options.seconds,
    connections: options.connections,
    skus: options.skus,
    products: options.products ?? null,
    seed,
    startedAt,
    interrupted: options.signal?.aborted ?? false,
    ...probe,
    floor,
    souk,
    tenth,
  }
}

const calmMs = 5_000

async function floorSubject({ databaseUrl, skus }: CompareOptions): Promise<Subject> {
  const floor = await startFloor(databaseUrl)
  return {
    name: 'floor',
    baseUrl: floor.baseUrl,
    tokens: [],
    targets: Array.from({ length: skus }, (_, index) => ({
      path: '/orders',
      body: JSON.stringify({ lines: [{ sku: index + 1, qty: 1 }] }),
    })),
    completed: async () => (await floor.count()).completed,
    rssMb: async () => (await floor.count()).rssMb,
    stop: floor.stop,
  }
}

async function soukSubject({ databaseUrl, skus, startSouk }: CompareOptions): Promise<Subject> {
  const souk = await startSouk(databaseUrl)
  return {
    name: 'souk',
    baseUrl: souk.baseUrl,
    tokens: souk.tokens,
    targets: souk.targets.slice(0, skus).map(({ variantId, path, body }) => ({
      path: path ?? '/v1/orders',
      body: body ?? JSON.stringify({ lines: [{ variantId, quantity: 1 }] }),
    })),
    completed: souk.completedCount,
    ...(souk.confirmDelays !== undefined && { confirmDelays: souk.confirmDelays }),
    rssMb: souk.rssMb,
    stop: souk.stop,
  }
}

const planFor = ({ baseUrl, tokens, targets }: Subject, { connections }: CompareOptions, seed: number): LoadPlan => ({
  baseUrl,
  tokens,
  targets,
  mode: { kind: 'closed' },
  connections,
  seed,
})

async function measure(subject: Subject, load: () => Promise<LoadResult>): Promise<MeasuredRun> {
  const completedBefore = await subject.completed()
  const delaysBefore = await subject.confirmDelays?.()
  const start = await subject.rssMb()
  let max = start
  const watch = setInterval(() => {
    void subject
      .rssMb()
      // A server too busy to tell its memory is asked again two seconds later.
      .catch(() => 0)
      .then((rssMb) => (max = Math.max(max, rssMb)))
  }, 2_000)
  const result = await load().finally(() => clearInterval(watch))
  // What is completed when the load ends, not after the backlog has drained: that is what can be sustained.
  const completed = (await subject.completed()) - completedBefore
  const answeredAt = performance.now()
  await settled(subject)
  const drainMs = Math.round(performance.now() - answeredAt)
  const end = await subject.rssMb()
  const delays = await subject.confirmDelays?.()
  if (result.accepted < (result.accepted + result.refused + result.shed) / 2)
    throw new Error(`${subject.name} refused most orders: ${JSON.stringify(result.refusedByReason)}`)
  const { p50Ms, p95Ms, p99Ms, maxMs } = result.latency
  return {
    acceptedPerSecond: result.acceptedPerSecond,
    completedPerSecond: Math.round((completed * 10_000) / result.durationMs) / 10,
    p50Ms,
    p95Ms,
    p99Ms,
    maxMs,
    refused: result.refused + result.shed,
    errors: result.indeterminate,
    drainMs,
    rssMb: { start, end, max: Math.max(max, end) },
    generatorCpuMicrosPerAnswer: result.cpuMicrosPerAnswer,
    confirmDelayP95Ms: delaysBefore && delays ? p95Between(delaysBefore, delays) : null,
  }
}

/** The bound below which 95 of 100 of the observations between two looks lie. */
function p95Between(before: Buckets, after: Buckets): number | null {
  const counts = after.map(({ atMost, count }, index) => ({ atMost, count: count - (before[index]?.count ?? 0) }))
  const all = counts.at(-1)?.count ?? 0
  const found = counts.find(({ count }) => count >= all * 0.95)
  return all === 0 || found === undefined ? null : Math.round(found.atMost * 1000)
}

/** Waits until the number of completed orders stands still: nothing of one run is counted in the next. */
async function settled(subject: Subject, patienceMs = 60_000): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  let before = -1
  while (performance.now() < giveUpAt) {
    const completed = await subject.completed()
    if (completed === before) return
    before = completed
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

async function measureCommit(databaseUrl: string) {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await createCommitProbe(client)
    const times: number[] = []
    for (let commit = 0; commit < 250; commit++) {
      const from = performance.now()
      await commitOneRow(client)
      // The first fifty prepare the statement and warm the caches.
      if (commit >= 50) times.push(performance.now() - from)
    }
    const commitMs = rounded(median(times), 3)
    return { commitMs, twoCommitsMs: rounded(commitMs * 2, 3), settings: await readSettings(client) }
  } finally {
    await dropCommitProbe(client)
    await client.end()
  }
}

/** The middle run for every figure, except memory, where the worst counts. */
function together({ runs, singleMs }: Side): CompareResult['floor'] {
  const middle = (figure: (run: MeasuredRun) => number) => rounded(median(runs.map(figure)), 3)
  return {
    acceptedPerSecond: middle((run) => run.acceptedPerSecond),
    completedPerSecond: middle((run) => run.completedPerSecond),
    p50Ms: middle((run) => run.p50Ms),
    p95Ms: middle((run) => run.p95Ms),
    p99Ms: middle((run) => run.p99Ms),
    maxMs: Math.max(0, ...runs.map((run) => run.maxMs)),
    refused: runs.reduce((sum, run) => sum + run.refused, 0),
    errors: runs.reduce((sum, run) => sum + run.errors, 0),
    drainMs: Math.max(0, ...runs.map((run) => run.drainMs)),
    rssMb: {
      start: Math.max(0, ...runs.map((run) => run.rssMb.start)),
      end: Math.max(0, ...runs.map((run) => run.rssMb.end)),
      max: Math.max(0, ...runs.map((run) => run.rssMb.max)),
    },
    generatorCpuMicrosPerAnswer: middle((run) => run.generatorCpuMicrosPerAnswer),
    confirmDelayP95Ms: runs.some((run) => run.confirmDelayP95Ms === null)
      ? null
      : middle((run) => run.confirmDelayP95Ms ?? 0),
    singleRequestP50Ms: rounded(median(singleMs), 3),
    runs,
  }
}

/** Of an even number the mean of the middle two; 0 of none. */
function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return (lower + upper) / 2
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : rounded(part / whole, 3))
const rounded = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits
