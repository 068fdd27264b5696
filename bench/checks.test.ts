import { describe, expect, test } from 'vitest'
import { judgeRun, type Facts, type Judgement, type ServerOrder } from './checks.ts'
import type { HistoryEntry } from './load/index.ts'

const lines = [{ variantId: 'mug', quantity: 1 }]

const entry = (changes: Partial<HistoryEntry> = {}): HistoryEntry => ({
  sequence: 0,
  customer: 0,
  target: 0,
  idempotencyKey: 'key-0',
  sentAt: new Date(0),
  outcome: 'accepted',
  orderId: 'order-0',
  status: 201,
  code: '',
  latencyMs: 1,
  attempts: 1,
  repeat: false,
  ...changes,
})

const refusal = (changes: Partial<HistoryEntry> = {}) =>
  entry({ outcome: 'refused', orderId: null, status: 409, code: 'out-of-stock', ...changes })

const order = (changes: Partial<ServerOrder> = {}): ServerOrder => ({
  id: 'order-0',
  customerId: 'customer-0',
  idempotencyKey: 'key-0',
  lines,
  cancelled: false,
  ...changes,
})

/** Two mugs granted; one customer got one, another was refused. Nothing wrong. */
const honest = (): Facts & { history: HistoryEntry[]; orders: ServerOrder[] } => ({
  history: [entry(), refusal({ customer: 1, idempotencyKey: 'key-1' })],
  orders: [order()],
  allotments: [{ variantId: 'mug', granted: 2, remaining: 1 }],
  asked: { customerId: (customer) => `customer-${customer}`, lines: () => lines },
  capPerCustomer: 1,
})

const brokenChecks = ({ checks }: Judgement) => checks.filter(({ broken }) => broken > 0).map(({ id }) => id)

describe('an honest run', () => {
  test('passes, and every check but the one for unclear requests has seen something', async () => {
    const judgement = await judgeRun(honest())
    expect(judgement).toMatchObject({ oversold: 0, duplicates: 0, lost: 0 })
    expect(brokenChecks(judgement)).toEqual([])
    expect(judgement.checks.filter(({ checked }) => checked === 0).map(({ id }) => id)).toEqual(['I5-resolved'])
  })

  test('an unclear request may have an order or none, once it has been resolved', async () => {
    const facts = honest()
    facts.history.push(refusal({ customer: 2, idempotencyKey: 'key-2', attempts: 4 }))
    expect(brokenChecks(await judgeRun(facts))).toEqual([])
  })

  test('one half of a double click may be told to wait while the other gets the order', async () => {
    const facts = honest()
    facts.history.push(refusal({ repeat: true, code: 'request-in-progress' }))
    expect(brokenChecks(await judgeRun(facts))).toEqual([])
  })

  test('a cancelled order gave its units back', async () => {
    const facts = honest()
    facts.orders = [order({ cancelled: true })]
    facts.allotments = [{ variantId: 'mug', granted: 2, remaining: 2 }]
    expect(brokenChecks(await judgeRun(facts))).toEqual([])
  })

  test('keys belong to customers: two may use the same one', async () => {
    const facts = honest()
    facts.history = [entry(), entry({ customer: 1, orderId: 'order-1' })]
    facts.orders = [order(), order({ id: 'order-1', customerId: 'customer-1' })]
    facts.allotments = [{ variantId: 'mug', granted: 2, remaining: 0 }]
    expect(brokenChecks(await judgeRun(facts))).toEqual([])
  })
})

describe('each check turns red on its own violation', () => {
  type Breakage = {
    what: string
    breaks: string[]
    figures?: Partial<Judgement>
    by(facts: ReturnType<typeof honest>): void
  }
  const breakages: Breakage[] = [
    {
      what: 'an accepted order that the server does not know',
      breaks: ['I4-accepted', 'I1-conserved'],
      figures: { lost: 1 },
      by: (facts) => void (facts.orders = []),
    },
    {
      what: 'an accepted order without an id, and none on the server',
      breaks: ['I4-accepted'],
      figures: { lost: 1 },
      by: (facts) => void facts.history.push(entry({ customer: 3, idempotencyKey: 'key-3', orderId: null })),
    },
    {
      what: "an accepted order that is another customer's",
      breaks: ['I4-accepted'],
      figures: { lost: 1 },
      by: (facts) => void facts.history.push(entry({ customer: 3, idempotencyKey: 'key-3' })),
    },
    {
      what: 'an order with other lines than were asked for',
      breaks: ['I4-accepted', 'I1-conserved', 'cap'],
      by: (facts) => void (facts.orders = [order({ lines: [{ variantId: 'mug', quantity: 2 }] })]),
    },
    {
      what: 'an order nobody asked for',
      breaks: ['I4-asked', 'I1-conserved'],
      by: (facts) =>
        void facts.orders.push(order({ id: 'order-9', customerId: 'customer-9', idempotencyKey: 'key-9' })),
    },
    {
      what: 'one request with two orders',
      breaks: ['I4-once', 'I1-conserved', 'cap'],
      figures: { duplicates: 1 },
      by: (facts) => void facts.orders.push(order({ id: 'order-9' })),
    },
    {
      what: 'a double click answered with two different orders',
      breaks: ['answers-agree', 'I4-accepted'],
      figures: { duplicates: 1, lost: 1 },
      by: (facts) => void facts.history.push(entry({ orderId: 'order-9', repeat: true })),
    },
    {
      what: 'a refusal that left an order behind',
      breaks: ['I5-refused', 'I1-conserved'],
      by: (facts) =>
        void facts.orders.push(order({ id: 'order-1', customerId: 'customer-1', idempotencyKey: 'key-1' })),
    },
    {
      what: 'a request that is still unclear after asking again and again',
      breaks: ['I5-resolved'],
      by: (facts) =>
        void facts.history.push(
          entry({
            customer: 3,
            idempotencyKey: 'key-3',
            outcome: 'indeterminate',
            orderId: null,
            attempts: 60,
            code: 'timeout',
          }),
        ),
    },
    {
      what: 'more units sold than granted',
      breaks: ['I1-oversold'],
      figures: { oversold: 1 },
      by: (facts) => void (facts.allotments = [{ variantId: 'mug', granted: 0, remaining: -1 }]),
    },
    {
      what: 'units sold that nobody granted',
      breaks: ['I1-oversold'],
      figures: { oversold: 1 },
      by: (facts) => void (facts.allotments = []),
    },
    {
      what: 'a unit that is neither sold nor left',
      breaks: ['I1-conserved'],
      by: (facts) => void (facts.allotments = [{ variantId: 'mug', granted: 3, remaining: 1 }]),
    },
    { what: 'a customer beyond the cap', breaks: ['cap'], by: (facts) => void (facts.capPerCustomer = 0) },
  ]

  for (const { what, breaks, figures, by } of breakages)
    test(what, async () => {
      const facts = honest()
      by(facts)
      const judgement = await judgeRun(facts)
      expect(brokenChecks(judgement).toSorted()).toEqual(breaks.toSorted())
      expect(judgement).toMatchObject({ oversold: 0, duplicates: 0, lost: 0, ...figures })
      for (const { broken, examples } of judgement.checks) expect(examples.length > 0).toBe(broken > 0)
    })
})
