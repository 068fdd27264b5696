import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

// W3C Trace Context: version, trace id, parent id, flags. All zeroes and version ff are not valid.
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

/** The trace id of the caller, if it sent a valid one; else an id of our own. */
export function correlationIdOf(request: IncomingMessage): string {
  const sent = request.headers.traceparent
  if (typeof sent !== 'string') return randomUUID()
  return traceparent.exec(sent)?.[1] ?? randomUUID()
}

export const isTrace = (header: unknown): header is string => typeof header === 'string' && traceparent.test(header)
