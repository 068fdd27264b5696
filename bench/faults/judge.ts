import { type CheckResult, judgeRun } from '../checks.ts'
import { type HistoryEntry, readHistory } from '../load/index.ts'
import type { DifficultCustomers } from './customers.ts'
import type { Sent } from './load.ts'
import {
  countOrders,
  inOneSnapshot,
  readAllotments,
  readOrders,
  readOvershotCaps,
  removePoison,
} from './referee.sql.ts'
import type { Line, Stage } from './stage.ts'
import { poison } from './strike.ts'
import type { World } from './world.ts'

export type Verdict = {
  checks: CheckResult[]
  oversold: number
  duplicates: number
  lost: number
  cancelled: number
  completed: number
}

type AuditAnswer = {
  checks: {
    service: string
    invariant: string
    title: string
    checked: number
    findings: { subject: string; message: string }[]
    failure: string | null
  }[]
}

/**
 * Wait until nothing is under way any more: nothing waits for its next step, and for a second no order was added by a
 * batch whose outcome was still being looked up. @returns how long it took, undefined when it did not come to rest.
 */
export async function drain(world: World, patienceMs = 60_000): Promise<number | undefined> {
  const beganAt = performance.now()
  let calmSince = beganAt
  let before = -1
  while (performance.now() - beganAt < patienceMs) {
    const { orders, waiting } = await world.referee(countOrders)
    if (waiting > 0 || orders !== before) calmSince = performance.now()
    if (performance.now() - calmSince > 1_200) return Math.round(calmSince - beganAt)
    before = orders
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return undefined
}

/** Hold what every client was told against what the server knows, count the rest, and let the server audit itself. */
export async function judge(
  world: World,
  stage: Stage,
  sent: readonly Sent[],
  difficult: DifficultCustomers | undefined,
): Promise<Verdict> {
  const lines: Line[][] = []
  const refusals: HistoryEntry[] = []
  const seen = (entry: HistoryEntry) => {
    if (entry.outcome === 'refused') refusals.push(entry)
    return entry
  }
  async function* history(): AsyncGenerator<HistoryEntry> {
    for (const { file, targets } of sent) {
      const offset = lines.length
      lines.push(...targets.map((target) => target.lines))
      for await (const entry of readHistory(file)) yield seen({ ...entry, target: entry.target + offset })
    }
    const offset = lines.length
    lines.push(...(difficult?.asked ?? []))
    for (const entry of difficult?.history ?? []) yield seen({ ...entry, target: entry.target + offset })
  }
  const { orders, allotments, overshot } = await world.referee((client) =>
    inOneSnapshot(client, async () => ({
      orders: await readOrders(client, stage.shopId),
      allotments: await readAllotments(client, stage.shopId),
      overshot: await readOvershotCaps(client),
    })),
  )
  const judgement = await judgeRun({
    history: history(),
    orders: orders.map((order) => ({
      id: order.orderId,
      customerId: order.customerId,
      idempotencyKey: order.key ?? '',
      lines: order.lines,
      cancelled: order.status === 'cancelled',
    })),
    allotments,
    asked: {
      customerId: (customer) => stage.accountIds[customer] ?? '',
      lines: (target) => lines[target] ?? [],
    },
  })
  const cancelled = orders.filter(({ status }) => status === 'cancelled')
  const completed = orders.filter(({ status }) => status === 'confirmed').length
  const stuck = orders.filter(({ status }) => status !== 'cancelled' && status !== 'confirmed')
  const asked = difficult?.cancelled ?? new Set<string>()
  const unasked = cancelled.filter(({ orderId }) => !asked.has(orderId))
  const cancelledIds = new Set(cancelled.map(({ orderId }) => orderId))
  const kept = [...asked].filter((orderId) => !cancelledIds.has(orderId))
  const wrongly = refusals.filter(({ code }) => !truthful.has(code))
  const checks: CheckResult[] = [
    ...judgement.checks,
    checkOf(
      'completed',
      'Every order that was accepted and not cancelled was completed',
      orders.length,
      stuck.map(({ orderId, status }) => `order ${orderId} is ${status}`),
    ),
    checkOf('cancelled', 'Who cancelled was believed, and nobody else’s order was', asked.size, [
      ...kept.map((orderId) => `order ${orderId} was cancelled, said the answer, and is not`),
      ...unasked.map(({ orderId }) => `order ${orderId} is cancelled, and nobody was told so`),
    ]),
    checkOf(
      'refused-rightly',
      'Whoever was refused was told the truth: sold out, or his share of the sale bought',
      refusals.length,
      wrongly.map(
        ({ code, idempotencyKey }) => `key ${idempotencyKey} was refused with ${code}, and all of it is on sale`,
      ),
    ),
    checkOf(
      'caps',
      'No customer has more in the sale than its cap',
      overshot[0]?.holders ?? 0,
      overshot.filter(({ units, cap }) => units > cap).map((row) => `${row.customerId} has ${row.units} of ${row.cap}`),
    ),
    ...complaintsOf(difficult),
  ]
  await world.referee((client) => removePoison(client, poison))
  return { ...judgement, checks: [...checks, ...(await audit(world))], cancelled: cancelled.length, completed }
}

/** Everything in the run is on sale from beginning to end, so there is no other reason to say no. */
const truthful = new Set(['out-of-stock', 'cap-reached', 'refused-later', 'rate-limited'])

const complaintTitles = {
  'same-key': 'One key clicked twenty times at once made one order',
  'other-body': 'A key used for something else was refused',
  cancel: 'An order could be cancelled by its customer',
  later: 'What was accepted for later was decided',
} as const

const complaintsOf = (difficult: DifficultCustomers | undefined): CheckResult[] =>
  difficult === undefined
    ? []
    : (Object.keys(complaintTitles) as (keyof typeof complaintTitles)[]).map((about) =>
        checkOf(
          `customers-${about}`,
          complaintTitles[about],
          difficult.done[about],
          difficult.complaints.filter((complaint) => complaint.about === about).map(({ text }) => text),
        ),
      )

/** The server's own audit over everything, as an operator would ask for it. */
async function audit(world: World): Promise<CheckResult[]> {
  const report = await world.souk.api.get<AuditAnswer>('/v1/operations/audit?full=true')
  return report.checks.map(({ service, invariant, title, checked, findings, failure }) =>
    checkOf(`audit-${service}-${invariant}`, title, checked, [
      ...findings.map(({ subject, message }) => `${subject}: ${message}`),
      ...(failure === null ? [] : [`could not be checked: ${failure}`]),
    ]),
  )
}

export const checkOf = (id: string, title: string, checked: number, faults: readonly string[]): CheckResult => ({
  id,
  title,
  checked,
  broken: faults.length,
  examples: faults.slice(0, 10),
})
