import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { canShareAddress, doorsOfServer, listenBehindDoors } from './doors.ts'
import { aRoute, aServer, person } from './server.fixture.ts'

const open: { close(): Promise<void> | void }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

const unlimited = { perAddress: 1e9, perAccount: 1e9 }
async function started(given: Parameters<typeof aServer>[0] = {}) {
  const server = aServer({ people: { t: person() }, ...given, limits: { ...unlimited, ...given.limits } })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  open.push(server)
  return { server, port }
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** So many connections at once, of a process of its own: it writes how many were answered, and ends. */
function crowd(port: number, size: number): Promise<number> {
  const child = spawn(process.execPath, [
    '-e',
    `const net = require('node:net'); let answered = 0, gone = 0
     for (let i = 0; i < ${size}; i++) {
       const socket = net.connect(${port}, '127.0.0.1')
       socket.write('GET /v1/things HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n')
       socket.once('data', () => { answered++ })
       socket.on('error', () => {})
       socket.on('close', () => { if (++gone === ${size}) { console.log(answered); process.exit() } })
     }`,
  ])
  return new Promise((resolve) => child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))))
}

/** In how many turns of the event loop a crowd was let in that came while it was busy, once everybody was answered. */
async function turnsOfACrowd(server: Server, port: number): Promise<number> {
  let turn = 0
  const count = () => {
    turn += 1
    beat = setImmediate(count)
  }
  let beat = setImmediate(count)
  const turns = new Set<number>()
  server.on('connection', () => turns.add(turn))
  const answered = crowd(port, 600)
  // Busy for as long as they need to come: one door would then let them in in 600 turns.
  await wait(100)
  const until = performance.now() + 1_000
  while (performance.now() < until);
  expect(await answered).toBe(600)
  clearImmediate(beat)
  return turns.size
}

describe('a crowd that comes all at once', () => {
  test.runIf(canShareAddress)('is let in many at a time, and everybody is answered', async () => {
    const { server, port } = await started()
    expect(await turnsOfACrowd(server.app.server, port)).toBeLessThan(200)
  })

  test.runIf(canShareAddress)(
    'so it is by a bare server, whose address nobody else can have until it has closed',
    async () => {
      const listen = async (server: Server, port: number) => {
        const doors = await listenBehindDoors(server, { host: '127.0.0.1', port })
        open.push(doors)
        return doors
      }
      const aBareServer = () => createServer((_, response) => response.end('here'))
      const server = aBareServer()
      const doors = await listen(server, 0)
      expect(await turnsOfACrowd(server, doors.port)).toBeLessThan(200)
      await expect(listen(aBareServer(), doors.port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
      await doors.close()
      expect(await listen(aBareServer(), doors.port)).toMatchObject({ port: doors.port })
    },
  )
})

test('who had come when the server was told to close is let in and answered', async () => {
  const { server, port } = await started()
  const answered = crowd(port, 600)
  // Busy while they come, and told to close before it has seen one of them.
  await wait(100)
  const until = performance.now() + 1_000
  while (performance.now() < until);
  await server.close()
  expect(await answered).toBe(600)
})

describe('an address', () => {
  test('that somebody has is not shared with him unnoticed, whether he shares it or not', async () => {
    const { port } = await started()
    const second = aServer({})
    await expect(second.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await second.close()
    const alone = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => alone.once('listening', resolve))
    open.push({ close: () => void alone.close() })
    const third = aServer({})
    const taken = (alone.address() as net.AddressInfo).port
    await expect(third.listen({ host: '127.0.0.1', port: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await third.close()
  })

  test('is free again once its server has closed, whichever doors people came in by', async () => {
    const { server, port } = await started()
    const idle = Array.from({ length: doorsOfServer }, () => net.connect(port, '127.0.0.1'))
    for (const socket of idle) socket.on('error', () => {})
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await server.close()
    const next = aServer({})
    expect(await next.listen({ host: '127.0.0.1', port })).toMatchObject({ port })
    open.push(next)
  })
})

test('no more connections are held than a server may have, through all its doors together', async () => {
  const { port } = await started({ limits: { maxConnections: 10 } })
  const sockets = Array.from({ length: 40 }, () => net.connect(port, '127.0.0.1'))
  let closed = 0
  for (const socket of sockets) {
    socket.on('error', () => {})
    socket.on('close', () => {
      closed += 1
    })
  }
  open.push({ close: () => sockets.forEach((socket) => socket.destroy()) })
  await expect.poll(() => closed, { timeout: 10_000 }).toBeGreaterThanOrEqual(30)
  await wait(50)
  expect(closed).toBeLessThanOrEqual(31)
})

test('what is being answered when the server closes is answered, by whichever door it was asked', async () => {
  const routes = [
    aRoute({
      async handle() {
        await wait(300)
        return { status: 200, body: { done: true } }
      },
    }),
  ]
  const { server, port } = await started({ routes })
  const texts: string[] = []
  const asked = Array.from({ length: 30 }, () => {
    const socket = net.connect(port, '127.0.0.1')
    socket.write('GET /v1/things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\n\r\n')
    socket.on('data', (data) => texts.push(data.toString('latin1')))
    return new Promise((resolve) => socket.on('close', resolve))
  })
  await wait(100)
  await server.close()
  await Promise.all(asked)
  expect(texts.filter((text) => text.startsWith('HTTP/1.1 200')).length).toBe(30)
})
