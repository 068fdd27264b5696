import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type Proxy, startProxy } from './proxy.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server that writes down what arrives and answers each message with its length. */
async function countingServer() {
  const arrived: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      arrived.push(chunk)
      socket.write(`${chunk.length};`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as { port: number }).port, arrived: () => Buffer.concat(arrived).toString() }
}

async function stage() {
  const server = await countingServer()
  const proxy: Proxy = await startProxy({ port: server.port })
  closing.push(proxy.close)
  const client = async () => {
    const socket = connect(proxy.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString()
    })
    socket.on('error', () => {})
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    closing.push(async () => {
      socket.destroy()
      await ended
    })
    await once(socket, 'connect')
    const says = async (text: string) => {
      const had = heard.length
      socket.write(text)
      await expect.poll(() => heard.length).toBeGreaterThan(had)
      return heard.slice(had)
    }
    return { socket, says, ended, heard: () => heard }
  }
  return { server, proxy, client }
}

test('without orders everything passes both ways', async () => {
  const { server, client } = await stage()
  const one = await client()
  expect(await one.says('hello')).toBe('5;')
  expect(server.arrived()).toBe('hello')
})

test('a dropped reply: the message has arrived, the client is cut off and hears nothing', async () => {
  const { server, proxy, client } = await stage()
  const [victim, bystander] = [await client(), await client()]
  await victim.says('before')
  const sprung = proxy.cutNext({ marker: Buffer.from('COMMIT'), cut: { kind: 'reply' } })
  victim.socket.write('please COMMIT this')
  await Promise.all([sprung, victim.ended])
  expect(server.arrived()).toContain('please COMMIT this')
  expect(victim.heard()).toBe('6;')
  expect(await bystander.says('still here')).toBe('10;')
  expect(proxy.cuts).toBe(1)
})

test('a marker that comes in two pieces is found', async () => {
  const { proxy, client } = await stage()
  const victim = await client()
  const sprung = proxy.cutNext({ marker: Buffer.from('COMMIT'), cut: { kind: 'reply' } })
  expect(await victim.says('COM')).toBe('3;')
  victim.socket.write('MIT')
  await Promise.all([sprung, victim.ended])
})

test('cut as soon as it is sent: the whole message arrives', async () => {
  const { server, proxy, client } = await stage()
  const victim = await client()
  void proxy.cutNext({ marker: Buffer.from('COMMIT'), cut: { kind: 'sent' } })
  victim.socket.write('COMMIT and more')
  await victim.ended
  await expect.poll(() => server.arrived()).toBe('COMMIT and more')
})

test('cut after some bytes: the rest never arrives', async () => {
  const { server, proxy, client } = await stage()
  const victim = await client()
  void proxy.cutNext({ marker: Buffer.from('COMMIT'), cut: { kind: 'after', bytes: 3 } })
  victim.socket.write('COMMIT and more')
  await victim.ended
  await expect.poll(() => server.arrived()).toBe('COM')
})

test('what is delayed or throttled comes later, in order and whole', async () => {
  const { server, proxy, client } = await stage()
  const one = await client()
  proxy.delay('up', 60)
  const beganAt = performance.now()
  one.socket.write('first ')
  setTimeout(() => proxy.delay('up', 0), 5)
  setTimeout(() => one.socket.write('second'), 10)
  await expect.poll(() => server.arrived()).toBe('first second')
  expect(performance.now() - beganAt).toBeGreaterThan(50)
  proxy.throttle('down', 100)
  const askedAt = performance.now()
  await one.says('x')
  expect(performance.now() - askedAt).toBeGreaterThan(15)
})

test('who is refused is refused at once, and let in again afterwards', async () => {
  const { proxy, client } = await stage()
  proxy.refuse(true)
  const socket = connect(proxy.port, '127.0.0.1')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  proxy.refuse(false)
  const one = await client()
  expect(await one.says('now')).toBe('3;')
  proxy.cutAll()
  await one.ended
})
