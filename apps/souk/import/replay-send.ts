import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { ReplayOrder } from './replay-plan.ts'

export type Sent = {
  sent: number
  accepted: number
  refused: number
  /** Neither accepted nor refused after all attempts. */
  unknown: number
  retries: number
  inFlight: number
  /** Due, and not sent for want of a free connection. */
  waiting: number
  reasons: Record<string, number>
}

export type Replayed = Sent & {
  orderIds: Set<string>
  /** The same order under two keys, which must not be. */
  twice: number
  /** From when an order was due to its answer, in milliseconds, ascending. */
  latenciesMs: number[]
  /** The most an order was sent behind its time. */
  latestMs: number
  seconds: number
}

type Answer = { status: number; retryAfterMs: number; body: { id?: string; code?: string } }

const attemptsAtMost = 30
const timeoutMs = 15_000

/**
 * Place orders over HTTP, each when it is due: the intervals of the plan divided by the speed. One that the server could
 * not take or did not answer is sent again with the same key until there is an answer.
 */
export async function sendReplay(options: {
  baseUrl: string
  orders: readonly ReplayOrder[]
  variants: ReadonlyMap<string, string>
  speed: number
  connections: number
  /** A token for the customer of the order with this index. */
  tokenOf(index: number): Promise<string>
  onTick(live: Sent, index: number): void
  signal: AbortSignal
}): Promise<Replayed> {
  const { orders, variants, speed, connections, signal } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' })
  const url = new URL('/v1/orders', options.baseUrl)
  const result: Replayed = {
    sent: 0,
    accepted: 0,
    refused: 0,
    unknown: 0,
    retries: 0,
    inFlight: 0,
    waiting: 0,
    reasons: {},
    orderIds: new Set(),
    twice: 0,
    latenciesMs: [],
    latestMs: 0,
    seconds: 0,
  }
  const first = orders[0]?.atMs ?? 0
  const beganAt = performance.now()
  const run = randomUUID().slice(0, 8)
  let freed = Promise.withResolvers<void>()
  let index = 0
  const ticker = setInterval(() => options.onTick(result, index), 250)

  async function place(order: ReplayOrder, at: number, dueAt: number): Promise<void> {
    const lines = [...order.units].map(([key, quantity]) => ({ variantId: variants.get(key), quantity }))
    const body = JSON.stringify({ lines })
    try {
      for (let attempt = 1; attempt <= attemptsAtMost; attempt += 1) {
        const token = await options.tokenOf(at)
        const answer = await post(url, agent, token, `replay-${run}-${at}`, body).catch(() => undefined)
        if (answer?.status === 201 || answer?.status === 200) {
          result.accepted += 1
          const orderId = answer.body.id ?? ''
          if (result.orderIds.has(orderId)) result.twice += 1
          result.orderIds.add(orderId)
          result.latenciesMs.push(performance.now() - dueAt)
          return
        }
        const code = answer?.body.code ?? (answer === undefined ? 'no-answer' : `http-${answer.status}`)
        const again = answer === undefined || answer.status === 429 || answer.status >= 500
        if (!again) {
          result.refused += 1
          result.reasons[code] = (result.reasons[code] ?? 0) + 1
          return
        }
        result.retries += 1
        const pauseMs = Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2)
        await new Promise((resolve) => setTimeout(resolve, Math.max(pauseMs, answer?.retryAfterMs ?? 0)))
      }
      result.unknown += 1
      result.reasons['no-definite-answer'] = (result.reasons['no-definite-answer'] ?? 0) + 1
    } finally {
      result.inFlight -= 1
      freed.resolve()
      freed = Promise.withResolvers()
    }
  }

  const underWay = new Set<Promise<void>>()
  try {
    for (; index < orders.length && !signal.aborted; index += 1) {
      const order = orders[index] as ReplayOrder
      const dueAt = beganAt + (order.atMs - first) / speed
      const waitMs = dueAt - performance.now()
      if (waitMs > 1) await pause(waitMs, signal)
      while (result.inFlight >= connections) {
        result.waiting = 1
        await freed.promise
      }
      result.waiting = 0
      if (signal.aborted) break
      result.latestMs = Math.max(result.latestMs, performance.now() - dueAt)
      result.sent += 1
      result.inFlight += 1
      const placing = place(order, index, dueAt).finally(() => underWay.delete(placing))
      underWay.add(placing)
    }
    await Promise.all(underWay)
  } finally {
    clearInterval(ticker)
    agent.destroy()
  }
  options.onTick(result, index)
  result.seconds = (performance.now() - beganAt) / 1_000
  result.latenciesMs.sort((one, other) => one - other)
  return result
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })

const post = (url: URL, agent: Agent, token: string, key: string, body: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        timeout: timeoutMs,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'idempotency-key': key,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const retryAfterMs = Number(response.headers['retry-after'] ?? 0) * 1_000
          try {
            resolve({
              status: response.statusCode ?? 0,
              retryAfterMs: Math.min(60_000, retryAfterMs || 0),
              body: JSON.parse(Buffer.concat(chunks).toString() || '{}') as Answer['body'],
            })
          } catch (error) {
            reject(error as Error)
          }
        })
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.end(body)
  })
