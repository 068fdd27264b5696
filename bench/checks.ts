import type { HistoryEntry } from './load/index.ts'

/** An order as the server knows it, read from its database or its API after everything has come to rest. */
export type ServerOrder = {
  id: string
  customerId: string
  idempotencyKey: string
  lines: { variantId: string; quantity: number }[]
  /** A cancelled order gave its units back and holds no promise. */
  cancelled: boolean
}

/** A counter of the server: what was granted for sale and what may still be promised. */
export type ServerAllotment = { variantId: string; granted: number; remaining: number }

/** What the client asked for, by position in the load plan. */
export type AskedFor = {
  customerId(customer: number): string
  /** The lines an order for this target must have. Without it lines are not compared. */
  lines?(target: number): ServerOrder['lines']
}

export type Facts = {
  history: AsyncIterable<HistoryEntry> | Iterable<HistoryEntry>
  /** Every order of the customers in the run that was placed for the run's goods. */
  orders: AsyncIterable<ServerOrder> | Iterable<ServerOrder>
  allotments: AsyncIterable<ServerAllotment> | Iterable<ServerAllotment>
  asked: AskedFor
  /** Units one customer may have in this sale. */
  capPerCustomer?: number
}

export type CheckResult = {
  id: string
  title: string
  /** How many things were looked at; 0 means that the check saw nothing and proves nothing. */
  checked: number
  broken: number
  /** The first ten violations, in words. */
  examples: string[]
}

export type Judgement = {
  /** Units promised beyond what was granted, over all variants. */
  oversold: number
  /** Orders that exist although their request already had one, plus second answers naming another order. */
  duplicates: number
  /** Orders the client was told it has and the server does not know. */
  lost: number
  checks: CheckResult[]
}

type Check = CheckResult & { count(): void; fail(what: string, times?: number): void }

function check(id: string, title: string): Check {
  return {
    id,
    title,
    checked: 0,
    broken: 0,
    examples: [],
    count() {
      this.checked += 1
    },
    fail(what, times = 1) {
      this.broken += times
      if (this.examples.length < 10) this.examples.push(what)
    },
  }
}

type Asked = {
  entry: HistoryEntry
  orderIds: Set<string>
  acceptedWithoutId: boolean
  refused: boolean
  doubleClicked: boolean
}

/**
 * Holds what clients were told against what the server knows, both ways.
 * Memory grows with the number of requests and orders (about 1 KB each), not with lines.
 */
export async function judgeRun({ history, orders, allotments, asked, capPerCustomer }: Facts): Promise<Judgement> {
  const answers = check('answers-agree', 'Every answer to one key names the same order')
  const known = check('I4-accepted', 'Every order a client was promised exists, as it was asked for')
  const asks = check('I4-asked', 'Every order that exists was asked for')
  const once = check('I4-once', 'No request became two orders')
  const refusals = check('I5-refused', 'A refused request left no order')
  const resolved = check('I5-resolved', 'Every unclear request was resolved by asking again')
  const oversell = check('I1-oversold', 'No more units promised than granted')
  const counters = check('I1-conserved', 'Granted units are promised or remain, to the unit')
  const cap = check('cap', 'No customer has more than the cap')

  const requests = new Map<string, Asked>()
  for await (const entry of history) {
    const key = requestKey(asked.customerId(entry.customer), entry.idempotencyKey)
    const request = requests.get(key) ?? newAsked(entry)
    requests.set(key, request)
    answers.count()
    if (entry.outcome === 'accepted' && entry.orderId) request.orderIds.add(entry.orderId)
    if (entry.outcome === 'accepted' && !entry.orderId) request.acceptedWithoutId = true
    if (entry.outcome === 'refused') request.refused = true
    if (request.orderIds.size > 1)
      answers.fail(`key ${entry.idempotencyKey} was answered with ${list(request.orderIds)}`)
    if (entry.repeat) request.doubleClicked = true
    // Unclear at least once: retried, or given up. Who turned back early (Ctrl-C) or never asked again proves nothing.
    if (entry.attempts < 2) continue
    resolved.count()
    if (entry.outcome === 'indeterminate' && entry.code !== 'run-ended')
      resolved.fail(`key ${entry.idempotencyKey} stayed unclear after ${entry.attempts} attempts (${entry.code})`)
  }

  const placed = new Map<string, string>()
  const promised = new Map<string, number>()
  const unitsOf = new Map<string, number>()
  const orderKeys = new Map<string, string>()
  for await (const order of orders) {
    const key = requestKey(order.customerId, order.idempotencyKey)
    const request = requests.get(key)
    once.count()
    const earlier = placed.get(key)
    if (earlier) once.fail(`key ${order.idempotencyKey} of ${order.customerId} has orders ${earlier} and ${order.id}`)
    else placed.set(key, order.id)
    orderKeys.set(order.id, key)
    asks.count()
    if (!request) asks.fail(`order ${order.id} has key ${order.idempotencyKey}, which nobody sent`)
    else {
      if (asked.lines && !sameLines(order.lines, asked.lines(request.entry.target)))
        known.fail(`order ${order.id} has other lines than were asked for`)
      if (request.refused && request.orderIds.size === 0)
        refusals.fail(`key ${order.idempotencyKey} was refused (${request.entry.code}) and has order ${order.id}`)
    }
    if (order.cancelled) continue
    for (const { variantId, quantity } of order.lines) add(promised, variantId, quantity)
    const units = order.lines.reduce((sum, { quantity }) => sum + quantity, 0)
    add(unitsOf, order.customerId, units)
  }

  let lost = 0
  for (const [key, { entry, orderIds, acceptedWithoutId, refused, doubleClicked }] of requests) {
    if (refused) refusals.count()
    // Of a double click one half may be told that the other is still being decided.
    if (refused && !doubleClicked && orderIds.size > 0)
      refusals.fail(`key ${entry.idempotencyKey} was both refused and accepted`)
    if (acceptedWithoutId && orderIds.size === 0) {
      known.count()
      if (!placed.has(key)) {
        lost += 1
        known.fail(`key ${entry.idempotencyKey} was accepted without an order id and has no order`)
      }
    }
    for (const orderId of orderIds) {
      known.count()
      const owner = orderKeys.get(orderId)
      if (owner === key) continue
      lost += 1
      known.fail(
        owner
          ? `order ${orderId}, promised for key ${entry.idempotencyKey}, belongs to another request`
          : `order ${orderId}, promised for key ${entry.idempotencyKey}, does not exist`,
      )
    }
  }

  let oversold = 0
  for await (const { variantId, granted, remaining } of allotments) {
    oversell.count()
    counters.count()
    const sold = promised.get(variantId) ?? 0
    promised.delete(variantId)
    const beyond = Math.max(0, sold - granted, -remaining)
    if (beyond > 0) {
      oversold += beyond
      oversell.fail(`${variantId}: ${sold} promised of ${granted} granted, counter at ${remaining}`, beyond)
    }
    if (granted !== sold + remaining)
      counters.fail(`${variantId}: ${granted} granted, but ${sold} promised and ${remaining} remain`)
  }
  for (const [variantId, sold] of promised) {
    oversold += sold
    oversell.fail(`${variantId}: ${sold} promised and nothing was granted`, sold)
  }

  if (capPerCustomer !== undefined)
    for (const [customerId, units] of unitsOf) {
      cap.count()
      if (units > capPerCustomer) cap.fail(`customer ${customerId} has ${units} units, the cap is ${capPerCustomer}`)
    }

  const checks = [answers, known, asks, once, refusals, resolved, oversell, counters]
  if (capPerCustomer !== undefined) checks.push(cap)
  return {
    oversold,
    duplicates: once.broken + answers.broken,
    lost,
    checks: checks.map(({ id, title, checked, broken, examples }) => ({ id, title, checked, broken, examples })),
  }
}

const requestKey = (customerId: string, idempotencyKey: string) => `${customerId} ${idempotencyKey}`

const newAsked = (entry: HistoryEntry): Asked => ({
  entry,
  orderIds: new Set(),
  acceptedWithoutId: false,
  refused: false,
  doubleClicked: false,
})

const list = (ids: Set<string>) => [...ids].join(' and ')

const add = (totals: Map<string, number>, key: string, amount: number) =>
  totals.set(key, (totals.get(key) ?? 0) + amount)

function sameLines(one: ServerOrder['lines'], other: ServerOrder['lines']): boolean {
  const totals = new Map<string, number>()
  for (const { variantId, quantity } of one) add(totals, variantId, quantity)
  for (const { variantId, quantity } of other) add(totals, variantId, -quantity)
  return [...totals.values()].every((difference) => difference === 0)
}
