import { randomUUID } from 'node:crypto'
import { Refusal } from './explain.ts'
import type { SignIn } from './running.ts'

/** The public API of a marketplace, asked over HTTP by somebody who is signed in. */
export type Api = {
  readonly url: string
  signIn(who: SignIn): Promise<void>
  /** Sign in anew: what one may do is written in the token when it is issued. */
  refresh(): Promise<void>
  get<Body>(path: string): Promise<Body>
  post<Body>(path: string, body?: unknown): Promise<Body>
  put<Body>(path: string, body: unknown): Promise<Body>
  delete<Body>(path: string): Promise<Body>
}

/** The API said no. */
export class ApiRefusal extends Refusal {
  readonly status: number
  readonly code: string
  constructor(what: string, status: number, code: string, detail: string) {
    super(`${what} was refused: ${detail} (${status} ${code})`)
    this.status = status
    this.code = code
  }
}

type Problem = { code?: string; detail?: string }

/** Patient with a server that asks for it: 429 and 503 are waited out, 60 s altogether; lost answers are asked for again. */
export function createApi(url: string): Api {
  let who: SignIn | undefined
  let token = ''

  async function request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const key = randomUUID()
    const giveUpAt = Date.now() + 60_000
    for (let attempt = 1; ; attempt++) {
      const answer = await send(method, path, body, key).catch((error: unknown) => {
        if (Date.now() > giveUpAt || attempt > 20) throw unreachable(url, error)
        return undefined
      })
      if (answer?.ok) return (answer.status === 204 ? undefined : await answer.json()) as Body
      if (answer !== undefined) {
        const problem = (await answer.json().catch(() => ({}))) as Problem
        if (problem.code === 'token-expired' && who !== undefined && attempt < 3) {
          await signIn(who)
          continue
        }
        const patient = answer.status === 429 || answer.status === 503
        if (!patient || Date.now() > giveUpAt)
          throw new ApiRefusal(
            `${method} ${path}`,
            answer.status,
            problem.code ?? '',
            problem.detail ?? answer.statusText,
          )
      }
      const asked = Number(answer?.headers.get('retry-after')) * 1_000
      await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, asked || 100 * 2 ** Math.min(attempt, 5))))
    }
  }

  const send = (method: string, path: string, body: unknown, key: string) =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    })

  async function signIn(person: SignIn): Promise<void> {
    token = ''
    const answer = await request<{ accessToken: string }>('POST', '/v1/auth/login', person)
    token = answer.accessToken
    who = person
  }

  return {
    url,
    signIn,
    refresh: async () => {
      if (who !== undefined) await signIn(who)
    },
    get: (path) => request('GET', path),
    post: (path, body) => request('POST', path, body),
    put: (path, body) => request('PUT', path, body),
    delete: (path) => request('DELETE', path),
  }
}

const unreachable = (url: string, error: unknown) =>
  new Refusal(
    `The marketplace at ${url} does not answer: ${(error as { cause?: Error }).cause?.message ?? String(error)}`,
  )
