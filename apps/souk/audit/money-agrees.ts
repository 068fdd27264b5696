import {
  orderCancelled,
  orderConfirmed,
  orderDelivered,
  orderReturned,
  paymentCaptured,
  paymentRefunded,
  paymentsAuthorised,
  paymentsAuthorisedAtOnce,
} from '@souk/contracts'
import { type OrderDue, OrderService } from '@souk/contracts/orders'
import { PaymentService, type PaymentStanding } from '@souk/contracts/payments'
import type { EventType } from '@souk/events'
import type { AuditResult } from '@souk/service'
import type { House } from '../house.ts'
import { lately } from '../tail-all.ts'
import { faultOf } from './money-rules.ts'

type Audited = Pick<House, 'directory' | 'eventLog' | 'division'>

/** What one call may carry, by the contracts. */
const pageSize = 2_048
/** So many are enough to know that something is wrong. */
const manySuspects = 1_000

/**
 * Orders and payments say the same of every order's money. Looks at the orders something was lately announced of, by
 * either of them, or at all. The two are asked one after the other while work goes on: who differs is asked again before
 * it is believed. Some 30 µs an order.
 */
export async function moneyAgrees(
  house: Audited,
  { full, maxFindings }: { full: boolean; maxFindings: number },
): Promise<AuditResult> {
  const books = booksOf(house)
  const suspects = new Set<string>()
  let checked = 0
  for await (const orderIds of full ? everyOrder(books) : latestOrders(house, books)) {
    checked += orderIds.length
    for (const { orderId } of await books.disagreements(orderIds)) suspects.add(orderId)
    if (suspects.size >= manySuspects) break
  }
  let left = [...suspects].slice(0, Math.max(100, maxFindings))
  let found: Disagreement[] = []
  for (let attempt = 0; attempt < 5 && left.length > 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, attempt * 300))
    found = await books.disagreements(left)
    left = found.map(({ orderId }) => orderId)
  }
  const findings = found.slice(0, maxFindings)
  return { checked, findings: findings.map(({ orderId, message }) => ({ subject: `order ${orderId}`, message })) }
}

type Disagreement = { readonly orderId: string; readonly message: string }

type Books = ReturnType<typeof booksOf>

function booksOf({ directory }: Pick<Audited, 'directory'>) {
  const orders = directory.client(OrderService)
  const payments = directory.client(PaymentService)
  const dues = async (orderIds: string[]) =>
    new Map((await orders.listDues({ orderIds })).dues.map((due): [string, OrderDue] => [due.orderId, due]))
  const standings = async (orderIds: string[]) =>
    new Map(
      (await payments.listStandings({ orderIds })).standings.map((each): [string, PaymentStanding] => [
        each.orderId,
        each,
      ]),
    )
  return {
    /** Orders first: an order that is read as confirmed had its money promised before. */
    async disagreements(orderIds: string[]): Promise<Disagreement[]> {
      const [due, standing] = [await dues(orderIds), await standings(orderIds)]
      return orderIds.flatMap((orderId) => {
        const message = faultOf(due.get(orderId), standing.get(orderId), Date.now())
        return message === undefined ? [] : [{ orderId, message }]
      })
    },
    async withoutOrder(orderIds: string[]): Promise<string[]> {
      const known = await dues(orderIds)
      return orderIds.filter((orderId) => !known.has(orderId))
    },
    ordersAfter: async (afterOrderId: string) =>
      (await orders.listDues({ afterOrderId, limit: pageSize })).dues.map(({ orderId }) => orderId),
    paymentsAfter: async (afterOrderId: string) =>
      (await payments.listStandings({ afterOrderId, limit: pageSize })).standings.map(({ orderId }) => orderId),
  }
}

async function* everyOrder(books: Books): AsyncGenerator<string[]> {
  for await (const page of pages(books.ordersAfter)) yield page
  for await (const page of pages(books.paymentsAfter)) yield await books.withoutOrder(page)
}

async function* pages(next: (after: string) => Promise<string[]>): AsyncGenerator<string[]> {
  for (let after = ''; ; ) {
    const page = await next(after)
    if (page.length === 0) return
    yield page
    after = page.at(-1) ?? after
  }
}

/** What orders told of lately; then what payments did: of what was only promised, whether there is an order at all. */
async function* latestOrders(house: Audited, books: Books): AsyncGenerator<string[]> {
  yield* announced(house, 'orders', [orderConfirmed, orderCancelled, orderDelivered, orderReturned])
  yield* announced(house, 'payments', [paymentCaptured, paymentRefunded])
  for await (const page of announced(house, 'payments', [paymentsAuthorisedAtOnce, paymentsAuthorised]))
    yield await books.withoutOrder(page)
}

/** Ids of orders that events tell of, each once in its page. */
async function* announced(house: Audited, source: string, events: readonly EventType[]): AsyncGenerator<string[]> {
  let page = new Set<string>()
  for await (const { event } of lately(house, source, events))
    for (const orderId of ordersIn(event?.payload)) {
      page.add(orderId)
      if (page.size < pageSize) continue
      yield [...page]
      page = new Set()
    }
  if (page.size > 0) yield [...page]
}

function ordersIn(payload: unknown): string[] {
  const { orderId, payments } = (payload ?? {}) as { orderId?: string; payments?: { orderId: string }[] }
  return orderId === undefined ? (payments ?? []).map((payment) => payment.orderId) : [orderId]
}
