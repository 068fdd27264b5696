import type { IncomingHttpHeaders } from 'node:http'
import { randomUUID } from 'node:crypto'
import { type Carried, carried, traceparentOf } from '@souk/telemetry'

/** For a call nobody gave a time. Ten times what the slowest usually takes. */
export const usualCallMs = 10_000
/** More is refused: whoever wants to wait longer wants a job. */
export const longestCallMs = 600_000

const correlationHeader = 'x-correlation-id'
const plainId = /^[\w.-]{1,128}$/
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** What a caller sent along. */
export function readCarried(headers: IncomingHttpHeaders): Carried {
  const { traceparent: trace, [correlationHeader]: sentId } = headers
  const timeoutMs = timeoutOf(headers)
  return {
    correlationId: typeof sentId === 'string' && plainId.test(sentId) ? sentId : randomUUID(),
    ...(typeof trace === 'string' && traceparent.test(trace) && { traceparent: trace }),
    ...(timeoutMs !== undefined && { deadlineAtMs: Date.now() + timeoutMs }),
  }
}

/** What goes along with a call: whatever brought us here, or a name of its own. */
export function headersFor(given: ConstructorParameters<typeof Headers>[0]): Headers {
  const headers = new Headers(given)
  const current = carried() ?? { correlationId: randomUUID() }
  if (!headers.has(correlationHeader)) headers.set(correlationHeader, current.correlationId)
  if (!headers.has('traceparent')) headers.set('traceparent', traceparentOf(current))
  return headers
}

/** Until when a call made now is worth waiting for: its own time, and never beyond that of whoever waits for us. */
export function deadlineFor(timeoutMs: number | undefined, nowMs: number): number {
  const own = nowMs + Math.min(timeoutMs ?? usualCallMs, longestCallMs)
  return Math.min(own, carried()?.deadlineAtMs ?? Number.POSITIVE_INFINITY)
}

const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 }

function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(headers['grpc-timeout'] ?? '')) ?? []
  if (amount !== undefined && unit !== undefined) return Number(amount) * (unitsMs[unit] as number)
  const connect = headers['connect-timeout-ms']
  return typeof connect === 'string' && /^\d{1,10}$/.test(connect) ? Number(connect) : undefined
}
