import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createLivePanel,
  figuresOf,
  type FlashSaleResult,
  type LiveStats,
  type LoadResult,
  runLoad,
  thisMachine,
  verdictOf,
  verdictTable,
  writeReport,
} from '@souk/bench'
import { type Api, createApi } from '../api.ts'
import { findingsOf } from '../audit/format.ts'
import type { AuditReport } from '../audit/run.ts'
import { bar, type Console, liveLine, number, timed } from '../console.ts'
import { Refusal, UsageError } from '../explain.ts'
import { type Buyers, signInBuyers } from '../flash-sale/buyers.ts'
import { establishFacts, type Facts, untilCompleted } from '../flash-sale/facts.ts'
import { faultsNamed, scheduleFaults } from '../flash-sale/faults.ts'
import { clearTheStage, setTheStage, type Stage, unitsLeft } from '../flash-sale/stage.ts'
import { findVenue, type Venue } from '../flash-sale/venue.ts'

export type FlashSaleOptions = {
  units: number
  buyers: number
  rate: number
  connections?: number
  duration?: number
  seed?: number
  faults?: string[]
  json?: string | true
  html?: string
  baseUrl?: string
  own?: true
  copy?: true
  keep?: true
}

/** `souk flash-sale`: a crowd, a sale, and the proof that nothing was sold twice. Exit code 1 when something was. */
export async function flashSale(io: Console, options: FlashSaleOptions): Promise<number> {
  const faults = faultsNamed(options.faults ?? [])
  if (faults.length > 0 && options.baseUrl !== undefined)
    throw new UsageError('Faults are for a marketplace of our own; leave out --base-url.')
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130)
    io.say('\nEnding the sale early; the report comes. Ctrl-C again ends at once.')
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const progress = timed(io)
  const venue = await findVenue(io, options, progress)
  const folder = await mkdtemp(join(tmpdir(), 'souk-flash-sale-'))
  try {
    const result = await holdSale(io, { ...options, faults }, venue, join(folder, 'history'), stop.signal, progress)
    const files = await report(result, options)
    const table = verdictTable(result)
    if (options.json === true) {
      io.say(`\n${table}`)
      io.print(JSON.stringify(result, null, 2))
    } else io.print(`\n${table}`)
    io.say(`\nReport: ${files.join('\n        ')}`)
    return verdictOf(result).good ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
    if (options.keep && venue.own !== undefined) io.say(`Kept: ${venue.own.folder} (SOUK_DATA=… souk start opens it).`)
    await venue.own?.stop(options.keep)
  }
}

type Sale = Omit<FlashSaleOptions, 'faults'> & { faults: ReturnType<typeof faultsNamed> }

async function holdSale(
  io: Console,
  options: Sale,
  venue: Venue,
  historyFile: string,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<FlashSaleResult> {
  const { units, rate } = options
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const api = createApi(venue.url)
  await api.signIn(venue.operator)
  progress(`Setting the stage: ${number(units)} units of one product, one for each customer. Seed ${seed}.`)
  const stage = await setTheStage(api, units)
  const line = liveLine(io)
  const buyers = await signInBuyers(
    api,
    options.buyers,
    (ready) =>
      line.show(
        `          ${bar(ready / options.buyers)}  ${number(ready)} of ${number(options.buyers)} buyers signed in`,
      ),
    signal,
  )
  line.end()
  if (buyers.tokens.length === 0) throw new Refusal('Ended before the sale began; there is nothing to report.')

  const schedule = venue.own === undefined ? undefined : scheduleFaults(options.faults, seed, venue.own)
  const load = await sendCrowd(io, { ...options, seed, historyFile, signal }, venue.url, api, stage, buyers, schedule)
  await schedule?.settled()
  progress('Waiting until every order is confirmed…')
  await untilCompleted(api, stage, 60_000)
  progress('Comparing what buyers were told with what the marketplace knows; auditing…')
  const facts = await establishFacts(api, stage, { historyFile, buyers, units })
  const audit = await auditOf(api, venue)
  if (venue.own === undefined) await clearTheStage(api, stage)
  for (const told of brokenIn(facts, audit)) io.say(`\n${told}`)
  return resultOf({ options, seed, venue, load, facts, audit, faults: schedule?.injected ?? [], rate, units })
}

function sendCrowd(
  io: Console,
  options: Sale & { seed: number; historyFile: string; signal: AbortSignal },
  baseUrl: string,
  api: Api,
  stage: Stage,
  { tokens }: Buyers,
  schedule: ReturnType<typeof scheduleFaults> | undefined,
): Promise<LoadResult> {
  const { units, rate, seed } = options
  const panel = createLivePanel(io.screen, units)
  let left = units
  let asking = false
  const askHowManyAreLeft = async () => {
    if (asking) return
    asking = true
    try {
      left = (await unitsLeft(api, stage)).left
    } catch {
      // The crowd is the point; a missed look at the counter is not.
    } finally {
      asking = false
    }
  }
  const onTick = (live: LiveStats) => {
    void askHowManyAreLeft()
    schedule?.progress(live.sent / tokens.length, live.elapsedMs)
    panel.update(live, Math.min(left, units - live.accepted))
  }
  return runLoad(
    {
      baseUrl,
      targets: [{ path: `/v1/orders/flash-sale/${stage.productId}`, body: '{}' }],
      tokens,
      mode: rate === 0 ? { kind: 'closed' } : { kind: 'open', ratePerSecond: rate },
      connections: options.connections ?? (rate === 0 ? 128 : 2_000),
      count: tokens.length,
      ...(options.duration !== undefined && { durationMs: options.duration * 1_000 }),
      seed,
      keySalt: stage.productId,
      retry: true,
      historyFile: options.historyFile,
    },
    onTick,
    options.signal,
  )
}

type Outcome = {
  options: Sale
  seed: number
  venue: Venue
  load: LoadResult
  facts: Facts
  audit: AuditReport
  faults: FlashSaleResult['faults']
  rate: number
  units: number
}

function resultOf({ options, seed, venue, load, facts, audit, faults, rate, units }: Outcome): FlashSaleResult {
  const checks = [
    ...facts.checks.map(({ id, title, checked, broken }) => ({ id, title, checked, broken })),
    ...audit.checks.map(({ service, invariant, title, checked, findings, failure }) => ({
      id: `${service}-${invariant}`,
      title,
      checked,
      // A check that could not be carried out proves nothing; null is how JSON says that it could.
      broken: findings.length + ((failure ?? undefined) === undefined ? 0 : 1),
    })),
  ]
  // Accepting lasted so long; the last confirmation came so much later. Both rates count from the first request.
  const acceptingMs = load.acceptedPerSecond === 0 ? 1 : (load.accepted * 1_000) / load.acceptedPerSecond
  return {
    ...figuresOf(load),
    seed,
    units,
    buyers: options.buyers,
    rate,
    completed: facts.completed,
    completedPerSecond: Math.round((facts.completed * 10_000) / (acceptingMs + facts.confirmingMs)) / 10,
    oversold: facts.oversold,
    duplicates: facts.duplicates,
    lost: facts.lost,
    balanced: checks.every(({ broken }) => broken === 0),
    remaining: facts.remaining,
    timeline: load.timeline.map(({ elapsedMs, acceptedPerSecond, p50Ms, p95Ms, p99Ms, accepted }) => ({
      elapsedMs,
      p50Ms,
      p95Ms,
      p99Ms,
      ordersPerSecond: acceptedPerSecond,
      remaining: Math.max(0, units - accepted),
    })),
    faults,
    limitsRaised: venue.limitsRaised,
    machine: thisMachine(venue.postgres),
    audit: checks,
    command: commandOf(options, seed),
  }
}

/** In a copy, what changed in it: what stood before is the other's, and its pictures may not be there. */
async function auditOf(api: Api, { own, copied }: Venue): Promise<AuditReport> {
  const audit = await api.get<AuditReport>(`/v1/operations/audit?full=${own !== undefined && !copied}`)
  return copied ? { ...audit, checks: audit.checks.filter(({ service }) => service !== 'media') } : audit
}

/** What exactly was found, for whoever has to look into it. */
const brokenIn = (facts: Facts, audit: AuditReport): string[] => [
  ...facts.checks.flatMap(({ id, title, examples }) =>
    examples.length === 0 ? [] : [`${id}: ${title}`, ...examples.map((example) => `  ${example}`)],
  ),
  ...audit.checks
    .filter((check) => check.findings.length > 0 || typeof check.failure === 'string')
    .map((check) => findingsOf({ ...check, findings: check.findings.slice(0, 10) })),
]

const commandOf = (options: Sale, seed: number) =>
  [
    'npm run flash-sale --',
    `--units ${options.units} --buyers ${options.buyers} --rate ${options.rate} --seed ${seed}`,
    ...(options.connections === undefined ? [] : [`--connections ${options.connections}`]),
    ...(options.duration === undefined ? [] : [`--duration ${options.duration}`]),
    ...(options.faults.length === 0 ? [] : [`--faults ${options.faults.join(',')}`]),
  ].join(' ')

const reports = fileURLToPath(new URL('../../../bench/reports/', import.meta.url))

/** Always to bench/reports, as JSON and as a page; and where else it was asked for. @returns the files written. */
async function report(result: FlashSaleResult, options: FlashSaleOptions): Promise<string[]> {
  const stem = join(reports, `flash-sale-${result.startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}`)
  const html = options.html === undefined ? `${stem}.html` : resolve(options.html)
  await writeReport(result, { html, json: `${stem}.json` })
  if (typeof options.json !== 'string') return [html, `${stem}.json`]
  const json = resolve(options.json)
  await writeReport(result, { html, json })
  return [html, json]
}
