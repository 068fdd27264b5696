import { connect, type Socket } from 'node:net'
import { createResponseReader, type Response } from './response.ts'

/** Why a request ended without an answer. */
export type Loss = 'reset' | 'timeout' | 'connection-refused' | 'not-http' | 'run-ended' | 'gave-up'

export type Connection = {
  /** Sends one request; opens the socket first when it is closed. Only while idle. */
  send(text: string): void
  /** Drops the socket; a request under way is reported lost for this reason. */
  drop(loss: Loss): void
  readonly busy: boolean
  /** `performance.now()` of the request under way. */
  readonly sentAt: number
}

export type ConnectionEvents = {
  answered(response: Response): void
  lost(loss: Loss): void
}

// One answer at a time: a page that fits 16 KiB needs no second read, and a thousand connections need 16 MB.
const readBytes = 16 * 1024

/** A keep-alive socket to one address, one request at a time, reopened on demand. */
export function createConnection(host: string, port: number, events: ConnectionEvents): Connection {
  let socket: Socket | null = null
  let connected = false
  let busy = false
  let sentAt = 0
  const reader = createResponseReader()
  // Handing over our own buffer bypasses the stream machinery: 2 µs and several objects fewer per answer.
  const buffer = Buffer.allocUnsafeSlow(readBytes)

  const lose = (loss: Loss) => {
    const wasBusy = busy
    busy = false
    const dropped = socket
    socket = null
    connected = false
    reader.reset()
    dropped?.destroy()
    if (wasBusy) events.lost(loss)
  }

  const answer = (response: Response) => {
    busy = false
    if (!response.keepAlive) lose('reset')
    events.answered(response)
  }

  const received = (length: number) => {
    if (!busy) {
      // A server that speaks unasked (Node's 408 on an idle socket) is about to hang up.
      lose('reset')
      return
    }
    let response: Response | null
    try {
      response = reader.feed(buffer, length)
    } catch {
      lose('not-http')
      return
    }
    if (response) answer(response)
  }

  const open = () => {
    const opened = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          if (socket === opened) received(length)
          return true
        },
      },
    })
    opened.on('connect', () => {
      if (socket === opened) connected = true
    })
    opened.on('error', () => {
      if (socket === opened) lose(connected ? 'reset' : 'connection-refused')
    })
    opened.on('end', () => {
      if (socket !== opened) return
      const response = busy ? reader.end() : null
      if (response) answer(response)
      else lose('reset')
    })
    opened.on('close', () => {
      if (socket === opened) lose('reset')
    })
    socket = opened
    return opened
  }

  return {
    send(text) {
      busy = true
      sentAt = performance.now()
      const to = socket ?? open()
      to.write(text, 'latin1')
    },
    drop: lose,
    get busy() {
      return busy
    },
    get sentAt() {
      return sentAt
    },
  }
}
