import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What may become of a request: no answer, no connection, "try later", a fault of ours, a page of somebody else's, lists
 * with nothing in them.
 */
export type Trouble = 'hang' | 'away' | 'busy' | 'broken' | 'garbage' | 'empty'
export type Sent = { method: string; path: string; body: string }

/** Stands between the pages and the API: lets through, or does what it is told, and remembers what was sent. */
export async function openBetween(apiUrl: string) {
  const agent = new Agent({ keepAlive: true })
  const sent: Sent[] = []
  const rules = new Map<RegExp, Trouble>()
  const { hostname, port } = new URL(apiUrl)

  function forward(asked: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const onward = request(
      { agent, hostname, port, method: asked.method, path: asked.url, headers: asked.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    onward.end(body)
  }

  const server = createServer((asked, response) => {
    const parts: Buffer[] = []
    asked.on('data', (part: Buffer) => parts.push(part))
    asked.on('end', () => {
      const { method = 'GET', url: path = '/' } = asked
      const body = Buffer.concat(parts)
      if (method !== 'GET') sent.push({ method, path, body: body.toString() })
      const [, trouble] = [...rules].find(([pattern]) => pattern.test(`${method} ${path}`)) ?? []
      if (trouble === undefined) return forward(asked, response, body)
      if (trouble === 'hang') return
      if (trouble === 'away') return asked.socket.destroy()
      if (trouble === 'garbage')
        return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to the router</h1>')
      if (trouble === 'empty')
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ items: [], nextCursor: null, total: { count: 0, exact: true }, facets: null }))
      const status = trouble === 'busy' ? 503 : 500
      response.writeHead(status, {
        'content-type': 'application/problem+json',
        ...(status === 503 && { 'retry-after': '30' }),
      })
      response.end(
        JSON.stringify({
          code: status === 503 ? 'overloaded' : 'internal',
          title: 'No',
          detail: 'at Object.<anonymous> (/srv/secret.ts:1:1)',
          correlationId: 'c-4711',
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    /** Of what is asked like this ("GET /v1/orders…"), until `mend`. */
    trouble: (pattern: RegExp, trouble: Trouble) => void rules.set(pattern, trouble),
    mend: () => rules.clear(),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      agent.destroy()
    },
  }
}

/** Names of fields and amounts a shopper must not be able to say. Looking for goods between two prices is no order. */
const amount = /price|minor|amount|total|cost|subtotal/i

export function pricesIn(body: string, known: readonly string[]): string[] {
  const found: string[] = []
  const look = (name: string, value: unknown) => {
    if (amount.test(name)) found.push(`${name}=${String(value)}`)
    if ((typeof value === 'string' || typeof value === 'number') && known.includes(String(value)))
      found.push(`${name}=${value}`)
    if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) look(key, inner)
  }
  try {
    look('', JSON.parse(body))
  } catch {
    for (const [name, value] of new URLSearchParams(body)) look(name, value)
  }
  return found
}
