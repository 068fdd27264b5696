import { createSign, randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../stand-in.ts'
import { makeCertificate } from './certificate.ts'

type Money = { currency_code: string; value: string }
type Part = { id: string; status: string; amount: Money; custom_id: string; invoice_id: string; create_time: string }
type Order = {
  id: string
  intent: 'CAPTURE' | 'AUTHORIZE'
  status: 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'COMPLETED'
  amount: Money
  custom_id: string
  invoice_id: string
  description: string
  create_time: string
  /** What the payer chose will not be taken. */
  badInstrument: boolean
  authorizations: Part[]
  captures: Part[]
  refunds: Part[]
}

export type PayPalStandIn = StandIn & {
  orders: ReadonlyMap<string, Order>
  /** The payer at PayPal: agrees, or agrees with a card that will not do. */
  visit(orderId: string, decision: 'pay' | 'decline'): void
  event(
    orderId: string,
    atMs: number,
    webhookId: string,
    changed?: { certUrl?: string },
  ): { headers: Record<string, string>; body: string }
  /** All tokens given out so far are no longer good. */
  revokeTokens(): void
}

class PayPalError extends Error {
  readonly status: number
  constructor(status: number, issue: string) {
    super(issue)
    this.status = status
  }
}

const cents = (money: Money): number => Math.round(Number(money.value) * 100)
const later = 365 * 86_400_000

/** OAuth, orders v2, payments v2, transaction search and signed webhooks as PayPal has them; `PayPal-Request-Id` on all POSTs. */
export async function startPayPal(options: { clientId: string; clientSecret: string }): Promise<PayPalStandIn> {
  const orders = new Map<string, Order>()
  const answers = new Map<string, { path: string; read: () => StandInReply }>()
  const tokens = new Set<string>()
  const { key, pem } = makeCertificate({ fromMs: Date.now() - later, toMs: Date.now() + later })
  let last = 0
  let url = ''
  const id = (prefix: string) => `${prefix}${String((last += 1)).padStart(13, '0')}`
  const time = () => new Date().toISOString()

  const part = (of: Order, prefix: string, status: string, amount: Money, invoice = of.invoice_id): Part => ({
    id: id(prefix),
    status,
    amount,
    custom_id: of.custom_id,
    invoice_id: invoice,
    create_time: time(),
  })
  const fee = ({ currency_code, value }: Money): Money => ({ currency_code, value: (Number(value) * 0.03).toFixed(2) })
  const shownCapture = (capture: Part) => ({
    ...capture,
    final_capture: true,
    seller_receivable_breakdown: { gross_amount: capture.amount, paypal_fee: fee(capture.amount) },
  })
  const shown = (order: Order) => ({
    id: order.id,
    intent: order.intent,
    status: order.status,
    create_time: order.create_time,
    purchase_units: [
      {
        reference_id: 'default',
        amount: order.amount,
        custom_id: order.custom_id,
        invoice_id: order.invoice_id,
        description: order.description,
        payments: {
          ...(order.authorizations.length > 0 && { authorizations: order.authorizations }),
          ...(order.captures.length > 0 && { captures: order.captures.map(shownCapture) }),
          ...(order.refunds.length > 0 && { refunds: order.refunds }),
        },
      },
    ],
    links: [
      { href: `${url}/v2/checkout/orders/${order.id}`, rel: 'self', method: 'GET' },
      { href: `https://www.paypal.com/checkoutnow?token=${order.id}`, rel: 'payer-action', method: 'GET' },
    ],
  })

  const known = (orderId: string): Order => {
    const order = orders.get(orderId)
    if (order === undefined) throw new PayPalError(404, 'INVALID_RESOURCE_ID')
    return order
  }
  const having = (what: 'authorizations' | 'captures', partId: string): { order: Order; part: Part } => {
    for (const order of orders.values()) {
      const found = order[what].find((one) => one.id === partId)
      if (found !== undefined) return { order, part: found }
    }
    throw new PayPalError(404, 'INVALID_RESOURCE_ID')
  }

  function create(body: Record<string, unknown>, wrongAmount: boolean): () => StandInReply {
    const [unit] = body.purchase_units as {
      amount: Money
      custom_id: string
      invoice_id: string
      description: string
    }[]
    if (unit === undefined || !/^\d+(\.\d\d)?$/.test(unit.amount.value))
      throw new PayPalError(400, 'INVALID_PARAMETER_VALUE')
    const amount = {
      ...unit.amount,
      value: wrongAmount ? (Number(unit.amount.value) + 1).toFixed(2) : unit.amount.value,
    }
    const order: Order = {
      id: id('5O'),
      intent: body.intent as Order['intent'],
      status: 'PAYER_ACTION_REQUIRED',
      amount,
      custom_id: unit.custom_id,
      invoice_id: unit.invoice_id,
      description: unit.description,
      create_time: time(),
      badInstrument: false,
      authorizations: [],
      captures: [],
      refunds: [],
    }
    orders.set(order.id, order)
    return () => ({ status: 200, body: shown(order) })
  }

  function patch(order: Order, text: string): StandInReply {
    if (order.status === 'COMPLETED') throw new PayPalError(422, 'ORDER_ALREADY_COMPLETED')
    for (const { path, value } of JSON.parse(text) as { path: string; value: string }[]) {
      if (path !== "/purchase_units/@reference_id=='default'/description") throw new PayPalError(422, 'NOT_PATCHABLE')
      order.description = value
    }
    return { status: 204, body: '' }
  }

  function complete(order: Order, intent: Order['intent']): () => StandInReply {
    if (order.status === 'COMPLETED') throw new PayPalError(422, 'ORDER_ALREADY_CAPTURED')
    if (order.status !== 'APPROVED') throw new PayPalError(422, 'ORDER_NOT_APPROVED')
    if (order.intent !== intent) throw new PayPalError(422, 'ACTION_DOES_NOT_MATCH_INTENT')
    if (order.badInstrument) throw new PayPalError(422, 'INSTRUMENT_DECLINED')
    order.status = 'COMPLETED'
    if (intent === 'AUTHORIZE') order.authorizations.push(part(order, '0A', 'CREATED', order.amount))
    else order.captures.push(part(order, '3C', 'COMPLETED', order.amount))
    return () => ({ status: 201, body: shown(order) })
  }

  function capture(authorizationId: string, body: Record<string, unknown>): () => StandInReply {
    const { order, part: authorization } = having('authorizations', authorizationId)
    if (authorization.status === 'VOIDED') throw new PayPalError(422, 'AUTHORIZATION_VOIDED')
    if (authorization.status === 'CAPTURED') throw new PayPalError(422, 'AUTHORIZATION_ALREADY_CAPTURED')
    const amount = (body.amount as Money | undefined) ?? authorization.amount
    if (cents(amount) > cents(authorization.amount)) throw new PayPalError(422, 'MAX_CAPTURE_AMOUNT_EXCEEDED')
    authorization.status = 'CAPTURED'
    const made = part(order, '3C', 'COMPLETED', amount)
    order.captures.push(made)
    return () => ({ status: 201, body: shownCapture(made) })
  }

  function release(authorizationId: string): () => StandInReply {
    const { part: authorization } = having('authorizations', authorizationId)
    if (authorization.status === 'CAPTURED') throw new PayPalError(422, 'AUTHORIZATION_ALREADY_CAPTURED')
    authorization.status = 'VOIDED'
    return () => ({ status: 204, body: '' })
  }

  function refund(captureId: string, body: Record<string, unknown>): () => StandInReply {
    const { order, part: captured } = having('captures', captureId)
    const amount = (body.amount as Money | undefined) ?? captured.amount
    const before = order.refunds.reduce((sum, one) => sum + cents(one.amount), 0)
    if (before === cents(captured.amount)) throw new PayPalError(422, 'CAPTURE_FULLY_REFUNDED')
    if (before + cents(amount) > cents(captured.amount)) throw new PayPalError(422, 'REFUND_AMOUNT_EXCEEDED')
    captured.status = before + cents(amount) === cents(captured.amount) ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
    const made = part(order, '1R', 'COMPLETED', amount, String(body.invoice_id))
    order.refunds.push(made)
    return () => ({ status: 201, body: made })
  }

  function transactions(query: URLSearchParams): StandInReply {
    const [from, to] = [Date.parse(query.get('start_date') ?? ''), Date.parse(query.get('end_date') ?? '')]
    if (Number.isNaN(from) || to - from > 31 * 86_400_000) throw new PayPalError(400, 'INVALID_REQUEST')
    const entries = [...orders.values()].flatMap((order) => [
      ...order.captures.map((one) => ({ one, sign: '', fee_amount: fee(one.amount) })),
      ...order.refunds.map((one) => ({ one, sign: '-', fee_amount: undefined })),
    ])
    const details = entries
      .filter(({ one }) => Date.parse(one.create_time) >= from && Date.parse(one.create_time) < to)
      .map(({ one, sign, fee_amount }) => ({
        transaction_info: {
          transaction_id: one.id,
          transaction_event_code: sign === '' ? 'T0006' : 'T1107',
          transaction_initiation_date: one.create_time,
          transaction_updated_date: one.create_time,
          transaction_amount: { ...one.amount, value: `${sign}${one.amount.value}` },
          ...(fee_amount !== undefined && { fee_amount }),
          transaction_status: 'S',
          invoice_id: one.invoice_id,
          custom_field: one.custom_id,
        },
      }))
    return { status: 200, body: { transaction_details: details, page: 1, total_items: details.length, total_pages: 1 } }
  }

  function change({ path, body: text }: StandInRequest, wrongAmount: boolean): () => StandInReply {
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    if (path === '/v2/checkout/orders') return create(body, wrongAmount)
    const [, what, wanted = '', then] = /^\/v2\/(checkout\/orders|payments\/\w+)\/(\w+)\/(\w+)$/.exec(path) ?? []
    const route = `${what}/${then}`
    if (route === 'checkout/orders/capture') return complete(known(wanted), 'CAPTURE')
    if (route === 'checkout/orders/authorize') return complete(known(wanted), 'AUTHORIZE')
    if (route === 'payments/authorizations/capture') return capture(wanted, body)
    if (route === 'payments/authorizations/void') return release(wanted)
    if (route === 'payments/captures/refund') return refund(wanted, body)
    throw new PayPalError(404, 'NOT_FOUND')
  }

  function signIn({ headers, body }: StandInRequest): StandInReply {
    const expected = `Basic ${Buffer.from(`${options.clientId}:${options.clientSecret}`).toString('base64')}`
    if (headers.authorization !== expected || !body.includes('grant_type=client_credentials'))
      return { status: 401, body: { error: 'invalid_client', error_description: 'Client Authentication failed' } }
    const token = id('A21AA')
    tokens.add(token)
    return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: 32_400, scope: 'x' } }
  }

  function answer(request: StandInRequest, wrongAmount: boolean): StandInReply {
    const { method, path, headers } = request
    if (path === '/v1/oauth2/token') return signIn(request)
    if (path === '/v1/notifications/certs/CERT-1') return { status: 200, body: pem }
    if (!tokens.has((headers.authorization ?? '').replace('Bearer ', '')))
      return { status: 401, body: { error: 'invalid_token', error_description: 'Token signature verification failed' } }
    try {
      if (method === 'GET' && path === '/v1/reporting/transactions') return transactions(request.query)
      if (method === 'GET') return { status: 200, body: shown(known(path.split('/').at(-1) as string)) }
      if (method === 'PATCH') return patch(known(path.split('/').at(-1) as string), request.body)
      const requestId = headers['paypal-request-id']
      const before = requestId === undefined ? undefined : answers.get(requestId)
      // The same key gives what became of the first request, as it is now.
      if (before !== undefined && before.path === path) return before.read()
      const read = change(request, wrongAmount)
      if (requestId !== undefined) answers.set(requestId, { path, read })
      return read()
    } catch (error) {
      if (!(error instanceof PayPalError)) throw error
      const name = error.status === 422 ? 'UNPROCESSABLE_ENTITY' : 'RESOURCE_NOT_FOUND'
      return {
        status: error.status,
        body: { name, debug_id: 'x', details: [{ issue: error.message, description: '' }] },
      }
    }
  }

  const standIn = await startStandIn({ operationOf, answer })
  url = standIn.url
  return {
    ...standIn,
    orders,
    visit(orderId, decision) {
      const order = known(orderId)
      order.status = 'APPROVED'
      order.badInstrument = decision === 'decline'
    },
    event(orderId, atMs, webhookId, changed = {}) {
      const order = known(orderId)
      const body = JSON.stringify({
        id: `WH-${orderId}`,
        event_version: '1.0',
        create_time: new Date(atMs).toISOString(),
        resource_type: 'capture',
        event_type: 'PAYMENT.CAPTURE.COMPLETED',
        summary: 'Payment completed',
        resource: order.captures[0] ?? order.authorizations[0] ?? shown(order),
      })
      const [transmissionId, sentAt] = [randomUUID(), new Date(atMs).toISOString()]
      const signed = `${transmissionId}|${sentAt}|${webhookId}|${crc32(body)}`
      return {
        headers: {
          'paypal-transmission-id': transmissionId,
          'paypal-transmission-time': sentAt,
          'paypal-transmission-sig': createSign('RSA-SHA256').update(signed).sign(key, 'base64'),
          'paypal-cert-url': changed.certUrl ?? `${url}/v1/notifications/certs/CERT-1`,
          'paypal-auth-algo': 'SHA256withRSA',
        },
        body,
      }
    },
    revokeTokens: () => tokens.clear(),
  }
}

function operationOf({ method, path }: StandInRequest): string | undefined {
  if (method === 'GET') return path.startsWith('/v2/checkout/orders/') ? 'find' : undefined
  if (path === '/v2/checkout/orders') return 'authorise'
  return path.endsWith('/refund') ? 'refund' : path.startsWith('/v2/payments/authorizations') ? 'capture' : undefined
}
