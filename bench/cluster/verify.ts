import { Client } from 'pg'
import { type CheckResult, judgeRun } from '../checks.ts'
import { checkOf } from '../faults/judge.ts'
import { countOrders, type OrderRow, readAllotments, readOrders } from '../faults/referee.sql.ts'
import { readHistory } from '../load/index.ts'
import type { ClusterSent, ClusterStage } from './stage.ts'
import type { ClusterUnderTest } from './types.ts'

/** Look into every database beside the marketplace. */
export async function onEachDatabase<T>(cluster: ClusterUnderTest, work: (client: Client) => Promise<T>): Promise<T[]> {
  return await Promise.all(
    cluster.shards.map(async (shard) => {
      const client = new Client({ connectionString: cluster.adminUrl(shard), application_name: 'souk faults' })
      client.on('error', () => {})
      await client.connect()
      try {
        return await work(client)
      } finally {
        await client.end().catch(() => {})
      }
    }),
  )
}

/** Until nothing waits and nothing is added, for a second and a half. @returns how long that took. */
export async function drainCluster(cluster: ClusterUnderTest, patienceMs = 120_000): Promise<number | undefined> {
  const beganAt = performance.now()
  let calmSince = beganAt
  let before = -1
  while (performance.now() - beganAt < patienceMs) {
    const counts = await onEachDatabase(cluster, countOrders).catch(() => [{ orders: -2, waiting: 1 }])
    const orders = counts.reduce((sum, each) => sum + each.orders, 0)
    if (counts.some(({ waiting }) => waiting > 0) || orders !== before) calmSince = performance.now()
    if (performance.now() - calmSince > 1_500) return Math.round(calmSince - beganAt)
    before = orders
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return undefined
}

/** What customers of one load were told, against what lies in all databases; and the server's own audit. */
export async function judgeCluster(
  cluster: ClusterUnderTest,
  stage: ClusterStage,
  sent: ClusterSent,
  drainMs: number | undefined,
): Promise<CheckResult[]> {
  const mine = new Set(sent.stage.accountIds)
  const found = (
    await onEachDatabase(cluster, async (client) => {
      const orders: OrderRow[] = []
      const allotments: Awaited<ReturnType<typeof readAllotments>> = []
      for (const shopId of stage.shopIds) {
        orders.push(...(await readOrders(client, shopId)))
        allotments.push(...(await readAllotments(client, shopId)))
      }
      return { orders, allotments }
    })
  ).reduce((all, each) => ({
    orders: [...all.orders, ...each.orders],
    allotments: [...all.allotments, ...each.allotments],
  }))
  const orders = found.orders.filter(({ customerId }) => mine.has(customerId))
  const judgement = await judgeRun({
    history: readHistory(sent.file),
    orders: orders.map((order) => ({
      id: order.orderId,
      customerId: order.customerId,
      idempotencyKey: order.key ?? '',
      lines: order.lines,
      cancelled: order.status === 'cancelled',
    })),
    // Sums over all loads so far: of this one alone nobody keeps a count. The audit compares them with every order.
    allotments: [],
    asked: {
      customerId: (customer) => sent.stage.accountIds[customer] ?? '',
      lines: (target) => sent.stage.targets[target]?.lines ?? [],
    },
  })
  const { indeterminate, shed, refused, refusedByReason, sent: asked } = sent.result
  const stuck = orders.filter(({ status }) => status !== 'confirmed')
  const findings = await auditUntilCalm(cluster)
  return [
    ...judgement.checks.filter(({ id, checked }) => checked > 0 || !/sold/.test(id)),
    checkOf('answered', 'Everybody had an answer in the end, and it was yes', asked, [
      ...(indeterminate + shed > 0 ? [`${indeterminate + shed} of ${asked} had none`] : []),
      ...(refused > 0 ? [`${refused} were refused: ${JSON.stringify(refusedByReason)}`] : []),
    ]),
    checkOf(
      'completed',
      'Every order that was accepted was confirmed',
      orders.length,
      stuck.map(({ orderId, status }) => `order ${orderId} is ${status}`),
    ),
    checkOf('drained', 'Everything came to rest by itself', 1, drainMs === undefined ? ['not within two minutes'] : []),
    checkOf('audit', 'The books of all databases balance', 1, findings),
  ]
}

/** What notices the end of a fault a little later than orders do (lags, leases) has half a minute. */
async function auditUntilCalm(cluster: ClusterUnderTest): Promise<string[]> {
  const giveUpAt = performance.now() + 30_000
  for (;;) {
    const findings = await cluster.audit()
    if (findings.length === 0 || performance.now() > giveUpAt) return findings
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
}
