import { connect, createServer } from 'node:net'

/** Below the range from which systems number outgoing connections, and away from PostgreSQL's. */
const range = { from: 23_500, count: 8_000 }

/** So many different free ports of 127.0.0.1; each the first of `inARow` that are free and nobody else's. */
export async function freePorts(count: number, inARow = 1): Promise<number[]> {
  const found: number[] = []
  for (let attempt = 0; found.length < count; attempt += 1) {
    if (attempt > 100 + 10 * count) throw new Error('no free port was found on 127.0.0.1')
    const port = range.from + Math.floor(Math.random() * range.count)
    if (found.some((other) => Math.abs(other - port) < inARow)) continue
    const row = Array.from({ length: inARow }, (_, at) => port + at)
    if ((await Promise.all(row.map(isFree))).every((free) => free)) found.push(port)
  }
  return found
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.on('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })

/** Whether somebody listens there. */
export const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const done = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.setTimeout(1_000, () => done(false))
  })
