import { fetchLimited, lostAnswer, refusal, retryAfterMsOf } from './http.ts'

/** What the libraries that use axios hand to its adapter, as far as we look at it. */
export type AxiosRequest = {
  method?: string
  url?: string
  baseURL?: string
  params?: Record<string, string | number | boolean | null | undefined>
  data?: unknown
  headers?: { toJSON?(): Record<string, unknown> }
  auth?: { username: string; password: string }
}

type AxiosResponse = {
  data: string
  status: number
  statusText: string
  headers: Record<string, string>
  config: AxiosRequest
  request: object
}

export type TransportOptions = {
  provider: string
  /** Instead of the host that is built into the library. */
  url: string | undefined
  timeoutMs: number
  /** Paths whose calls change nothing although they are no GET. */
  harmless?: (path: string) => boolean
  /** Headers that the library has no place for. */
  addHeaders?: (request: AxiosRequest, path: string) => Record<string, string>
}

/**
 * An adapter for axios, so that libraries that use it keep to our rules: our host, no redirects, limits of time and size,
 * errors that tell what was sent from what was not.
 */
export function axiosTransport(options: TransportOptions) {
  const { provider, timeoutMs, addHeaders, harmless } = options
  return async (request: AxiosRequest): Promise<AxiosResponse> => {
    const at = addressOf(request, options.url)
    const method = (request.method ?? 'GET').toUpperCase()
    const reading = method === 'GET' || harmless?.(at.pathname) === true
    const headers = { ...plainHeaders(request), ...addHeaders?.(request, at.pathname) }
    const body = typeof request.data === 'string' && request.data !== '' ? { body: request.data } : {}
    try {
      const answer = await fetchLimited(
        String(at),
        { method, headers, ...body },
        { timeoutMs, maxBytes: 8 * 1_048_576 },
      )
      return {
        data: answer.text,
        status: answer.status,
        statusText: '',
        headers: Object.fromEntries(answer.headers),
        config: request,
        request: {},
      }
    } catch (error) {
      throw lostAnswer(provider, error, reading)
    }
  }
}

function addressOf({ url = '/', baseURL = '', params = {} }: AxiosRequest, ours: string | undefined): URL {
  const asked = new URL(/^https?:/.test(url) ? url : `${baseURL}${url}`)
  const at = ours === undefined ? asked : new URL(`${asked.pathname}${asked.search}`, ours)
  for (const [name, value] of Object.entries(params))
    if (value !== undefined && value !== null) at.searchParams.set(name, String(value))
  return at
}

function plainHeaders({ headers, auth }: AxiosRequest): Record<string, string> {
  const given = headers?.toJSON?.() ?? (headers as Record<string, unknown> | undefined) ?? {}
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(given))
    if (typeof value === 'string' && !/^(content-length|host)$/i.test(name)) plain[name.toLowerCase()] = value
  if (auth !== undefined)
    plain.authorization = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
  return plain
}

/** What an answer with an error status means. @param reason a word of the provider's */
export function refusalOf(
  provider: string,
  answer: { status: number; headers: Record<string, string> },
  reason: string,
  reading: boolean,
  nowMs: number,
) {
  return refusal(provider, answer.status, reason, reading, retryAfterMsOf(answer.headers['retry-after'], nowMs))
}
