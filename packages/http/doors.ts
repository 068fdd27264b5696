import type { Server } from 'node:http'
import { type AddressInfo, createServer, type ListenOptions, type Server as Door } from 'node:net'

export type Doors = {
  /** Lets nobody in any more; resolves when everybody who came in here has gone. */
  close(): Promise<void>
}

/**
 * In each turn of its event loop Node lets in one connection per listening socket (libuv since 1.45), and in a rush a turn
 * takes as long as all that has arrived: 40 ms for 1,000 requests. A server with one door, answering 20,000 requests a second,
 * so let in 25 newcomers a second, and the others waited until the rush was over: 3 s in a flood of 3 s. Behind 64 doors
 * on the same address 64 come in a turn, which takes 4 ms of it. The kernel gives each newcomer to one of them
 * (SO_REUSEPORT). To be looked at again when Node accepts more in a turn.
 */
export const doorsOfServer = 64

/** More than 511 are waiting when everybody comes at once; the system may hold less (net.core.somaxconn, 4,096 mostly). */
export const backlog = 4_096

/** Whether an address can be had by several sockets: elsewhere it is an error to ask for it. */
export const canShareAddress = process.platform === 'linux'

/**
 * An address that is to be shared could be shared with another program of the same user, unnoticed by both: so it is first
 * taken for oneself alone. @throws EADDRINUSE, EACCES and the like, as listening does
 */
export async function assertFree(host: string, port: number): Promise<void> {
  const door = createServer()
  await listening(door, { host, port })
  await new Promise((resolve) => door.close(resolve))
}

/**
 * More doors to a server that listens already, with `reusePort`.
 * @param hasRoom whether one more connection may come in
 */
export async function openDoors(
  server: Server,
  at: { host: string; port: number },
  count: number,
  hasRoom: () => boolean,
): Promise<Doors> {
  const doors = Array.from({ length: count }, () =>
    // As Node's own HTTP server has its sockets.
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (hasRoom()) server.emit('connection', socket)
      else socket.destroy()
    }),
  )
  const close = async () => {
    await Promise.all(doors.map((door) => new Promise((resolve) => door.close(resolve))))
  }
  try {
    for (const door of doors) await listening(door, { ...at, backlog, reusePort: true })
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

/**
 * Resolves in a turn of the event loop in which nobody came in, after half a second at the latest. Whoever still waits at a
 * door when it closes is sent away by the kernel without a word, and after a busy turn some always do.
 */
export async function nobodyAtTheDoors(server: Server): Promise<void> {
  const latest = performance.now() + 500
  let somebodyCame = true
  const note = () => {
    somebodyCame = true
  }
  server.on('connection', note)
  while (somebodyCame && performance.now() < latest) {
    somebodyCame = false
    // Comes right after the doors were looked at.
    await new Promise((resolve) => setImmediate(resolve))
  }
  server.removeListener('connection', note)
}

/**
 * A server of Node's own that is to let in many at once: it listens, and its other doors with it. Without a limit to how many
 * are connected. `close` lets nobody in any more and resolves when everybody has gone.
 */
export async function listenBehindDoors(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<Doors & { port: number }> {
  if (canShareAddress && port !== 0) await assertFree(host, port)
  await listening(server, { host, port, backlog, ...(canShareAddress && { reusePort: true }) })
  const own = () => new Promise<void>((resolve) => server.close(() => resolve()))
  const address = server.address() as AddressInfo
  if (!canShareAddress) return { port: address.port, close: () => nobodyAtTheDoors(server).then(own) }
  const at = { host: address.address, port: address.port }
  const doors = await openDoors(server, at, doorsOfServer - 1, () => true)
  return {
    port: address.port,
    async close() {
      await nobodyAtTheDoors(server)
      await Promise.all([own(), doors.close()])
    },
  }
}

function listening(door: Door, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    door.once('error', reject)
    door.listen(at, () => {
      door.removeListener('error', reject)
      resolve()
    })
  })
}
