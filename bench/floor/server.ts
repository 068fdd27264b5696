// The floor: the least code that durably takes and settles an order, to measure Souk against. One HTTP process, one
// PostgreSQL, micro-batched statements, fsync and synchronous_commit on. No accounts, no prices, no caps, no refusals:
// nothing that does real work can be faster by much.
//
//   DATABASE_URL=postgres://… node bench/floor/server.ts --port 7000
//   POST /orders {"lines":[{"sku":1,"qty":1}]} -> 201        GET /count -> {accepted, completed, rssMb}
import Fastify from 'fastify'
import { Pool } from 'pg'
import { randomBytes, randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createTables, placeOrders, readOutbox, settleOrders, type FloorOrder } from './floor.sql.ts'

type Line = { sku: number; qty: number }
type QueuedOrder = { order: FloorOrder; lines: Line[]; placed: () => void; failed: (error: unknown) => void }

const maxBatch = 256
// Two statements under way: one is being flushed to disk while the next is being executed.
const maxInFlight = 2
const priceMinor = 1999
const idlePollMs = 5

const { values } = parseArgs({ options: { port: { type: 'string', default: '7000' } } })
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 })
await createTables(pool)

const counts = { accepted: 0, completed: 0 }
const queue: QueuedOrder[] = []
let inFlight = 0
let scheduled = false

function uuidV7(): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function place(idempotencyKey: string, lines: Line[]): Promise<string> {
  const id = uuidV7()
  const order = { id, customerId: randomUUID(), idempotencyKey, totalMinor: priceMinor, lines: JSON.stringify(lines) }
  return new Promise((resolve, reject) => {
    queue.push({ order, lines, placed: () => resolve(id), failed: reject })
    drainSoon()
  })
}

function drainSoon() {
  if (scheduled || inFlight >= maxInFlight) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    while (inFlight < maxInFlight && queue.length > 0) void commit(queue.splice(0, maxBatch))
  })
}

async function commit(batch: QueuedOrder[]) {
  inFlight += 1
  try {
    const demand = new Map<number, number>()
    for (const { lines } of batch) for (const { sku, qty } of lines) demand.set(sku, (demand.get(sku) ?? 0) + qty)
    const skus = [...demand.keys()].sort((a, b) => a - b)
    const orders = batch.map(({ order }) => order)
    await placeOrders(
      pool,
      skus,
      skus.map((sku) => demand.get(sku) ?? 0),
      orders,
    )
    counts.accepted += batch.length
    for (const { placed } of batch) placed()
  } catch (error) {
    for (const { failed } of batch) failed(error)
  } finally {
    inFlight -= 1
    if (queue.length > 0) drainSoon()
  }
}

async function settle() {
  const client = await pool.connect()
  for (;;) {
    const rows = await readOutbox(client)
    const last = rows.at(-1)
    if (!last) {
      await new Promise((resolve) => setTimeout(resolve, idlePollMs))
      continue
    }
    const orderIds = rows.flatMap((row) => row.orderIds)
    await settleOrders(
      client,
      orderIds,
      orderIds.map(() => randomUUID()),
      priceMinor,
      last,
    )
    counts.completed += orderIds.length
  }
}

const line = {
  type: 'object',
  required: ['sku', 'qty'],
  properties: { sku: { type: 'integer' }, qty: { type: 'integer', minimum: 1 } },
}
const schema = {
  body: {
    type: 'object',
    required: ['lines'],
    properties: { lines: { type: 'array', minItems: 1, maxItems: 50, items: line } },
  },
  response: { 201: { type: 'object', properties: { id: { type: 'string' }, status: { type: 'string' } } } },
}

const app = Fastify()
app.post<{ Body: { lines: Line[] } }>('/orders', { schema }, async (request, reply) => {
  const key = request.headers['idempotency-key']
  const id = await place(typeof key === 'string' ? key : randomUUID(), request.body.lines)
  reply.code(201)
  return { id, status: 'placed' }
})
app.get('/count', () => ({ ...counts, rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) }))
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))

console.log(`floor listening on ${await app.listen({ port: Number(values.port), host: '127.0.0.1' })}`)
await settle()
