import type { Http2SecureServer, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

/** Sent with an answer: make the next call on another connection (`moving`), or at another address (`leaving`). */
export const connectionHeader = 'souk-connection'
export type Advice = 'moving' | 'leaving'

export type Sessions = {
  /** What is to be said with the answers on this connection now. */
  adviceFor(session: ServerHttp2Session | undefined): Advice | undefined
  /** Have every connection there is now be given up, little by little. */
  move(): void
  /** Part from everybody: wait until nothing is under way and nobody begins anything, so long at most; then end all. */
  leave(timeoutMs: number): Promise<void>
}

/** Nobody has begun a call for so long: whoever was told to go has gone. */
const quietMs = 250
/** How long a connection on which nothing happens may stay, although it was to be given up. */
const idleMs = 5_000

/**
 * The connections of a server, so that it can part from them without losing a call. GOAWAY alone does not do: Node answers
 * the ping behind it before it sends calls that were begun earlier, so that a call could be on its way to a server that had
 * closed the books; one in some thousands then waited for its deadline. So callers are asked first, with their answers, to
 * go; GOAWAY comes when they have.
 */
export function trackSessions(server: Http2Server | Http2SecureServer): Sessions {
  const sessions = new Map<ServerHttp2Session, { open: number; lastAtMs: number; isMoving: boolean }>()
  const sockets = new Set<Socket>()
  let isLeaving = false
  server.on('session', (session: ServerHttp2Session) => {
    sessions.set(session, { open: 0, lastAtMs: performance.now(), isMoving: false })
    session.once('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: ServerHttp2Stream) => {
    const state = stream.session && sessions.get(stream.session as ServerHttp2Session)
    if (state === undefined) return
    state.open += 1
    stream.once('close', () => {
      state.open -= 1
      state.lastAtMs = performance.now()
    })
  })
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })

  function closeIdle(): void {
    const nowMs = performance.now()
    let moving = 0
    for (const [session, { open, lastAtMs, isMoving }] of sessions) {
      if (!isMoving) continue
      moving += 1
      if (open === 0 && nowMs - lastAtMs > idleMs && !session.closed) session.close()
    }
    if (moving > 0) setTimeout(closeIdle, 1_000).unref()
  }

  return {
    adviceFor: (session) => (isLeaving ? 'leaving' : session && sessions.get(session)?.isMoving ? 'moving' : undefined),
    move() {
      for (const state of sessions.values()) state.isMoving = true
      closeIdle()
    },
    async leave(timeoutMs) {
      isLeaving = true
      const beganAtMs = performance.now()
      while (performance.now() - beganAtMs < timeoutMs) {
        const nowMs = performance.now()
        // Who was silent all the time is not waited for.
        const busy = [...sessions.values()].some(({ open, lastAtMs }) => open > 0 || nowMs - lastAtMs < quietMs)
        if (!busy) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      for (const session of sessions.keys()) if (!session.closed) session.close()
      await new Promise((resolve) => setImmediate(resolve))
      for (const session of sessions.keys()) session.destroy()
      for (const socket of sockets) socket.destroy()
    },
  }
}
