import { randomUUID } from 'node:crypto'
import { readMap, shardsSchema } from '@souk/service'
import type { TestDatabase } from '@souk/testing'
import { runAudit } from './audit/run.ts'
import type { Marketplace } from './marketplace.ts'
import { dividedServices } from './shards.ts'

type Databases = Readonly<Record<string, TestDatabase>>

/** Where each bucket lies now. */
export async function whereBucketsLie(marketplace: Marketplace): Promise<string[]> {
  const db = marketplace.open(shardsSchema.service, { maxConnections: 1 })
  try {
    return (await readMap(db.autocommit)).buckets.map(({ shard }) => shard)
  } finally {
    await db.close()
  }
}

/** How many rows of these buckets there are, by table and shard. Tables that only know the shop are left out. */
export async function rowsOfBuckets(databases: Databases, buckets: readonly number[]) {
  const counts: Record<string, Record<string, number>> = {}
  for (const { name, tables } of dividedServices)
    for (const [table, move] of Object.entries(tables.tables)) {
      if (move === 'stays' || !('ofId' in move)) continue
      for (const [shard, database] of Object.entries(databases)) {
        const [row] = await database.query<{ n: number }>(
          `select count(*)::int as n from ${name}.${table}
            where ('x' || substr(${move.ofId}::text, 16, 3))::bit(12)::int % 1024 = any($1)`,
          [buckets],
        )
        if (row !== undefined && row.n > 0)
          counts[`${name}.${table}`] = { ...counts[`${name}.${table}`], [shard]: row.n }
      }
    }
  return counts
}

/** What the audit has against everything, over all shards. */
export async function unsound(marketplace: Marketplace) {
  const report = await runAudit(marketplace, { full: true })
  return report.checks
    .filter(({ findings, failure }) => findings.length > 0 || failure !== undefined)
    .map(({ service, invariant, findings, failure }) => ({
      service,
      invariant,
      findings: findings.slice(0, 3),
      failure,
    }))
}

type Answer = { status: number; id: string; code: string; retryAfter: string | null }

async function order(url: string, token: string, variantId: string, key: string, later = false): Promise<Answer> {
  const answer = await fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'idempotency-key': key,
      ...(later && { prefer: 'respond-async' }),
    },
    body: JSON.stringify({ lines: [{ variantId, quantity: 1 }] }),
  })
  const { id = '', code = '' } = (await answer.json()) as { id?: string; code?: string }
  return { status: answer.status, id, code, retryAfter: answer.headers.get('retry-after') }
}

/**
 * Buyers who order one thing after the other, some for later, each again and again while he is told to come back; and
 * who now and then send an old order once more. `strange`: every answer that should not have been.
 */
export function startBuyers(options: { url: string; token: string; count: number; variants: readonly string[] }) {
  const { url, token, variants } = options
  let stopping = false
  const orders = new Map<string, string>()
  /** Sent again as they were sent first: one that waits and is then asked for at once may be placed under either id. */
  const forLater = new Set<string>()
  const strange: string[] = []
  const seen = { placed: 0, soldOut: 0, refused: 0, repeated: 0 }
  const isForLater = ({ status, retryAfter }: Answer) => status === 503 && retryAfter !== null
  const pause = () => new Promise((resolve) => setTimeout(resolve, 200))

  async function buy(variantId: string, later: boolean): Promise<void> {
    const key = randomUUID()
    for (;;) {
      const answer = await order(url, token, variantId, key, later)
      if (isForLater(answer)) {
        seen.refused += 1
        await pause()
        continue
      }
      if (answer.status === 409 && answer.code === 'out-of-stock') seen.soldOut += 1
      else if (answer.status === (later ? 202 : 201)) {
        seen.placed += 1
        orders.set(`${variantId} ${key}`, answer.id)
        if (later) forLater.add(key)
      } else strange.push(JSON.stringify(answer))
      return
    }
  }

  async function sendAgain(turn: number): Promise<void> {
    const [name, id] = [...orders].at((turn * 31) % Math.max(1, orders.size)) ?? []
    if (name === undefined) return
    const [variantId = '', key = ''] = name.split(' ')
    const answer = await order(url, token, variantId, key, forLater.has(key))
    if (isForLater(answer)) return
    seen.repeated += 1
    // One that was for later may have been refused since.
    if (answer.id !== id && answer.status !== 409) strange.push(`${name} was ${id}, and then ${JSON.stringify(answer)}`)
  }

  const one = async (number: number) => {
    for (let turn = 0; !stopping; turn += 1) {
      await buy(variants[(turn * 7 + number * 13) % variants.length] as string, turn % 5 === 4)
      if (turn % 3 === 2) await sendAgain(turn)
    }
  }
  const working = Promise.all(Array.from({ length: options.count }, (_, number) => one(number)))
  return {
    orders,
    strange,
    seen,
    async stop() {
      stopping = true
      await working
    },
  }
}
