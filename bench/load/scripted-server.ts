import { createServer, type Socket } from 'node:net'

/** What the server does with one request. `bytes` are written as they stand, in pieces if there are several. */
export type Reaction = { bytes?: string | string[]; afterMs?: number; close?: 'reset' | 'end' }
export type SeenRequest = { number: number; path: string; key: string; token: string; body: string }

/** An HTTP/1.1 server for tests that does exactly what it is told, the wrong things too. */
export async function scriptedServer(react: (request: SeenRequest) => Reaction, port = 0) {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let text = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/.exec(text)?.[1])
      if (head < 0 || text.length < head + 4 + length) return
      const request = {
        number: seen.length,
        path: text.split(' ')[1] ?? '',
        key: /idempotency-key: (\S+)/.exec(text)?.[1] ?? '',
        token: /Bearer (\S+)/.exec(text)?.[1] ?? '',
        body: text.slice(head + 4),
      }
      text = ''
      seen.push(request)
      const reaction = react(request)
      setTimeout(() => void carryOut(socket, reaction), reaction.afterMs ?? 0)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  return {
    seen,
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function carryOut(socket: Socket, { bytes, close }: Reaction) {
  for (const piece of typeof bytes === 'string' ? [bytes] : (bytes ?? [])) {
    socket.write(piece, 'latin1')
    // Long enough for the pieces to arrive apart.
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  if (close === 'reset') socket.resetAndDestroy()
  if (close === 'end') socket.end()
}

export const answer = (status: number, body: string, headers = '') =>
  `HTTP/1.1 ${status} Whatever\r\n${headers}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** 201 with an order whose id ends in the number. */
export const accepted = (order: number) =>
  answer(201, JSON.stringify({ id: orderId(order), status: 'placed', lines: [] }))

export const orderId = (order: number) => `01900000-0000-7000-8000-${String(order).padStart(12, '0')}`

export const refused = (status: number, code: string, headers = '') =>
  answer(status, JSON.stringify({ type: 'about:blank', status, code }), headers)
