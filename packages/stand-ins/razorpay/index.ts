import { createHmac } from 'node:crypto'
import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../stand-in.ts'

type Notes = Record<string, string>
type Order = {
  id: string
  amount: number
  currency: string
  receipt: string
  status: 'created' | 'attempted' | 'paid'
  notes: Notes
  created_at: number
  automatic: boolean
}
type Payment = {
  id: string
  amount: number
  currency: string
  status: 'authorized' | 'captured' | 'refunded' | 'failed'
  order_id: string
  amount_refunded: number
  fee: number | null
  error_reason: string | null
  created_at: number
}
type Refund = {
  id: string
  payment_id: string
  amount: number
  currency: string
  status: 'processed'
  notes: Notes
  created_at: number
}

export type RazorpayStandIn = StandIn & {
  orders: ReadonlyMap<string, Order>
  payments: ReadonlyMap<string, Payment>
  refunds: readonly Refund[]
  /** The customer in Razorpay Checkout. */
  visit(orderId: string, decision: 'pay' | 'decline'): void
  /** `payment.captured` of an order's payment, as Razorpay sends it. */
  event(orderId: string, atMs: number, secret: string): { headers: Record<string, string>; body: string }
}

class Bad extends Error {}

/** Orders, payments, capture and refunds as Razorpay answers them; refunds know `X-Refund-Idempotency`. */
export async function startRazorpay(options: { keyId: string; keySecret: string }): Promise<RazorpayStandIn> {
  const orders = new Map<string, Order>()
  const payments = new Map<string, Payment>()
  const refunds: Refund[] = []
  const keys = new Map<string, { body: string; refund: Refund }>()
  let last = 0
  const id = (prefix: string) => `${prefix}_${String((last += 1)).padStart(14, '0')}`
  const now = () => Math.floor(Date.now() / 1_000)
  const allowed = `Basic ${Buffer.from(`${options.keyId}:${options.keySecret}`).toString('base64')}`

  const known = <T>(things: ReadonlyMap<string, T>, wanted: string): T => {
    const thing = things.get(wanted)
    if (thing === undefined) throw new Bad('The id provided does not exist')
    return thing
  }
  const list = (items: readonly object[]): StandInReply => ({
    status: 200,
    body: { entity: 'collection', count: items.length, items },
  })
  const shown = (order: Order) => ({ ...order, automatic: undefined, entity: 'order' })
  const paymentsOf = (orderId: string) => [...payments.values()].filter((payment) => payment.order_id === orderId)

  function create(body: Record<string, unknown>, wrongAmount: boolean): StandInReply {
    const amount = Number(body.amount) + (wrongAmount ? 100 : 0)
    if (!Number.isSafeInteger(amount) || amount < 100) throw new Bad('Order amount less than minimum amount allowed')
    const receipt = String(body.receipt)
    if (receipt.length > 40) throw new Bad('The receipt may not be greater than 40 characters.')
    const order: Order = {
      id: id('order'),
      amount,
      currency: String(body.currency),
      receipt,
      status: 'created',
      notes: (body.notes as Notes) ?? {},
      created_at: now(),
      automatic: (body.payment as { capture?: string } | undefined)?.capture === 'automatic',
    }
    orders.set(order.id, order)
    return { status: 200, body: shown(order) }
  }

  function take(payment: Payment): void {
    payment.status = 'captured'
    payment.fee = Math.round(payment.amount * 0.0236)
    known(orders, payment.order_id).status = 'paid'
  }

  function capture(payment: Payment, body: Record<string, unknown>): StandInReply {
    if (payment.status !== 'authorized') throw new Bad('This payment has already been captured')
    if (Number(body.amount) !== payment.amount) throw new Bad('Capture amount must be equal to the amount authorized')
    take(payment)
    return { status: 200, body: payment }
  }

  function refund(payment: Payment, text: string, key: string | undefined): StandInReply {
    const before = key === undefined ? undefined : keys.get(key)
    if (before !== undefined && before.body !== text) throw new Bad('Different request body for the same key')
    if (before !== undefined) return { status: 200, body: before.refund }
    const body = JSON.parse(text) as { amount: number; notes: Notes }
    if (payment.status !== 'captured') throw new Bad('The payment status should be captured for action to be taken')
    if (payment.amount_refunded + body.amount > payment.amount)
      throw new Bad('The total refund amount is greater than the refund payment amount')
    payment.amount_refunded += body.amount
    if (payment.amount_refunded === payment.amount) payment.status = 'refunded'
    const made: Refund = {
      id: id('rfnd'),
      payment_id: payment.id,
      amount: body.amount,
      currency: payment.currency,
      status: 'processed',
      notes: body.notes,
      created_at: now(),
    }
    refunds.push(made)
    if (key !== undefined) keys.set(key, { body: text, refund: made })
    return { status: 200, body: made }
  }

  function listOrders(query: URLSearchParams): StandInReply {
    const [from, to] = [Number(query.get('from') ?? 0), Number(query.get('to') ?? Infinity)]
    const found = [...orders.values()]
      .filter((order) => !query.has('receipt') || order.receipt === query.get('receipt'))
      .filter((order) => order.created_at >= from && order.created_at <= to)
      .toReversed()
    const skip = Number(query.get('skip') ?? 0)
    return list(found.slice(skip, skip + Math.min(100, Number(query.get('count') ?? 10))).map(shown))
  }

  function answer({ method, path, query, body: text, headers }: StandInRequest, wrongAmount: boolean): StandInReply {
    if (headers.authorization !== allowed) return failed(401, 'Authentication failed')
    const [, what, wanted = '', then] = /^\/v1\/(orders|payments)(?:\/(\w+))?(?:\/(\w+))?$/.exec(path) ?? []
    const route = `${method} ${what}${wanted && '/id'}${then === undefined ? '' : `/${then}`}`
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    switch (route) {
      case 'POST orders':
        return create(body, wrongAmount)
      case 'GET orders':
        return listOrders(query)
      case 'GET orders/id':
        return { status: 200, body: shown(known(orders, wanted)) }
      case 'PATCH orders/id': {
        const order = known(orders, wanted)
        order.notes = body.notes as Notes
        return { status: 200, body: shown(order) }
      }
      case 'GET orders/id/payments':
        return list(paymentsOf(wanted))
      case 'POST payments/id/capture':
        return capture(known(payments, wanted), body)
      case 'POST payments/id/refund':
        return refund(known(payments, wanted), text, headers['x-refund-idempotency'])
      case 'GET payments/id/refunds':
        return list(refunds.filter((one) => one.payment_id === wanted))
      default:
        return failed(404, `The requested URL was not found on the server: ${method} ${path}`)
    }
  }

  const standIn = await startStandIn({
    operationOf,
    answer(request, wrongAmount) {
      try {
        return answer(request, wrongAmount)
      } catch (error) {
        if (error instanceof Bad) return failed(400, error.message)
        throw error
      }
    },
  })
  return {
    ...standIn,
    orders,
    payments,
    refunds,
    visit(orderId, decision) {
      const order = known(orders, orderId)
      const payment: Payment = {
        id: id('pay'),
        amount: order.amount,
        currency: order.currency,
        status: decision === 'pay' ? 'authorized' : 'failed',
        order_id: orderId,
        amount_refunded: 0,
        fee: null,
        error_reason: decision === 'pay' ? null : 'payment_failed',
        created_at: now(),
      }
      order.status = 'attempted'
      payments.set(payment.id, payment)
      if (decision === 'pay' && order.automatic) take(payment)
    },
    event(orderId, atMs, secret) {
      const [payment] = paymentsOf(orderId)
      const body = JSON.stringify({
        entity: 'event',
        account_id: 'acc_1',
        event: 'payment.captured',
        contains: ['payment'],
        payload: { payment: { entity: payment } },
        created_at: Math.floor(atMs / 1_000),
      })
      const signature = createHmac('sha256', secret).update(body).digest('hex')
      return { headers: { 'x-razorpay-signature': signature, 'x-razorpay-event-id': id('evt') }, body }
    },
  }
}

const failed = (status: number, description: string): StandInReply => ({
  status,
  body: { error: { code: 'BAD_REQUEST_ERROR', description, source: 'NA', step: 'NA', reason: 'NA', metadata: {} } },
})

function operationOf({ method, path }: StandInRequest): string | undefined {
  if (method === 'GET') return /^\/v1\/orders\/\w+$/.test(path) ? 'find' : undefined
  if (path === '/v1/orders') return 'authorise'
  return path.endsWith('/refund') ? 'refund' : path.endsWith('/capture') ? 'capture' : undefined
}
