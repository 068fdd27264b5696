import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { findingsOf } from '../audit/format.ts'
import { type AuditReport, isSound } from '../audit/run.ts'
import { type Api, createApi } from '../api.ts'
import { withBackOffice } from '../back-office.ts'
import { bar, type Console, liveLine, number, timed } from '../console.ts'
import { Refusal, UsageError } from '../explain.ts'
import { parseMapping } from '../import/mapping.ts'
import { replayCustomers } from '../import/replay-customers.ts'
import { planReplay, type ReplayPlan } from '../import/replay-plan.ts'
import { type Replayed, type Sent, sendReplay } from '../import/replay-send.ts'
import { type ReplayStage, stageReplay } from '../import/replay-stage.ts'
import { inspectFile } from '../import/source-file.ts'
import { startOwnMarketplace } from '../own-marketplace.ts'
import { findRunning, type SignIn } from '../running.ts'
import { raisedLimits } from '../souk-under-test.ts'

export type ReplayCommandOptions = {
  mapping: string
  speed: number
  limit: number
  connections: number
  own?: true
  json?: string | true
}

type Venue = { url: string; operator: SignIn; dataFolder: string | undefined; isOwn: boolean; stop(): Promise<void> }

/** `souk replay FILE`: the orders of a file placed again as live traffic. Exit code 1 unless every one of them was. */
export async function replay(io: Console, path: string, options: ReplayCommandOptions): Promise<number> {
  const mapping = parseMapping(options.mapping)
  if (mapping.currency === undefined) throw new UsageError('A replay needs a mapping with one currency: currency=EUR.')
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130)
    io.say('\nEnding early; the report comes. Ctrl-C again ends at once.')
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const progress = timed(io)
  const plan = await planReplay(await inspectFile(path), mapping, options.limit)
  const [first, last] = [plan.orders[0], plan.orders.at(-1)]
  if (first === undefined || last === undefined) throw new Refusal(`${path} holds no sale of goods.`)
  const takesSeconds = (last.atMs - first.atMs) / options.speed / 1_000
  progress(
    `${number(plan.orders.length)} orders of ${number((last.atMs - first.atMs) / 86_400_000)} days, to be placed in ${spanOf(takesSeconds)}`,
  )
  const venue = await findVenue(io, options.own === true, progress)
  try {
    const api = createApi(venue.url)
    await api.signIn(venue.operator)
    const line = liveLine(io)
    const stage = await withBackOffice(
      {
        ...io,
        env: { ...io.env, ...(venue.dataFolder !== undefined && { SOUK_DATA: venue.dataFolder, DATABASE_URL: '' }) },
      },
      async (house) =>
        stageReplay(house, plan, mapping.currency as string, await accountOf(api, venue.operator), (ready) =>
          line.show(
            `          ${bar(ready / plan.products.size)}  ${number(ready)} of ${number(plan.products.size)} products on the shelves`,
          ),
        ),
    )
    line.end()
    progress(`Placing the orders, ${number(options.speed)} times as fast as they came`)
    const beganAtMs = Date.now()
    const customers = replayCustomers(api, plan.orders)
    await customers.tokenOf(0)
    const sent = await sendReplay({
      baseUrl: venue.url,
      orders: plan.orders,
      variants: stage.variants,
      speed: options.speed,
      connections: options.connections,
      tokenOf: customers.tokenOf,
      onTick: (live, index) => line.show(liveText(live, plan, index)),
      signal: stop.signal,
    })
    line.end()
    progress('Waiting until every order has been dealt with, comparing, auditing')
    const found = await compare(api, stage, sent, beganAtMs)
    const audit = await api.get<AuditReport>(`/v1/operations/audit?full=${venue.isOwn}`)
    await api.delete('/v1/identity/rehearsal-shoppers')
    const result = resultOf(plan, sent, found, audit, options)
    const text = JSON.stringify(result, null, 2)
    if (typeof options.json === 'string') await writeFile(resolve(options.json), `${text}\n`)
    if (options.json === true) io.print(text)
    else io.print(formatReplay(result, audit))
    return result.good ? 0 : 1
  } finally {
    await venue.stop()
  }
}

async function findVenue(io: Console, own: boolean, progress: (text: string) => void): Promise<Venue> {
  const running = own ? undefined : await findRunning(io.env)
  const { SOUK_OPERATOR_EMAIL: email = '', SOUK_OPERATOR_PASSWORD: password = '' } = io.env
  const operator = running?.operator ?? (email !== '' && password !== '' ? { email, password } : undefined)
  if (running !== undefined && operator !== undefined) {
    progress(`Using the marketplace that runs here: ${running.url}`)
    return { url: running.url, operator, dataFolder: undefined, isOwn: false, stop: async () => {} }
  }
  if (running !== undefined)
    progress('A marketplace runs here, but its operator is not known (SOUK_OPERATOR_EMAIL, SOUK_OPERATOR_PASSWORD).')
  progress('Starting a marketplace for this run, in a temporary folder…')
  const started = await startOwnMarketplace({
    settings: raisedLimits,
    onProgress: (text) => io.say(`  ${text.trim()}`),
  })
  return {
    url: started.url,
    operator: started.operator,
    dataFolder: started.folder,
    isOwn: true,
    stop: () => started.stop(),
  }
}

const accountOf = async (api: Api, { email }: SignIn): Promise<string> => {
  const me = await api.get<{ accountId?: string; id?: string }>('/v1/auth/me').catch(() => undefined)
  const id = me?.accountId ?? me?.id
  if (id === undefined) throw new Refusal(`The marketplace does not say who ${email} is.`)
  return id
}

type Page = { items: { id: string; status: string; placedAt: string }[]; nextCursor: string | null }
type Found = { open: number; missing: number; more: number; completed: number }

/** Hold what was answered against the shop's orders, once none of them waits for its next step (60 s at most). */
async function compare(api: Api, { shopId }: ReplayStage, { orderIds }: Replayed, sinceMs: number): Promise<Found> {
  const giveUpAt = Date.now() + 60_000
  for (;;) {
    const missing = new Set(orderIds)
    const found: Found = { open: 0, missing: 0, more: 0, completed: 0 }
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await api.get<Page>(
        `/v1/shops/${shopId}/orders?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      cursor = page.nextCursor
      for (const { id, status, placedAt } of page.items) {
        if (Date.parse(placedAt) < sinceMs) {
          // Newest first: behind it come only those of former replays.
          cursor = null
          break
        }
        if (!missing.delete(id)) found.more += 1
        if (status === 'placed') found.open += 1
        else found.completed += 1
      }
    }
    found.missing = missing.size
    if (found.open === 0 || Date.now() > giveUpAt) return found
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

type ReplayResult = ReturnType<typeof resultOf>

function resultOf(plan: ReplayPlan, sent: Replayed, found: Found, audit: AuditReport, options: ReplayCommandOptions) {
  const at = (share: number) =>
    Math.round((sent.latenciesMs[Math.floor(sent.latenciesMs.length * share)] ?? 0) * 10) / 10
  const units = plan.orders.reduce(
    (sum, order) => sum + [...order.units.values()].reduce((all, each) => all + each, 0),
    0,
  )
  return {
    orders: plan.orders.length,
    lines: plan.orders.reduce((sum, order) => sum + order.units.size, 0),
    units,
    skippedLines: plan.skippedLines,
    speed: options.speed,
    sent: sent.sent,
    accepted: sent.accepted,
    refused: sent.refused,
    unknown: sent.unknown,
    reasons: sent.reasons,
    retries: sent.retries,
    twice: sent.twice,
    ...found,
    seconds: Math.round(sent.seconds * 10) / 10,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    latestMs: Math.round(sent.latestMs),
    auditBroken: audit.broken,
    good:
      sent.accepted === plan.orders.length &&
      sent.twice + found.missing + found.more + found.open === 0 &&
      audit.broken === 0,
  }
}

function liveText(live: Sent, plan: ReplayPlan, index: number): string {
  const at = new Date(plan.orders[Math.min(index, plan.orders.length - 1)]?.atMs ?? 0).toISOString()
  const trouble =
    live.refused + live.unknown > 0 ? `  ${number(live.refused + live.unknown)} refused or unanswered` : ''
  return `  ${bar(live.sent / plan.orders.length)}  ${at.slice(0, 16).replace('T', ' ')}  ${number(live.accepted)} of ${number(plan.orders.length)} placed${trouble}${live.waiting > 0 ? '  behind its time' : ''}`
}

const spanOf = (seconds: number) =>
  seconds < 120
    ? `${Math.ceil(seconds)} s`
    : seconds < 7_200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3_600)} h`

function formatReplay(result: ReplayResult, audit: AuditReport): string {
  const reasons = Object.entries(result.reasons).map(([reason, count]) => `    ${number(count)} × ${reason}`)
  return [
    `${number(result.accepted)} of ${number(result.orders)} orders placed in ${result.seconds} s, ${number(result.lines)} lines, ${number(result.units)} units.`,
    `  ${number(result.refused)} refused, ${number(result.unknown)} without a definite answer, ${number(result.retries)} sent again`,
    ...reasons,
    `  answered within ${result.p50Ms} ms (half), ${result.p95Ms} ms (95 %), ${result.p99Ms} ms (99 %), counted from when each was due`,
    `  latest sent ${number(result.latestMs)} ms behind its time`,
    `  ${number(result.completed)} dealt with, ${number(result.open)} still open, ${number(result.missing)} lost, ${number(result.more + result.twice)} too many`,
    ...audit.checks
      .filter((check) => !isSound({ ...check, failure: check.failure ?? undefined }))
      .map((check) => `\n${findingsOf(check)}`),
    '',
    result.good
      ? '✓ Every order was placed exactly once, and the books balance.'
      : `✗ Not every order was placed exactly once${result.auditBroken > 0 ? `, and ${result.auditBroken} checks of the audit found something` : ''}.`,
  ].join('\n')
}
