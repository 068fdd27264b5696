import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DirectReply, DirectRequest, type FindDirect, handleBody } from './direct.ts'
import { firstLines, firstLinesText } from './headers.ts'
import type { createPipeline } from './pipeline.ts'
import type { Shedding, SocketLimits } from './sockets.ts'
import { readPlainRequest, type WireRequest } from './wire-request.ts'

type Pipeline = ReturnType<typeof createPipeline>

export type Wire = {
  /** Let go of connections on which nobody is being answered. */
  closeIdle(): void
  closeAll(): void
}

export type WireOptions = {
  server: Server
  find: FindDirect
  pipeline: Pipeline
  limits: Pick<SocketLimits, 'headersTimeoutMs' | 'keepAliveTimeoutMs'>
  shedding: Shedding | undefined
}

/**
 * The shortest way of an order: from the socket to the pipeline. A crowd's connections carry one sort of request, each
 * whole in one piece; for those Node's parser, message, response and their streams are left out. A connection that ever
 * sends anything else, be it only a header not on the list, belongs to Node's server from that byte on: nothing is
 * refused here and nothing is judged twice.
 *
 * Measured with 256 connections and answers of 1.2 kB: 28 µs of processor time a request for Node's bare server, 12 µs
 * for reading and writing sockets this way.
 */
export function serveWire({ server, find, pipeline, limits, shedding }: WireOptions): Wire {
  const connections = new Set<Connection>()
  const [toNode] = server.listeners('connection') as [(socket: Socket) => void]
  server.removeListener('connection', toNode)
  server.on('connection', (socket: Socket) => {
    const connection = new Connection(socket, {
      serve,
      handOver: (chunk) => {
        toNode.call(server, socket)
        socket.emit('data', chunk)
      },
      gone: () => connections.delete(connection),
      heardOnceATurn: () => connections.size > crowd,
      rest,
      keepAliveTimeoutMs: limits.keepAliveTimeoutMs,
      read: (piece) => readPlainRequest(piece, find),
    })
    connections.add(connection)
    socket.setTimeout(limits.headersTimeoutMs)
  })

  let resting: Socket[] = []
  function rest(socket: Socket): void {
    socket.pause()
    if (resting.push(socket) === 1)
      setImmediate(() => {
        const rested = resting
        resting = []
        for (const each of rested) each.resume()
      })
  }

  function serve(connection: Connection, request: WireRequest): void {
    const message = new WireMessage(connection, request)
    const response = new WireResponse(connection)
    connection.response = response
    const refused = shedding?.refuse('POST', request.url, message as unknown as IncomingMessage)
    if (refused !== undefined) {
      response.writeHead(503, refused.lines)
      response.end(refused.body)
      return
    }
    const asRequest = new DirectRequest(message as unknown as IncomingMessage)
    const reply = new DirectReply(asRequest, response as unknown as ServerResponse, request.direct.served)
    pipeline.receive(request.direct.served)(
      asRequest as unknown as FastifyRequest,
      reply as unknown as FastifyReply,
      () => handleBody(request.direct, asRequest, reply, pipeline, undefined, request.text),
    )
  }

  return {
    closeIdle() {
      for (const connection of connections) if (connection.response === undefined) connection.socket.destroy()
    },
    closeAll() {
      for (const connection of connections) connection.socket.destroy()
    },
  }
}

/**
 * Node takes 1,024 events at a time from the system, and where there were as many it looks for more, up to 48 times, before
 * it ends a turn: until then no timer runs, and nothing is heard of newcomers it has let in. With 3,000 customers asking
 * again at once a turn took 3 s. So where more are connected than this, each is heard once a turn.
 */
const crowd = 1_000

type ConnectionWay = {
  read(piece: Buffer): WireRequest | undefined
  serve(connection: Connection, request: WireRequest): void
  handOver(piece: Buffer): void
  gone(): void
  heardOnceATurn(): boolean
  /** Nothing of it is heard until the next turn. */
  rest(socket: Socket): void
  keepAliveTimeoutMs: number
}

/** One connection, as long as it carries nothing but plain requests. */
class Connection {
  readonly socket: Socket
  readonly address: string
  readonly way: ConnectionWay
  /** Being answered; requests behind it wait. */
  response: WireResponse | undefined = undefined
  waiting: Buffer | undefined = undefined
  /** Nothing more will come, or nothing more is wanted. */
  ending = false

  constructor(socket: Socket, way: ConnectionWay) {
    this.socket = socket
    this.address = socket.remoteAddress ?? ''
    this.way = way
    socket.on('data', this.onData)
    socket.on('end', this.onEnd)
    socket.on('close', this.onClose)
    socket.on('error', this.onError)
    socket.on('timeout', this.onTimeout)
  }

  onData = (piece: Buffer): void => {
    if (this.response !== undefined) {
      // Sent before the answer to the one before: kept, and no more is read meanwhile.
      this.waiting = this.waiting === undefined ? piece : Buffer.concat([this.waiting, piece])
      this.socket.pause()
      return
    }
    const request = this.way.read(piece)
    if (request === undefined) this.leave(piece)
    else this.way.serve(this, request)
  }

  onEnd = (): void => {
    this.ending = true
    if (this.response === undefined) this.socket.end()
  }

  onClose = (): void => {
    this.way.gone()
    this.response?.closed()
  }

  onError = (): void => {
    this.socket.destroy()
  }

  onTimeout = (): void => {
    if (this.response === undefined) this.socket.destroy()
  }

  /** From here on the connection is Node's. */
  leave(piece: Buffer): void {
    const { socket } = this
    socket.removeListener('data', this.onData)
    socket.removeListener('end', this.onEnd)
    socket.removeListener('close', this.onClose)
    socket.removeListener('error', this.onError)
    socket.removeListener('timeout', this.onTimeout)
    socket.setTimeout(0)
    this.way.gone()
    this.way.handOver(piece)
  }

  /** The answer is with the system: the next request may come. */
  answered(): void {
    this.response = undefined
    const { socket, waiting } = this
    if (this.ending) {
      socket.end()
      return
    }
    if (socket.timeout !== this.way.keepAliveTimeoutMs) socket.setTimeout(this.way.keepAliveTimeoutMs)
    if (waiting === undefined) {
      if (this.way.heardOnceATurn()) this.way.rest(socket)
      return
    }
    this.waiting = undefined
    socket.resume()
    this.onData(waiting)
  }
}

/** As much of Node's request as is looked at. */
class WireMessage {
  readonly method = 'POST'
  readonly complete = true
  readonly headers: WireRequest['headers']
  readonly url: string
  readonly socket: { readonly remoteAddress: string }
  constructor(connection: Connection, request: WireRequest) {
    this.headers = request.headers
    this.url = request.url
    this.socket = { remoteAddress: connection.address }
  }
}

/** As much of Node's response as is used. */
class WireResponse {
  readonly connection: Connection
  statusCode = 200
  private lines: readonly string[] = []
  private readonly set: string[] = []
  private done: (() => void) | undefined = undefined

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** 'finish' and 'close' have one and the same listener here: the request is over. */
  on(_event: string, listener: () => void): void {
    this.done = listener
  }
  getHeaders(): Record<string, string> {
    return {}
  }
  setHeader(name: string, value: string | number): void {
    this.set.push(name, String(value))
  }
  writeHead(status: number, lines: readonly string[]): void {
    this.statusCode = status
    this.lines = lines
  }
  destroy(): void {
    this.connection.socket.destroy()
  }
  closed(): void {
    this.done?.()
  }

  end(payload: string | Buffer | undefined): void {
    const { socket } = this.connection
    const head = `HTTP/1.1 ${this.statusCode} ${STATUS_CODES[this.statusCode]}\r\n${this.text(this.lines)}${this.text(this.set)}date: ${dateNow()}\r\n${this.connection.ending ? 'connection: close' : 'connection: keep-alive'}\r\n\r\n`
    if (payload === undefined || typeof payload === 'string') socket.write(head + (payload ?? ''))
    else {
      socket.cork()
      socket.write(head)
      socket.write(payload)
      socket.uncork()
    }
    if (socket.writableLength === 0) this.finished()
    // Behind what has not left yet: called back when all of it has.
    else socket.write('', () => this.finished())
  }

  private finished(): void {
    this.done?.()
    this.connection.answered()
  }

  private text(lines: readonly string[]): string {
    // What nearly every answer begins with is put together and looked through once, not 10,000 times a second.
    const isUsual = firstLines.every((line, at) => lines[at] === line)
    let text = isUsual ? firstLinesText : ''
    for (let at = isUsual ? firstLines.length : 0; at < lines.length; at += 2) {
      const name = lines[at] as string
      const value = lines[at + 1] as string
      if (name === 'connection') {
        this.connection.ending = true
        continue
      }
      // What Node would refuse to write: a line end in a value would be a header of somebody else's making.
      if (notForHeaders.test(value)) throw new TypeError(`the header ${name} holds what headers may not`)
      text += `${name}: ${value}\r\n`
    }
    return text
  }
}

const notForHeaders = /[^\t\x20-\x7e\x80-\xff]/

let date = ''
let dateSecond = 0
/** Written anew once a second. */
function dateNow(): string {
  const second = Math.floor(Date.now() / 1_000)
  if (second !== dateSecond) {
    dateSecond = second
    date = new Date(second * 1_000).toUTCString()
  }
  return date
}
