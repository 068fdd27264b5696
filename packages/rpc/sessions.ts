import { constants, type Http2SecureServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'

export type Sessions = {
  /** Ask every connection there is now to be given up, and wait until their calls have ended, so long at most. */
  drain(timeoutMs: number): Promise<void>
  /** End what is left. */
  cut(): void
}

/** The last id there can be: "begin nothing new here, but what you have sent is taken". */
const anyStream = 2 ** 31 - 1

/** The connections of a server, so that it can part from them without losing a call. */
export function trackSessions(server: Http2Server | Http2SecureServer): Sessions {
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })

  /**
   * In two steps, as RFC 9113 has it. A GOAWAY that names the last call seen would refuse those on their way here, and the
   * caller could not know for sure; so the first names none, and the second comes when the answer to a ping says that the
   * other side has read the first.
   */
  function farewell(session: ServerHttp2Session): Promise<void> {
    if (session.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      session.once('close', () => resolve())
      if (session.closed) return
      session.goaway(constants.NGHTTP2_NO_ERROR, anyStream)
      const finish = () => {
        if (!session.destroyed) session.close()
      }
      try {
        if (!session.ping(finish)) finish()
      } catch {
        finish()
      }
    })
  }

  return {
    async drain(timeoutMs) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs)
      })
      const leaving = [...sessions]
      await Promise.race([Promise.all(leaving.map(farewell)), late])
      clearTimeout(timer)
      for (const session of leaving) if (!session.destroyed) session.destroy()
    },
    cut() {
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
    },
  }
}
