import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What goes wrong with the next messages.
 * - `refuse`: it will never take this one. - `busy`: not now. - `limit`: too many at once.
 * - `credentials`: it does not know us. - `cut`: it takes the message and the connection breaks before it says so.
 */
export type Trouble = 'none' | 'refuse' | 'busy' | 'limit' | 'credentials' | 'cut'

/** What a provider took, in its own words as far as they are common to all. */
export type TakenMessage = { to: string; text: string; subject?: string; html?: string; id?: string; template?: string }

/** A provider of messages that speaks its protocol and delivers to nobody. */
export type MessageStandIn = {
  url: string
  readonly taken: TakenMessage[]
  /** What befalls the messages that come next, one each; afterwards all is well. */
  readonly troubles: Trouble[]
  /** Of addresses that do not exist. */
  readonly unknownAddresses: Set<string>
  close(): Promise<void>
}

export type Desk = {
  taken: TakenMessage[]
  unknownAddresses: Set<string>
  /** What befalls this message. */
  trouble(): Trouble
}

export const openDesk = () => {
  const taken: TakenMessage[] = []
  const troubles: Trouble[] = []
  const unknownAddresses = new Set<string>()
  const desk: Desk = { taken, unknownAddresses, trouble: () => troubles.shift() ?? 'none' }
  return { desk, taken, troubles, unknownAddresses }
}

export type HttpCall = { method: string; path: string; headers: IncomingMessage['headers']; body: string }
/** Undefined: the connection is cut instead of answered. */
export type HttpReply = { status: number; body: unknown; headers?: Record<string, string> } | undefined

/** A provider that is asked over HTTP. */
export async function serveHttp(answer: (call: HttpCall, desk: Desk) => HttpReply): Promise<MessageStandIn> {
  const { desk, taken, troubles, unknownAddresses } = openDesk()
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const reply = answer({ method, path, headers, body }, desk)
      if (reply === undefined) return void request.socket.destroy()
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      response.end(reply.body === undefined ? '' : JSON.stringify(reply.body))
    })
  }
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    taken,
    troubles,
    unknownAddresses,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
