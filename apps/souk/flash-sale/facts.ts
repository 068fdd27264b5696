import { type Judgement, judgeRun, readHistory, type ServerOrder } from '@souk/bench'
import type { Api } from '../api.ts'
import type { Buyers } from './buyers.ts'
import { type Stage, unitsLeft } from './stage.ts'

type OrderAnswer = {
  id: string
  customerId: string
  status: string
  placedAt: string
  lines: { variantId: string; quantity: number }[]
  history: { status: string; at: string }[]
}
type Page = { items: OrderAnswer[]; nextCursor: string | null }

export type Facts = Judgement & {
  completed: number
  remaining: number
  /** From the last order placed to the last one confirmed, by the server's clock. */
  confirmingMs: number
}

/** Wait until no order of the shop waits for its next step. @returns whether that came to pass. */
export async function untilCompleted(api: Api, { shopId }: Stage, patienceMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + patienceMs
  for (;;) {
    const { items } = await api.get<Page>(`/v1/shops/${shopId}/orders?status=placed&limit=1`)
    if (items.length === 0) return true
    if (Date.now() > giveUpAt) return false
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/**
 * Hold what the clients were told against what the server knows, by its public API. An order does not show its
 * idempotency key; but every buyer of the run used one key only, so the customer of an order names its key.
 */
export async function establishFacts(
  api: Api,
  stage: Stage,
  run: { historyFile: string; buyers: Buyers; units: number },
): Promise<Facts> {
  const keyOf = new Map<string, string>()
  for await (const { customer, idempotencyKey } of readHistory(run.historyFile))
    keyOf.set(run.buyers.accountIds[customer] ?? '', idempotencyKey)
  let completed = 0
  let lastPlaced = 0
  let lastConfirmed = 0
  async function* orders(): AsyncGenerator<ServerOrder> {
    for await (const order of ordersOf(api, stage)) {
      const confirmed = order.history.find(({ status }) => status === 'confirmed')
      if (confirmed !== undefined) {
        completed += 1
        lastConfirmed = Math.max(lastConfirmed, Date.parse(confirmed.at))
      }
      lastPlaced = Math.max(lastPlaced, Date.parse(order.placedAt))
      yield {
        id: order.id,
        customerId: order.customerId,
        idempotencyKey: keyOf.get(order.customerId) ?? '',
        lines: order.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
        cancelled: order.status === 'cancelled',
      }
    }
  }
  const { granted, left } = await unitsLeft(api, stage)
  const judgement = await judgeRun({
    history: readHistory(run.historyFile),
    orders: orders(),
    allotments: [{ variantId: stage.variantId, granted, remaining: left }],
    asked: {
      customerId: (customer) => run.buyers.accountIds[customer] ?? '',
      lines: () => [{ variantId: stage.variantId, quantity: 1 }],
    },
    capPerCustomer: 1,
  })
  return { ...judgement, completed, remaining: left, confirmingMs: Math.max(0, lastConfirmed - lastPlaced) }
}

/** Orders of the run's product, newest first. The shop may have older ones, of other products. */
async function* ordersOf(api: Api, { shopId, variantId }: Stage): AsyncGenerator<OrderAnswer> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await api.get<Page>(
      `/v1/shops/${shopId}/orders?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    const ours = page.items.filter(({ lines }) => lines.some((line) => line.variantId === variantId))
    yield* ours
    // Products of earlier runs are archived: behind a page without any of ours come only theirs.
    cursor = ours.length === 0 ? null : page.nextCursor
  }
}
