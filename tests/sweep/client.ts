import { Agent, request } from 'node:http'

export type Call = {
  method: string
  /** With its query. */
  path: string
  headers?: Record<string, string>
  /** An object is sent as JSON, a string or bytes as they are. */
  body?: unknown
}

export type Reply = {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The body read as JSON; undefined when it is none. */
  json: unknown
  /** Of a problem document. */
  code: string | undefined
}

export type Client = {
  readonly url: string
  send(call: Call): Promise<Reply>
  close(): void
}

const comeBack = new Set(['database-unavailable', 'overloaded'])

/** Node's own client underneath: it sends what it is told, headers that `fetch` would correct or refuse included. */
export function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const once = ({ method, path, headers = {}, body }: Call): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const payload =
        body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
      const outgoing = request(`${url}${path}`, {
        method,
        agent,
        headers: {
          ...(payload !== undefined && {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(payload)),
          }),
          ...headers,
        },
      })
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const json = parse(text)
          const code = (json as { code?: unknown } | undefined)?.code
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json,
            code: typeof code === 'string' ? code : undefined,
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.setTimeout(60_000, () => outgoing.destroy(new Error(`${method} ${path} took longer than a minute`)))
      outgoing.end(payload)
    })
  // The database and the marketplace run here too: where they stand still for some seconds because the machine is busy,
  // requests are told that nothing was done, and to come back.
  async function send(call: Call): Promise<Reply> {
    for (const until = Date.now() + 60_000; ; ) {
      const reply = await once(call)
      if (!comeBack.has(reply.code ?? '') || Date.now() > until) return reply
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
  return { url, send, close: () => agent.destroy() }
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

/** Do it for all of them, `width` at a time: a laptop's worth of impatience. */
export async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<void>) {
  const queue = [...items]
  await Promise.all(
    Array.from({ length: Math.min(width, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
    }),
  )
}
