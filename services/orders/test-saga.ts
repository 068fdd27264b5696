import { orderCancelled, orderPlaced, paymentFailed, paymentsAuthorised } from '@souk/contracts'
import { AssignmentService } from '@souk/contracts/inventory'
import { OrderCancelledSchema, OrderPlacedSchema } from '@souk/contracts/orders'
import { MessageService } from '@souk/contracts/notifications'
import { Decision, PaymentService } from '@souk/contracts/payments'
import { codecOf, type Consumer, decodeBatch, type Event, type EventType } from '@souk/events'
import { type Database, sql } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { continueSagas } from './continue-saga.ts'
import { paymentAnswersConsumer } from './payment-answers.ts'
import { type Saga, sagaConsumer } from './run-saga.ts'
import { done } from './saga.ts'
import { goodsStep } from './steps/goods.ts'
import { paymentStep } from './steps/payment.ts'
import type { Step } from './steps/step.ts'
import type { ordersWorld } from './test-orders.ts'

type World = Awaited<ReturnType<typeof ordersWorld>>

/** What the referee has been told of an order. Amounts in minor units. */
type Account = { state: 'asked' | 'paid' | 'refused'; amountMinor: number; heldMinor: number; sendBack: boolean }

/**
 * Payments and inventory as their contracts describe them, in memory, and the referee of both: it knows whose money is
 * here and whose goods are set apart, whatever the orders believe.
 */
export function referee() {
  const accounts = new Map<string, Account>()
  const goods = new Map<string, 'apart' | 'released'>()
  const answers: Event[] = []
  const plan = {
    /** By order; for those not named: cards are answered later, everything else at once. */
    decisions: new Map<string, Decision>(),
    short: new Set<string>(),
    away: new Set<'payments' | 'inventory'>(),
  }
  const calls = { authorise: 0, giveBack: 0, assign: 0, release: 0 }
  const beHere = (who: 'payments' | 'inventory') => {
    if (plan.away.has(who)) throw new Error(`${who} is away`)
  }
  const accountOf = (orderId: string, amountMinor = 0): Account => {
    const known = accounts.get(orderId) ?? { state: 'asked', amountMinor, heldMinor: 0, sendBack: false }
    known.amountMinor ||= amountMinor
    accounts.set(orderId, known)
    return known
  }
  const pay = (account: Account) => {
    account.state = 'paid'
    account.heldMinor = account.sendBack ? 0 : account.amountMinor
  }
  const tell = (type: EventType, payload: object) =>
    answers.push({
      id: String(answers.length),
      type: type.type,
      topic: type.topic,
      schemaVersion: 1,
      key: '',
      occurredAtMs: 0,
      correlationId: 'test',
      payload: payload as never,
    })

  const directory = createDirectory()
  directory.serve(
    (router) => {
      router.service(PaymentService, {
        authorise({ requests }) {
          beHere('payments')
          calls.authorise += 1
          const decisions = requests.map(({ orderId, method, token, amountMinor }) => {
            const before = accounts.get(orderId)
            const account = accountOf(orderId, Number(amountMinor))
            if (account.state === 'paid' && !account.sendBack) return { orderId, decision: Decision.AUTHORISED }
            if (account.sendBack || account.state === 'refused')
              return { orderId, decision: Decision.REFUSED, reason: 'declined' }
            if (before !== undefined) return { orderId, decision: Decision.PENDING }
            const later = method === 'card' && token === ''
            const decision = plan.decisions.get(orderId) ?? (later ? Decision.PENDING : Decision.AUTHORISED)
            if (decision === Decision.AUTHORISED) pay(account)
            if (decision === Decision.REFUSED) account.state = 'refused'
            return { orderId, decision, reason: decision === Decision.REFUSED ? 'declined' : '' }
          })
          return { decisions }
        },
        giveBack({ items }) {
          beHere('payments')
          calls.giveBack += 1
          for (const { orderId } of items) {
            const account = accountOf(orderId)
            account.sendBack = true
            account.heldMinor = 0
          }
          return {}
        },
        getStory({ orderId }) {
          beHere('payments')
          const entries = [{ atMs: 1n, what: 'authorise asked', detail: 'test' }]
          const state = accounts.get(orderId)?.state === 'paid' ? 'captured' : 'pending'
          return { payments: [{ paymentId: orderId, method: 'card', provider: 'test', state, entries }] }
        },
      })
      router.service(AssignmentService, {
        assign({ orders }) {
          beHere('inventory')
          calls.assign += 1
          const answersOf = orders.map(({ orderId }) => {
            if (goods.get(orderId) === 'released') return { orderId, assigned: false, reason: 'released' }
            if (plan.short.has(orderId)) return { orderId, assigned: false, reason: 'short' }
            goods.set(orderId, 'apart')
            return { orderId, assigned: true }
          })
          return { answers: answersOf }
        },
        release({ orders }) {
          beHere('inventory')
          calls.release += 1
          for (const { orderId } of orders) goods.set(orderId, 'released')
          return {}
        },
        issue: () => ({}),
        takeBack: () => ({}),
        getStory: ({ orderId }) => ({
          entries: goods.get(orderId) === 'apart' ? [{ atMs: 2n, what: 'set apart', detail: '' }] : [],
        }),
      })
      router.service(MessageService, {
        listOfOrder: () => ({
          messages: [{ messageId: '1', kind: 'order-confirmed', channel: 'email', state: 'sent', sentAtMs: 3n }],
        }),
      })
    },
    [PaymentService, AssignmentService, MessageService],
  )
  return {
    directory,
    plan,
    calls,
    answers,
    payment: paymentStep(directory.client(PaymentService)),
    goods: goodsStep(directory.client(AssignmentService)),
    /** What each tells of an order. */
    stories: {
      payments: directory.client(PaymentService),
      goods: directory.client(AssignmentService),
      messages: directory.client(MessageService),
    },
    /** The customer pays now, or the provider says no; payments announces it. */
    answer(orderId: string, paid: boolean): void {
      const account = accountOf(orderId)
      if (paid) pay(account)
      else account.state = 'refused'
      if (paid) tell(paymentsAuthorised, { shopId: '', payments: [{ orderId, method: 'card' }] })
      else tell(paymentFailed, { orderId, reason: 'declined', detail: '' })
    },
    heldMinor: (orderId: string) => accounts.get(orderId)?.heldMinor ?? 0,
    isApart: (orderId: string) => goods.get(orderId) === 'apart',
    /** What is wrong with where money and goods of an order are. Empty when nothing is. */
    judge(order: { orderId: string; status: string; totalMinor: number } | undefined): string[] {
      if (order === undefined) return ['an order is gone']
      const { orderId, status, totalMinor } = order
      const [held, apart] = [accounts.get(orderId)?.heldMinor ?? 0, goods.get(orderId) === 'apart']
      const ended = { confirmed: [totalMinor, true], cancelled: [0, false] }[status]
      if (ended === undefined) return [`${orderId} is still ${status}`]
      return held === ended[0] && apart === ended[1]
        ? []
        : [
            `${orderId} is ${status}, but ${held} of ${totalMinor} is held and its goods are ${apart ? '' : 'not '}set apart`,
          ]
    },
  }
}

export class Killed extends Error {}

/** Ends the process at the n-th place where it could end. */
export function killer(at: number) {
  let places = 0
  return {
    get places() {
      return places
    },
    place(): void {
      places += 1
      if (places === at) throw new Killed(`at place ${at}`)
    },
  }
}
type Killer = ReturnType<typeof killer>

const killingStep = (step: Step, kill: Killer): Step => ({
  ...step,
  async run(batch) {
    kill.place()
    const outcomes = await step.run(batch)
    kill.place()
    return outcomes
  },
  async undo(batch) {
    kill.place()
    const outcomes = await step.undo(batch)
    kill.place()
    return outcomes
  },
})

/** Before and after every commit. */
const killingDatabase = (db: Database, kill: Killer): Database => ({
  ...db,
  async transaction(body, options) {
    const result = await db.transaction(async (tx) => {
      const value = await body(tx)
      kill.place()
      return value
    }, options)
    kill.place()
    return result
  },
})

/** The saga as the service runs it, fed by hand: from the orders' own log, and from what the referee announces. */
export async function sagaOf(
  world: World,
  judge: ReturnType<typeof referee>,
  more: { steps?: Step[]; kill?: Killer; behind?: number } = {},
) {
  const kill = more.kill ?? killer(0)
  const db = killingDatabase(world.db, kill)
  const steps = (more.steps ?? [judge.payment, judge.goods]).map((step) => killingStep(step, kill))
  const saga: Saga = { steps, deadlineMs: 15 * 60_000 }
  const outcomes: string[] = []
  const deps = {
    saga,
    db,
    outbox: world.outbox,
    clock: () => world.clock.now,
    random: () => 0.5,
    wake: () => {},
    meters: {
      ran: (step: string, all: readonly { kind: string }[]) =>
        outcomes.push(...all.map(({ kind }) => `${step} ${kind}`)),
      undid: (step: string, all: readonly { kind: string }[]) =>
        outcomes.push(...all.map(({ kind }) => `${step} undo-${kind}`)),
      confirmed: () => {},
    },
  }
  const [own, foreign] = [sagaConsumer(deps), paymentAnswersConsumer(deps)]
  const offset = {
    rows: (await world.count('outbox')) - (more.behind ?? 0),
    answers: judge.answers.length,
  }

  /** As a consumer does: what is asked first, then effects and offset in one transaction. */
  async function apply(
    consumer: Consumer,
    events: readonly Event[],
    moved: () => void,
    between?: () => Promise<unknown>,
  ): Promise<void> {
    if (events.length > 0) {
      const prepared = await consumer.prepare?.(events)
      await between?.()
      await db.transaction((tx) => consumer.handle(tx, events, prepared).then(() => tx.afterCommit(moved)))
    } else moved()
  }

  const once = {
    /** Resolves to whether there was anything. @param between what happens after asking and before writing. */
    async own(between?: () => Promise<unknown>): Promise<boolean> {
      const rows = await world.db.autocommit.many<{ batch: Buffer }>(
        sql`select batch from outbox order by xid, seq offset ${offset.rows} limit 1000`,
      )
      await apply(
        own,
        rows.flatMap((row) => eventsIn(row.batch)),
        () => {
          offset.rows += rows.length
        },
        between,
      )
      return rows.length > 0
    },
    async answers(): Promise<boolean> {
      const events = judge.answers.slice(offset.answers)
      await apply(foreign, events, () => {
        offset.answers += events.length
      })
      return events.length > 0
    },
    due: async (): Promise<boolean> => (await continueSagas(deps)) > 0,
  }

  /** Until nothing is left to be done now. A process that is killed is started again. */
  async function settle(): Promise<void> {
    for (let more = true; more; )
      try {
        more = (await once.own()) || (await once.answers()) || (await once.due())
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
  }

  return {
    deps,
    once,
    settle,
    outcomes,
    /** Time goes by, and what falls due meanwhile is done. */
    async later(ms: number): Promise<void> {
      world.clock.now = new Date(world.clock.now.getTime() + ms)
      await settle()
    },
  }
}

const codecs: Record<string, ReturnType<typeof codecOf>> = {
  [orderPlaced.type]: codecOf(OrderPlacedSchema),
  [orderCancelled.type]: codecOf(OrderCancelledSchema),
}

const eventsIn = (batch: Buffer): Event[] =>
  [...decodeBatch(batch)].flatMap((envelope) => {
    const payload = codecs[envelope.type]?.decode(envelope.payload)
    if (payload === undefined) return []
    const { eventId, type, schemaVersion, key, occurredAtMs, correlationId } = envelope
    return [
      {
        id: eventId,
        type,
        topic: 'orders.order',
        schemaVersion,
        key,
        occurredAtMs: Number(occurredAtMs),
        correlationId,
        payload: payload as Event['payload'],
      },
    ]
  })

/** A step more: one object, and its place in the list. */
export function pointsStep(points: Map<string, number>): Step {
  return {
    name: 'points',
    refusedAs: 'operator',
    expiredAs: 'operator',
    run: (batch) => Promise.resolve(batch.map(({ order }) => (points.set(order.orderId, 10), done))),
    undo: (batch) => Promise.resolve(batch.map(({ order }) => (points.set(order.orderId, 0), done))),
  }
}
