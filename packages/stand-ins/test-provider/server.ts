import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Charge, type NewCharge, type Operation, Refusal } from './charge.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { createControl, type Mode, ok, type OperationName, parseMode } from './modes.ts'
import { bookPage, opensPage, pageKey, paymentPage } from './pages.ts'
import type { TestProviderSecrets } from './secrets.ts'
import { createTill, type Outcome } from './till.ts'
import { createWebhookSender } from './webhooks.ts'

export type TestProviderOptions = {
  /** Where its book is kept. */
  folder: string
  host?: string
  port: number
  secrets: TestProviderSecrets
  /** Where shoppers' browsers find its pages, when that is not where it listens. */
  publicUrl?: string
  /** Where webhooks go; none are sent without. */
  webhookUrl?: string
}

export type TestProviderServer = { url: string; ledger: Ledger; stop(): Promise<void> }

const maxBody = 2 * 1_048_576
const maxBatch = 500

/** An answer on its way out; `after` is how it may go wrong now that the deed is done. */
type Reply =
  | { status: number; body: object; after?: Mode; page?: undefined }
  | { status: number; page: string; location?: string }

/** The test provider, listening. Its own process runs this (main.ts); tests may run it inside theirs. */
export async function startTestProvider(options: TestProviderOptions): Promise<TestProviderServer> {
  const { secrets, host = '127.0.0.1' } = options
  const ledger = openLedger(options.folder)
  const till = createTill(ledger)
  const control = createControl()
  const webhooks = createWebhookSender({ url: options.webhookUrl, secret: secrets.webhookSecret })
  const timers = new Set<NodeJS.Timeout>()
  let url = ''

  const payUrl = (id: string) => `${options.publicUrl ?? url}/pay/${id}?k=${pageKey(secrets.pageSecret, id)}`
  const shown = (charge: Charge) => (charge.state === 'pending' ? { ...charge, payUrl: payUrl(charge.id) } : charge)

  /** Tell of it, before the answer or after it; a payment that waits for its bank is decided when its time has come. */
  async function announce(charge: Charge, mode: Mode, kind = `payment.${charge.state}`): Promise<void> {
    if (charge.decidesAtMs !== undefined) decideLater(charge)
    const told = webhooks.tell(kind, charge, mode)
    if (mode.name === 'webhook-before-answer') await told
  }

  function decideLater({ id, decidesAtMs = 0 }: Charge): void {
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        if (ledger.get(id)?.state === 'pending') void announce(till.decide(id, 'pay'), ok)
      },
      Math.max(0, decidesAtMs - Date.now()),
    )
    timer.unref()
    timers.add(timer)
  }
  for (const charge of ledger.pending()) if (charge.decidesAtMs !== undefined) decideLater(charge)

  async function chargeOne(asked: NewCharge, mode: Mode): Promise<Reply> {
    const [outcome] = till.charge([asked], mode) as [Outcome | Refusal]
    if (outcome instanceof Refusal) throw outcome
    if (!outcome.repeated) await announce(outcome.charge, outcome.mode)
    if (outcome.mode.name === 'slow' && mode.name === 'ok') await sleep(outcome.mode.ms)
    return { status: 200, body: shown(outcome.charge), after: outcome.mode }
  }

  async function chargeMany(asked: readonly NewCharge[], mode: Mode): Promise<Reply> {
    if (!Array.isArray(asked) || asked.length > maxBatch) throw new Refusal(422, 'batch_too_large')
    let slowestMs = 0
    const results = till.charge(asked, mode).map((outcome) => {
      if (outcome instanceof Refusal) return { error: { code: outcome.code, status: outcome.status } }
      const { charge, mode: own, repeated } = outcome
      // What was decided in this answer is not told again, unless that is the point of the mode: nobody could keep up.
      if (!repeated && (charge.state === 'pending' || own.name !== 'ok')) void announce(charge, own)
      if (mode.name !== 'ok') return { charge: shown(charge) }
      if (own.name === 'slow') slowestMs = Math.max(slowestMs, own.ms)
      return lostInBatch.has(own.name) ? { error: { code: 'internal_error', status: 500 } } : { charge: shown(charge) }
    })
    if (slowestMs > 0) await sleep(slowestMs)
    return { status: 200, body: { results }, after: mode }
  }

  async function operate(id: string, what: 'capture' | 'void' | 'refund', body: Operation, mode: Mode): Promise<Reply> {
    const { charge, repeated } = till.operate(id, what, body)
    if (!repeated) await announce(charge, mode, what === 'refund' ? 'refund.succeeded' : `payment.${charge.state}`)
    return { status: 200, body: shown(charge), after: mode }
  }

  async function api(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
    if (!isAllowed(request, secrets.apiKey)) throw new Refusal(401, 'key_unknown')
    const route = `${request.method} ${path}`
    if (route === 'GET /control') return { status: 200, body: control.get() }
    if (route === 'PUT /control') return setControl(await readJson(request))
    const [, id = '', what] = /^\/charges\/(ch_\d+)(?:\/(capture|void|refund))?$/.exec(path) ?? []
    const operation: OperationName =
      request.method === 'GET' ? 'find' : what === undefined ? 'authorise' : (what as OperationName)
    const mode = control.take(operation)
    const body = request.method === 'GET' ? undefined : await readJson(request)
    const before = await failBefore(mode, request)
    if (before !== undefined) return before
    if (route === 'POST /charges') return chargeOne(body as NewCharge, mode)
    if (route === 'POST /charges/batch') return chargeMany((body as { charges: NewCharge[] }).charges, mode)
    if (what !== undefined && request.method === 'POST') return operate(id, what as 'capture', body as Operation, mode)
    if (route === 'GET /charges')
      return { status: 200, body: { items: ledger.byReference(query.get('reference') ?? '').map(shown) } }
    if (route === 'GET /ledger') return ledgerPage(query)
    const charge = request.method === 'GET' ? ledger.get(id) : undefined
    if (charge === undefined) throw new Refusal(404, 'not_found')
    return { status: 200, body: shown(charge) }
  }

  function ledgerPage(query: URLSearchParams): Reply {
    const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise)
    const limit = Math.min(1_000, Math.max(1, number('limit', 1_000)))
    const page = ledger.changed(number('from', 0), number('to', Infinity), number('cursor', 0), limit)
    return { status: 200, body: { items: page.items.map(shown), nextCursor: page.next ?? null } }
  }

  function setControl(body: unknown): Reply {
    const {
      mode: text,
      operations = [],
      times,
    } = body as { mode?: string; operations?: OperationName[]; times?: number }
    const mode = parseMode(String(text))
    if (mode === undefined) throw new Refusal(422, 'mode_unknown')
    control.set({ mode, operations, times: times ?? Infinity })
    return { status: 200, body: control.get() }
  }

  async function pages(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply | undefined> {
    if (path === '/' && request.method === 'GET')
      return { status: 200, page: bookPage(ledger.latest(50), ledger.size, control.get().mode, payUrl) }
    const [, id] = /^\/pay\/(ch_\d+)$/.exec(path) ?? []
    if (id === undefined && path !== '/mode') return undefined
    // A page elsewhere may not press the buttons of this one.
    if (
      request.method === 'POST' &&
      !['same-origin', 'none', undefined].includes(request.headers['sec-fetch-site'] as string)
    )
      throw new Refusal(403, 'from_another_site')
    const form = request.method === 'POST' ? new URLSearchParams(await readText(request)) : undefined
    if (path === '/mode') {
      setControl({ mode: form?.get('mode') })
      return { status: 303, page: '', location: '/' }
    }
    const key = query.get('k') ?? ''
    const charge = ledger.get(id as string)
    if (charge === undefined || !opensPage(secrets.pageSecret, charge.id, key)) throw new Refusal(404, 'not_found')
    if (form === undefined) return { status: 200, page: paymentPage(charge, key) }
    if (charge.state === 'pending') {
      const decided = till.decide(charge.id, form.get('decision') === 'pay' ? 'pay' : 'decline')
      // As in life the webhook and the shopper's browser race each other home.
      void announce(decided, control.take('authorise'))
    }
    const back = ledger.get(charge.id)?.returnUrl
    return { status: 303, page: '', location: back || `/pay/${charge.id}?k=${encodeURIComponent(key)}` }
  }

  const server = createServer((request, response) => {
    const at = new URL(request.url ?? '/', 'http://provider')
    void (async () =>
      (await pages(request, at.pathname, at.searchParams)) ?? api(request, at.pathname, at.searchParams))()
      .catch((error: unknown): Reply => {
        const known = error instanceof Refusal ? error : new Refusal(500, 'internal_error')
        return { status: known.status, body: { error: { code: known.code } } }
      })
      .then((reply) => send(response, reply))
  })
  server.requestTimeout = 30_000
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, host, resolve))
  url = `http://${host}:${(server.address() as AddressInfo).port}`
  return { url, ledger, stop: () => close(server, ledger, timers, () => webhooks.stop()) }
}

/** A part of a batch whose answer is lost: done, and nobody told. */
const lostInBatch = new Set(['charge-then-timeout', 'charge-then-reset', '500-after'])

async function failBefore(mode: Mode, request: IncomingMessage): Promise<Reply | undefined> {
  if (mode.name === 'slow') await sleep(mode.ms)
  if (mode.name === '429') return { status: 429, body: { error: { code: 'too_many_requests' } } }
  if (mode.name === '500-before') return { status: 500, body: { error: { code: 'internal_error' } } }
  if (mode.name === 'nonsense' && request.method === 'GET') return { status: 200, page: 'Down for maintenance.' }
  if (mode.name === 'down') request.socket.destroy()
  return mode.name === 'down' ? { status: 503, body: {} } : undefined
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.page !== undefined) {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    }
    response.writeHead(reply.status, { ...headers, ...(reply.location !== undefined && { location: reply.location }) })
    response.end(reply.page)
    return
  }
  const after = reply.after?.name
  // The socket stays open until the caller gives up; a minute is longer than any of ours waits.
  if (after === 'charge-then-timeout') return void setTimeout(() => response.destroy(), 60_000).unref()
  if (after === 'charge-then-reset') return void response.socket?.resetAndDestroy()
  if (after === 'nonsense') return void response.end('Down for maintenance.')
  const status = after === '500-after' ? 500 : reply.status
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) })
  response.end(JSON.stringify(status === reply.status ? reply.body : { error: { code: 'internal_error' } }))
}

function isAllowed(request: IncomingMessage, apiKey: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '')
  const expected = Buffer.from(`Bearer ${apiKey}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBody) throw new Refusal(413, 'too_long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request)
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // said below
  }
  throw new Refusal(400, 'no_json')
}

async function close(server: Server, ledger: Ledger, timers: Set<NodeJS.Timeout>, also: () => void): Promise<void> {
  for (const timer of timers) clearTimeout(timer)
  also()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  ledger.close()
}
