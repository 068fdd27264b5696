import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type Direction = 'up' | 'down'

/** How a connection whose client sends the bytes waited for is broken. */
export type Cut =
  /** Everything arrives, the server's reply is dropped and the connection with it: it happened, and nobody is told. */
  | { kind: 'reply' }
  /** Everything arrives and the connection goes at once: it may still be under way when somebody asks. */
  | { kind: 'sent' }
  /** Only the first `bytes` of the message arrive: it never happened. */
  | { kind: 'after'; bytes: number }

export type Trap = {
  /** Bytes of the client's message by which it is recognised, wherever they stand in it. */
  marker: Buffer
  cut: Cut
}

export type Proxy = {
  readonly port: number
  /** Break the next connection that carries the marker upwards. Resolves when that has happened. */
  cutNext(trap: Trap): Promise<void>
  /** Give up waiting for it; the promise of `cutNext` resolves. */
  disarm(): void
  /** Wait this long before passing on what goes this way; 0 ends it. Order is kept. */
  delay(direction: Direction, ms: number): void
  /** Pass on at most this many bytes a second this way; Infinity ends it. */
  throttle(direction: Direction, bytesPerSecond: number): void
  /** Turn new connections away; those that exist live on. */
  refuse(refusing: boolean): void
  /** Break every connection now. */
  cutAll(): void
  /** Connections broken by traps so far. */
  readonly cuts: number
  close: () => Promise<void>
}

type Way = { delayMs: number; bytesPerSecond: number }
type Link = { client: Socket; server: Socket; doomed: boolean; tail: Buffer }

/** A TCP proxy on 127.0.0.1 that can be told to misbehave. Without orders it passes everything on as it comes. */
export async function startProxy(target: { port: number; host?: string }): Promise<Proxy> {
  const ways: Record<Direction, Way> = {
    up: { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY },
    down: { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY },
  }
  const links = new Set<Link>()
  let trap: (Trap & { sprung: () => void }) | undefined
  let refusing = false
  let cuts = 0

  const breakLink = (link: Link) => {
    if (!links.delete(link)) return
    // Reset, not a polite end: what the kernel still holds is lost, as when a machine vanishes.
    reset(link.client)
    link.server.destroy()
  }

  const springs = (link: Link, chunk: Buffer): boolean => {
    if (trap === undefined) return false
    // The marker may lie across two chunks.
    const seen = Buffer.concat([link.tail, chunk])
    link.tail = seen.subarray(Math.max(0, seen.length - trap.marker.length + 1))
    return seen.includes(trap.marker)
  }

  const upwards = (link: Link) => (chunk: Buffer) => {
    const armed = trap
    if (armed === undefined || link.doomed || !springs(link, chunk)) return chunk
    trap = undefined
    cuts += 1
    link.doomed = true
    armed.sprung()
    if (armed.cut.kind === 'after') {
      link.server.write(chunk.subarray(0, armed.cut.bytes), () => breakLink(link))
      return undefined
    }
    // What is written before the end is still delivered: the server gets a whole message and then finds nobody there.
    if (armed.cut.kind === 'sent') {
      link.server.end(chunk)
      links.delete(link)
      reset(link.client)
      return undefined
    }
    return chunk
  }

  const downwards = (link: Link) => (chunk: Buffer) => {
    if (!link.doomed) return chunk
    breakLink(link)
    return undefined
  }

  const server = createServer((client) => {
    if (refusing) {
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ port: target.port, host: target.host ?? '127.0.0.1' })
    const link: Link = { client, server: upstream, doomed: false, tail: Buffer.alloc(0) }
    links.add(link)
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => breakLink(link))
      socket.on('close', () => breakLink(link))
    }
    pass(client, upstream, ways.up, upwards(link))
    pass(upstream, client, ways.down, downwards(link))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const disarm = () => {
    trap?.sprung()
    trap = undefined
  }
  return {
    port: address.port,
    cutNext(next) {
      disarm()
      return new Promise((sprung) => {
        trap = { ...next, sprung }
      })
    },
    disarm,
    delay(direction, ms) {
      ways[direction].delayMs = ms
    },
    throttle(direction, bytesPerSecond) {
      ways[direction].bytesPerSecond = bytesPerSecond
    },
    refuse(wanted) {
      refusing = wanted
    },
    cutAll() {
      for (const link of links) breakLink(link)
    },
    get cuts() {
      return cuts
    },
    async close() {
      disarm()
      for (const link of links) breakLink(link)
      server.close()
      await once(server, 'close')
    },
  }
}

/** One that was told the end already cannot be reset: libuv refuses, and its handle would stay open for ever. */
const reset = (socket: Socket): void => void (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy())

/** One direction. `inspect` gives what is to be passed on, or nothing when the connection is as good as gone. */
function pass(from: Socket, to: Socket, way: Way, inspect: (chunk: Buffer) => Buffer | undefined): void {
  let turn: Promise<void> | undefined
  let waiting = 0
  from.on('data', (chunk: Buffer) => {
    const kept = inspect(chunk)
    if (kept === undefined) return
    if (turn === undefined && way.delayMs === 0 && way.bytesPerSecond === Number.POSITIVE_INFINITY) {
      send(kept)
      return
    }
    // Whatever comes while something waits has to wait behind it.
    waiting += 1
    turn = Promise.all([turn, pause(way.delayMs)])
      .then(() => pause((kept.length * 1_000) / way.bytesPerSecond))
      .then(() => {
        send(kept)
        waiting -= 1
        if (waiting === 0) turn = undefined
      })
  })
  from.on('end', () => {
    const end = () => to.end()
    if (turn === undefined) end()
    else void turn.then(end)
  })
  const send = (chunk: Buffer) => {
    if (to.destroyed || to.writableEnded) return
    if (!to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  }
}

const pause = (ms: number) => (ms > 0 ? new Promise<void>((resolve) => setTimeout(resolve, ms)) : undefined)
