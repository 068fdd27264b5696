import { randomUUID } from 'node:crypto'
import { eventually } from '@souk/testing'
import { keeper, operator, type Recipes } from './recipe.ts'
import type { World } from '../world.ts'

/** A job in a queue nobody takes from. */
async function freshJob(world: World): Promise<string> {
  const jobId = randomUUID()
  const jobs = JSON.stringify([{ id: jobId, data: { sweep: true } }])
  await world.query('select jobs.enqueue($1, $2, $3, 0, 5)', ['orders.sweep', jobs, '1 hour'])
  return jobId
}

async function failedJob(world: World): Promise<string> {
  const jobId = await freshJob(world)
  await world.query(`update jobs.job set state = 'failed', dead_letter = null where id = $1`, [jobId])
  return jobId
}

let letters = 0

async function freshLetter(world: World): Promise<string> {
  const letterId = randomUUID()
  await world.query(
    `insert into orders.dead_letters (id, consumer, source, shard, xid, seq, index, event_id, type, topic, key,
                                      schema_version, envelope, cause, attempts, parked_at)
     values ($1, 'orders.sweep', 'catalog', 'home', '1', $2, 0, '', 'catalog.swept', 'catalog.sweep', '',
             1, '', 'made for the sweep', 5, now())`,
    [letterId, (letters += 1)],
  )
  return letterId
}

/** One at a time: whatever an earlier call began is over when this has looked. */
async function noRehearsal(world: World): Promise<void> {
  await world.as(world.operator, 'POST', '/v1/operations/rehearsals/stop')
  await eventually(async () => {
    const reply = await world.as(world.operator, 'GET', '/v1/operations/rehearsals/latest')
    const { rehearsal } = reply.json as { rehearsal: { endedAt: string | null } | null }
    if (rehearsal?.endedAt === null) throw new Error('the rehearsal goes on')
  })
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

export const recoveryRecipes: Recipes = {
  listDeadLetters: operator(200, () => ({ query: { limit: 5, consumer: 'orders.sweep' } })),
  getDeadLetter: operator(200, async (world) => ({ params: { letterId: await freshLetter(world) } })),
  replayDeadLetters: operator(200, ({ a: { orderId } }) => ({ body: { ids: [orderId], afterId: orderId, limit: 5 } })),
  discardDeadLetters: operator(200, async (world) => ({
    body: { ids: [await freshLetter(world)], reason: 'made for the sweep' },
  })),
  listJobs: operator(200, () => ({ query: { limit: 5, state: 'completed' } })),
  getJob: operator(200, async (world) => ({ params: { jobId: await freshJob(world) } })),
  retryJob: operator(200, async (world) => ({ params: { jobId: await failedJob(world) } })),
  getLastAudit: operator(200),
  getDashboard: operator(200),
  getAnalytics: operator(200, () => ({ query: { from: daysAgo(3), until: daysAgo(1), grain: 'hour' } })),
  getShopAnalytics: keeper('orders')(200, ({ a: { shopId } }) => ({
    params: { shopId },
    query: { from: daysAgo(30), until: daysAgo(0) },
  })),
  getShopDashboard: keeper('orders')(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  getRehearsal: operator(200),
  stopRehearsal: operator(200),
  startRehearsal: operator(202, async (world) => {
    await noRehearsal(world)
    return { body: { data: 'empty', units: 1, buyers: 1, rate: 0 } }
  }),
  cancelJob: operator(200, async (world) => ({ params: { jobId: await freshJob(world) } })),
}
