import { SoukProblem, SoukUnreachable } from './problem.ts'

export type SendOptions = {
  /** The access token to send now; undefined: as nobody. */
  token?: () => string | undefined | Promise<string | undefined>
  /**
   * Called when the API says that the token has expired; resolves to a new one (the request is sent again) or to
   * undefined (the caller gets the refusal). Several requests may ask at once: share the work.
   */
  refresh?: (expired: string) => Promise<string | undefined>
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>
  fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** Per attempt. Default: 30,000. */
  timeoutMs?: number
  /** How often a request is sent again that got no answer, 429 or 503; always with the same idempotency key. Default: 2. */
  retries?: number
}

/** Longer waits are the caller's to decide. */
const longestWaitMs = 5_000

/** What lies between an operation and the network. @throws SoukProblem, SoukUnreachable */
export function sender(options: SendOptions): (request: Request) => Promise<Response> {
  const { timeoutMs = 30_000, retries = 2 } = options
  const ask = options.fetch ?? ((url, init) => fetch(url, init))

  return async (request) => {
    const { method, url, signal } = request
    const headers = new Headers(request.headers)
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
    if (method !== 'GET' && !headers.has('idempotency-key')) headers.set('idempotency-key', crypto.randomUUID())
    // Read once, so that it can be sent again.
    const body = request.body === null ? undefined : await request.arrayBuffer()
    let token = await options.token?.()
    let refreshed = false

    for (let attempt = 0; ; attempt++) {
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
      let waitMs = 100 * 2 ** attempt * (0.75 + Math.random() / 2)
      try {
        const response = await ask(url, {
          method,
          headers,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
          credentials: request.credentials,
          ...(body !== undefined && { body }),
        })
        if (response.ok) {
          if (isForeign(response)) throw new Error('the answer is a page of somebody else')
          return response
        }
        const problem = await problemOf(response)
        if (problem.code === 'token-expired' && token !== undefined && !refreshed && options.refresh !== undefined) {
          refreshed = true
          const fresh = await options.refresh(token)
          if (fresh === undefined) throw problem
          token = fresh
          continue
        }
        if (response.status !== 503 && response.status !== 429) throw problem
        waitMs = Math.max(waitMs, (problem.retryAfterSeconds ?? 0) * 1_000)
        if (attempt >= retries || waitMs > longestWaitMs) throw problem
      } catch (error) {
        if (error instanceof SoukProblem || signal.aborted) throw error
        if (attempt >= retries) throw new SoukUnreachable(`${method} ${new URL(url).pathname}`, error)
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

/** The API never answers with a page: what does is a proxy's sign-in or a router between us. */
const isForeign = ({ headers }: Response) => (headers.get('content-type') ?? '').startsWith('text/html')

async function problemOf(response: Response): Promise<SoukProblem> {
  const text = await response.text()
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // Something between us and the API spoke: a proxy, a load balancer.
    body = { code: 'unknown', title: response.statusText, detail: `${response.status} ${response.statusText}` }
  }
  return new SoukProblem(response.status, body, Number.isFinite(retryAfter) ? retryAfter : undefined)
}
