import { DomainError } from '@souk/errors'
import { isUuid } from '@souk/postgres'
import { withBackOffice } from '../back-office.ts'
import { type Console, table, tame } from '../console.ts'
import { acting, type Desk, openDesk } from '../desk.ts'
import { Refusal, UsageError } from '../explain.ts'

type Timeline = {
  id: string
  status: string
  shopId: string
  customerId: string
  totalMinor: number
  currency: string
  paymentMethod: string
  entries: { at: string; kind: string; what: string; detail: string }[]
  steps: { step: string; state: string; attempts: number; nextAt: string | null; detail: string }[]
  payments: {
    method: string
    provider: string
    state: string
    amountMinor: number
    capturedMinor: number
    refundedMinor: number
    currency: string
  }[]
  notes: string[]
}
type Stuck = {
  items: { id: string; status: string; step: string; undoing: boolean; reason: string; since: string }[]
  nextCursor: string | null
}
type Saga = { id: string; status: string; steps: Timeline['steps'] }

/** Nobody's account: whoever can start the program reads its database anyway. */
const me = acting('00000000-0000-7000-8000-000000000000')

export function show(io: Console, orderId: string, { json }: { json?: true }): Promise<void> {
  checkIds([orderId])
  return atTheDesk(io, async (desk) => {
    const timeline = await desk.call<Timeline>('getOrderTimeline', { as: me, params: { orderId } })
    io.print(json ? JSON.stringify(timeline, null, 2) : drawn(timeline))
  })
}

export function stuck(io: Console, { json, limit }: { json?: true; limit: number }): Promise<void> {
  return atTheDesk(io, async (desk) => {
    const { items } = await desk.call<Stuck>('listStuckOrders', { as: me, query: { limit } })
    if (json) return io.print(JSON.stringify(items, null, 2))
    if (items.length === 0) return io.print('No order is stuck.')
    const rows = items.map(({ id, status, step, undoing, since, reason }) => [
      id,
      status,
      undoing ? `undo ${step}` : step,
      since.slice(0, 19),
      tame(reason).slice(0, 100),
    ])
    io.print(table(['order', 'is', 'stuck at', 'since', 'because'], rows))
  })
}

export const retry = (io: Console, ids: readonly string[], options: { json?: true }): Promise<number> =>
  actOn(io, ids, 'retryOrder', 'is tried again', options)

export const compensate = (io: Console, ids: readonly string[], options: { json?: true }): Promise<number> =>
  actOn(io, ids, 'compensateOrder', 'ends, and everything of it is put back', options)

async function actOn(
  io: Console,
  ids: readonly string[],
  operationId: string,
  words: string,
  { json }: { json?: true },
): Promise<number> {
  checkIds(ids)
  return atTheDesk(io, async (desk) => {
    const results: ({ id: string; refused: string } | Saga)[] = []
    for (const orderId of ids)
      try {
        results.push(await desk.call<Saga>(operationId, { as: me, params: { orderId } }))
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        results.push({ id: orderId, refused: error.message })
      }
    if (json) io.print(JSON.stringify(results, null, 2))
    else
      for (const result of results)
        io.print('refused' in result ? `${result.id}: ${result.refused}` : `${result.id} (${result.status}) ${words}.`)
    return results.some((result) => 'refused' in result) ? 1 : 0
  })
}

const atTheDesk = <T>(io: Console, work: (desk: Desk) => Promise<T>): Promise<T> =>
  withBackOffice(io, async ({ running }) => {
    try {
      return await work(openDesk(running))
    } catch (error) {
      throw error instanceof DomainError ? new Refusal(error.message) : error
    }
  })

function checkIds(ids: readonly string[]): void {
  const wrong = ids.find((id) => !isUuid(id))
  if (wrong !== undefined) throw new UsageError(`${tame(wrong)} is no id of an order.`)
}

const money = (minor: number, currency: string): string => {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`
}

const marks: Record<string, string> = {
  state: '●',
  event: '·',
  step: '↻',
  payment: '¤',
  goods: '▣',
  shipment: '→',
  return: '←',
  message: '✉',
}

/** A line per thing that happened, with the time since the one before. */
function drawn(timeline: Timeline): string {
  const { id, status, totalMinor, currency, paymentMethod, shopId, customerId } = timeline
  const lines = [
    `Order ${id}: ${status}`,
    `${money(totalMinor, currency)} by ${paymentMethod}, shop ${shopId}, customer ${customerId}`,
    '',
  ]
  let beforeMs: number | undefined
  for (const { at, kind, what, detail } of timeline.entries) {
    const atMs = Date.parse(at)
    const gap = beforeMs === undefined ? at.slice(0, 10) : `+${apart(atMs - beforeMs)}`
    beforeMs = atMs
    lines.push(`${at.slice(11, 23)}  ${gap.padStart(10)}  ${marks[kind] ?? ' '} ${tame(what)}`)
    if (detail !== '') lines.push(`${' '.repeat(28)}${tame(detail)}`)
  }
  for (const {
    method,
    provider,
    state,
    amountMinor,
    capturedMinor,
    refundedMinor,
    currency: unit,
  } of timeline.payments)
    lines.push(
      '',
      `Payment by ${method}${provider === '' ? '' : ` (${tame(provider)})`}: ${tame(state)}; ${money(amountMinor, unit || currency)}, ` +
        `collected ${money(capturedMinor, unit || currency)}, given back ${money(refundedMinor, unit || currency)}`,
    )
  const waiting = timeline.steps.filter(({ nextAt }) => nextAt !== null)
  for (const { step, state, nextAt, attempts } of waiting)
    lines.push('', `Next: ${step} is ${state} after ${attempts} failed attempts, looked at again at ${nextAt}`)
  for (const note of timeline.notes) lines.push('', `Note: ${tame(note)}`)
  lines.push('', '● state  · event  ↻ step  ¤ payment  ▣ goods  → shipment  ← return  ✉ message')
  return lines.join('\n')
}

function apart(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`
  return ms < 86_400_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} d`
}
