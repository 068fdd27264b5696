import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { type MessageStandIn, openDesk, type Trouble } from './stand-in.ts'

const failure = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

/** A real SMTP server, which keeps what it is handed instead of passing it on. Port 0: any that is free. */
export async function startSmtp(at = 0): Promise<MessageStandIn & { raw: string[] }> {
  const { desk, taken, troubles, unknownAddresses } = openDesk()
  const raw: string[] = []
  let current: Trouble = 'none'
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onMailFrom(_address, _session, done) {
      current = desk.trouble()
      if (current === 'limit') done(failure(421, 'Too many, come back later'))
      else if (current === 'busy') done(failure(451, 'Greylisted'))
      else done()
    },
    onRcptTo({ address }, _session, done) {
      if (current === 'refuse' || unknownAddresses.has(address)) done(failure(550, 'No such mailbox'))
      else done()
    },
    onData(stream, session, done) {
      let text = ''
      stream.setEncoding('utf8')
      stream.on('data', (chunk: string) => (text += chunk))
      stream.on('end', () => {
        raw.push(text)
        const head = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(text)?.[1]?.trim()
        taken.push({
          to: session.envelope.rcptTo[0]?.address ?? '',
          text,
          subject: head('Subject') ?? '',
          id: /^<([^@>]+)@/.exec(head('Message-ID') ?? '')?.[1] ?? '',
        })
        if (current === 'cut') for (const socket of sockets(server)) socket.destroy()
        else done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    taken,
    troubles,
    unknownAddresses,
    raw,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets(server)) socket.destroy()
      }),
  }
}

/** It keeps its connections without saying so in its types. */
const sockets = (server: SMTPServer) =>
  [...(server as unknown as { connections: Set<{ _socket: { destroy(): void } }> }).connections].map(
    (connection) => connection._socket,
  )
