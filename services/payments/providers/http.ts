import { ProviderOutcomeUnknown, ProviderRefused, ProviderUnavailable } from '../provider.ts'

export type HttpCall = {
  provider: string
  method: 'GET' | 'POST' | 'DELETE'
  url: string
  headers?: Record<string, string>
  /** JSON unless it is text already. */
  body?: object | string
  timeoutMs: number
  /** Default 1 MiB: no answer about one payment is that long. */
  maxBytes?: number
  /** Nothing is changed by it: an answer that was lost may be asked for again. */
  reading: boolean
}

export type HttpAnswer = { status: number; headers: Headers; body: unknown }

/** What was never sent: no connection, no such name. Anything else may have arrived. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

/** The codes of an error, of what caused it, and of what it gathers (a name with two addresses fails twice). */
function* codesOf(error: unknown, depth = 0): Generator<string> {
  if (depth > 4 || typeof error !== 'object' || error === null) return
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  if (typeof code === 'string') yield code
  yield* codesOf(cause, depth + 1)
  if (Array.isArray(errors)) for (const one of errors) yield* codesOf(one, depth + 1)
}

/** No answer came: was anything sent, and would it matter? */
export function lostAnswer(provider: string, error: unknown, reading: boolean) {
  const codes = [...codesOf(error)]
  const why = codes[0] ?? (error as Error | undefined)?.name ?? 'no answer'
  return reading || codes.some((code) => neverSent.has(code))
    ? new ProviderUnavailable(`${provider} cannot be reached (${why})`, { cause: error })
    : new ProviderOutcomeUnknown(`${provider} gave no answer (${why})`, { cause: error })
}

/** An answer that is not of the agreed form says nothing about what was done. */
export const notUnderstood = (provider: string, reading: boolean, cause?: unknown) => {
  const said = `${provider} answered what we do not understand`
  return reading ? new ProviderUnavailable(said, { cause }) : new ProviderOutcomeUnknown(said, { cause })
}

/** Seconds or a date, as servers say how long to wait. */
export function retryAfterMsOf(value: string | null | undefined, nowMs: number): number | undefined {
  if (!value) return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - nowMs
  return Number.isFinite(ms) ? Math.min(3_600_000, Math.max(0, ms)) : undefined
}

/**
 * What a status that is no success means. 429: nothing was done. 5xx to something that changes: who knows. Other 4xx: no.
 * @param reason a word of the provider's
 */
export function refusal(
  provider: string,
  status: number,
  reason: string,
  reading: boolean,
  retryAfterMs?: number,
): ProviderRefused | ProviderUnavailable | ProviderOutcomeUnknown {
  const said = `${provider} answered ${status} (${reason})`
  if (status === 429) return new ProviderUnavailable(said, { ...(retryAfterMs !== undefined && { retryAfterMs }) })
  if (status >= 500 || status === 408) return reading ? new ProviderUnavailable(said) : new ProviderOutcomeUnknown(said)
  return new ProviderRefused(reason)
}

/** fetch without redirects, with a limit of time and of size, and the whole of the answer read. */
export async function fetchLimited(
  url: string,
  init: RequestInit,
  limits: { timeoutMs: number; maxBytes?: number },
): Promise<{ status: number; headers: Headers; text: string }> {
  const late = AbortSignal.timeout(limits.timeoutMs)
  const signal = init.signal ? AbortSignal.any([late, init.signal]) : late
  const response = await fetch(url, { ...init, redirect: 'error', signal })
  const text = await readLimited(response, limits.maxBytes ?? 1_048_576)
  return { status: response.status, headers: response.headers, text }
}

/** One request. @throws ProviderUnavailable, ProviderOutcomeUnknown */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const { provider, reading, method, timeoutMs, maxBytes } = call
  const json = typeof call.body === 'object'
  const headers = { accept: 'application/json', ...(json && { 'content-type': 'application/json' }), ...call.headers }
  const body = typeof call.body === 'object' ? JSON.stringify(call.body) : call.body
  const limits = { timeoutMs, ...(maxBytes !== undefined && { maxBytes }) }
  try {
    const answer = await fetchLimited(call.url, { method, headers, ...(body !== undefined && { body }) }, limits)
    return { status: answer.status, headers: answer.headers, body: parse(answer.text) }
  } catch (error) {
    throw lostAnswer(provider, error, reading)
  }
}

async function readLimited(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
