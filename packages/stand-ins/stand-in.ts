import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type StandInRequest = {
  method: string
  path: string
  query: URLSearchParams
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  body: string
}

export type StandInReply = { status: number; body: unknown; headers?: Record<string, string> }

export type StandInFailure =
  | 'charge-then-timeout'
  | 'charge-then-reset'
  | '500-before'
  | '500-after'
  | '429'
  | 'down'
  | 'wrong-amount'
  | 'nonsense'

export type StandInOptions = {
  /** What a request is about, so that the failure of one kind can be asked for; undefined: never fails. */
  operationOf(request: StandInRequest): string | undefined
  /** @param wrongAmount take another amount than asked */
  answer(request: StandInRequest, wrongAmount: boolean): StandInReply
}

export type StandIn = {
  url: string
  /** Every request, for a test to look at. */
  requests: readonly StandInRequest[]
  /** The next request of this kind goes wrong. */
  failNext(mode: StandInFailure, operation: string): void
  stop(): Promise<void>
}

/** A server inside a test, on a free port of this machine, that fails when told to. */
export async function startStandIn({ operationOf, answer }: StandInOptions): Promise<StandIn> {
  const requests: StandInRequest[] = []
  let next: { mode: StandInFailure; operation: string } | undefined

  function take(request: StandInRequest): StandInFailure | undefined {
    if (next === undefined || operationOf(request) !== next.operation) return undefined
    const { mode } = next
    next = undefined
    return mode
  }

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://stand-in')
      const request: StandInRequest = {
        method: incoming.method ?? 'GET',
        path: pathname,
        query: searchParams,
        headers: incoming.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      requests.push(request)
      respond(response, take(request), (wrongAmount) => answer(request, wrongAmount))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failNext: (mode, operation) => {
      next = { mode, operation }
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function respond(
  response: ServerResponse,
  mode: StandInFailure | undefined,
  act: (wrong: boolean) => StandInReply,
): void {
  const say = ({ status, body, headers }: StandInReply) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const type = typeof body === 'string' ? 'text/html' : 'application/json'
    response.writeHead(status, { 'content-type': type, ...headers })
    // Several of those we stand for answer 204 with nothing at all.
    response.end(status === 204 ? undefined : text)
  }
  if (mode === 'down') return void response.socket?.resetAndDestroy()
  if (mode === '500-before') return say({ status: 500, body: 'Internal Server Error' })
  if (mode === '429') return say({ status: 429, body: {}, headers: { 'retry-after': '1' } })
  const reply = act(mode === 'wrong-amount')
  // Left open: whoever asked gives up first.
  if (mode === 'charge-then-timeout') return
  if (mode === 'charge-then-reset') return void response.socket?.resetAndDestroy()
  if (mode === '500-after') return say({ status: 500, body: 'Internal Server Error' })
  say(mode === 'nonsense' ? { status: 200, body: '<p>Down for maintenance.</p>' } : reply)
}
