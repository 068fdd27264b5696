import { randomUUID } from 'node:crypto'
import { bucketOf, type Database, uuidv7 } from '@souk/postgres'
import { type CollectingOutbox, collectingOutbox, memoryLog } from '@souk/testing'
import { type AuthoriseDeps, authoriseOrders, type Decided } from './authorise-orders.ts'
import type { PaymentAsk } from './decide-at-once.ts'
import { changePayments } from './change-payments.ts'
import { creditWallet } from './credit-wallet.ts'
import type { Command } from './decide.ts'
import { dispatchDue } from './dispatch.ts'
import { giveBack, type GiveBackItem } from './give-back.ts'
import type { Dossier } from './payment.ts'
import { readDossier } from './payments.sql.ts'
import {
  type AuthoriseAsk,
  type OperationAsk,
  type PaymentProvider,
  type ProviderAnswer,
  ProviderOutcomeUnknown,
  type ProviderRecord,
  ProviderRefused,
  ProviderUnavailable,
  type RefundAsk,
  WebhookRefused,
} from './provider.ts'

/** What befalls a call to the provider in memory, one each; none left: it works. */
export type Trouble =
  | 'none'
  | 'down'
  | 'decline'
  | 'refuse'
  | 'lost-before'
  | 'lost-after'
  | 'ask-customer'
  | 'wrong-amount'

/** A provider in memory with books of its own: the referee. Remembers idempotency keys as long as it lives. */
export function memoryProvider(clock: () => Date, name = `memory-${randomUUID().slice(0, 8)}`) {
  type Mutable = { -readonly [Key in keyof ProviderRecord]: ProviderRecord[Key] }
  const books = new Map<string, Mutable>()
  const answers = new Map<string, ProviderAnswer>()
  const troubles: Trouble[] = []
  const calls: string[] = []
  let batches = false

  const succeeded = (record: Mutable, captured: boolean, amountMinor = record.amountMinor): ProviderAnswer => ({
    kind: 'succeeded',
    providerReference: record.providerReference,
    amountMinor,
    currency: record.currency,
    captured,
    feeMinor: record.feeMinor,
  })
  const known = (ask: OperationAsk): Mutable => {
    const record = books.get(ask.ourReference)
    if (record === undefined) throw new ProviderRefused('no such payment')
    return record
  }

  async function once(what: string, key: string, work: (trouble: Trouble) => ProviderAnswer): Promise<ProviderAnswer> {
    calls.push(what)
    const trouble = troubles.shift() ?? 'none'
    await Promise.resolve()
    if (trouble === 'down') throw new ProviderUnavailable('the provider is not there')
    if (trouble === 'refuse') throw new ProviderRefused('not like this')
    if (trouble === 'lost-before') throw new ProviderOutcomeUnknown('cut before it arrived')
    const answer = answers.get(key) ?? work(trouble)
    answers.set(key, answer)
    if (trouble === 'lost-after') throw new ProviderOutcomeUnknown('cut before the answer')
    return answer
  }

  const authorise = (ask: AuthoriseAsk) =>
    once('authorise', ask.idempotencyKey, (trouble) => {
      const record: Mutable = {
        ourReference: ask.ourReference,
        providerReference: `pay_${ask.ourReference.slice(-6)}`,
        state:
          trouble === 'decline'
            ? 'declined'
            : trouble === 'ask-customer'
              ? 'pending'
              : ask.capture
                ? 'captured'
                : 'authorised',
        amountMinor: trouble === 'wrong-amount' ? ask.amountMinor + 1 : ask.amountMinor,
        capturedMinor: 0,
        refundedMinor: 0,
        feeMinor: 0,
        currency: ask.currency,
        refunds: [],
        reason: trouble === 'decline' ? 'card_declined' : '',
        captures: 0,
        changedAtMs: clock().getTime(),
      }
      books.set(ask.ourReference, record)
      if (record.state === 'captured') take(record)
      if (record.state === 'declined')
        return { kind: 'declined', reason: 'card_declined', providerReference: record.providerReference }
      if (record.state === 'pending')
        return {
          kind: 'pending',
          providerReference: record.providerReference,
          redirectUrl: `https://pay.example/${record.providerReference}`,
          clientSecret: undefined,
        }
      return succeeded(record, ask.capture)
    })

  function take(record: Mutable): void {
    record.state = 'captured'
    record.capturedMinor = record.amountMinor
    record.captures += 1
    record.feeMinor = Math.floor(record.amountMinor / 100)
    record.changedAtMs = clock().getTime()
  }

  const provider: PaymentProvider = {
    name,
    methods: new Set(['card', 'bank-transfer']),
    authorise,
    get authoriseMany() {
      if (!batches) return undefined as never
      return async (asks: readonly AuthoriseAsk[]) =>
        await Promise.all(asks.map((ask) => authorise(ask).catch((error: ProviderUnavailable) => error)))
    },
    capture: (ask) =>
      once('capture', ask.idempotencyKey, () => {
        const record = known(ask)
        if (record.state !== 'authorised') throw new ProviderRefused(`is ${record.state}`)
        take(record)
        return succeeded(record, true)
      }),
    voidAuthorisation: (ask) =>
      once('void', ask.idempotencyKey, () => {
        const record = known(ask)
        if (record.state !== 'authorised' && record.state !== 'pending') throw new ProviderRefused(`is ${record.state}`)
        record.state = 'voided'
        return succeeded(record, true)
      }),
    refund: (ask: RefundAsk) =>
      once('refund', ask.idempotencyKey, () => {
        const record = known(ask)
        if (ask.amountMinor > record.capturedMinor - record.refundedMinor) throw new ProviderRefused('too much')
        record.refundedMinor += ask.amountMinor
        const providerReference = `re_${ask.refundId.slice(-6)}`
        record.refunds = [
          ...record.refunds,
          { refundId: ask.refundId, providerReference, amountMinor: ask.amountMinor, state: 'succeeded' },
        ]
        return { ...succeeded(record, true, ask.amountMinor), providerReference } as ProviderAnswer
      }),
    async find(ourReference) {
      calls.push('find')
      await Promise.resolve()
      const record = books.get(ourReference)
      return record && { ...record }
    },
    readWebhook(headers, rawBody) {
      if (headers['x-signature'] !== 'right') throw new WebhookRefused('forged', 'not ours')
      const { id, kind, reference } = JSON.parse(Buffer.from(rawBody).toString()) as Record<string, string>
      return { eventId: id ?? '', kind: kind ?? '', ourReference: reference, occurredAtMs: clock().getTime() }
    },
    async *listLedger() {
      yield* books.values()
    },
  }
  return {
    provider,
    books,
    calls,
    troubles,
    answerMany: () => {
      batches = true
    },
    /** The customer did what he was asked to. */
    pays: (paymentId: string) => {
      const record = books.get(paymentId)
      if (record !== undefined) take(record)
    },
    of: (paymentId: string) => books.get(paymentId) as Mutable,
  }
}

export type TestWorld = ReturnType<typeof paymentsWorld>

/** Payments over a real database, next to a provider in memory and a clock that stands until it is moved. */
export function paymentsWorld(db: Database, more: Partial<AuthoriseDeps> = {}) {
  const clock = { now: new Date(Math.floor(Date.now() / 1000) * 1000) }
  const memory = memoryProvider(() => clock.now)
  const outbox: CollectingOutbox = collectingOutbox()
  const alarms: string[] = []
  const attempts: string[] = []
  const shopId = randomUUID()
  const deps: AuthoriseDeps = {
    db,
    outbox,
    clock: () => clock.now,
    log: memoryLog(),
    capture: 'authorisation',
    deadlineMs: 900_000,
    wake: () => {},
    onAlarm: (_paymentId, what) => alarms.push(what),
    onAttempt: (taken, outcome) => attempts.push(`${taken.kind} ${outcome}`),
    onDecided: () => {},
    providers: {
      named: (name) => (name === memory.provider.name ? memory.provider : undefined),
      forMethod: () => memory.provider,
      all: [memory.provider],
    },
    leaseMs: 120_000,
    returnUrl: ({ paymentId }) => `https://souk.example/orders/${paymentId}`,
    commissions: async (shopIds) => new Map(shopIds.map((id) => [id, 1_000])),
    taxBp: 0,
    fraud: { largeAmount: 5_000 },
    atOnceMs: 1_000,
    ...more,
  }
  const ask = (given: Partial<PaymentAsk> = {}): PaymentAsk => ({
    orderId: uuidv7(clock.now.getTime(), bucketOf(given.shopId ?? shopId)),
    shopId,
    customerId: randomUUID(),
    method: 'cash-on-delivery',
    token: '',
    amountMinor: 1_999,
    currency: 'EUR',
    correlationId: 'test',
    ...given,
  })
  return {
    db,
    deps,
    clock,
    memory,
    outbox,
    alarms,
    attempts,
    shopId,
    ask,
    authorise: (...asks: readonly PaymentAsk[]): Promise<Decided[]> => authoriseOrders(deps, asks),
    /** Ask for one payment and give its id. */
    async asked(given: Partial<PaymentAsk> = {}): Promise<string> {
      const one = ask(given)
      await authoriseOrders(deps, [one])
      return one.orderId
    },
    change: (paymentId: string, command: Command) =>
      db.transaction((tx) => changePayments(tx, deps, [{ paymentId, command, correlationId: 'test' }])),
    giveBack: (paymentId: string, item: Partial<GiveBackItem> = {}) =>
      giveBack(deps, [
        { paymentId, causeId: paymentId, cause: 'cancelled', amountMinor: 0, correlationId: 'test', ...item },
      ]),
    refund: (paymentId: string, amountMinor: number, refundId = uuidv7(clock.now.getTime())) =>
      db.transaction((tx) =>
        changePayments(tx, deps, [
          {
            paymentId,
            correlationId: 'test',
            command: { do: 'refund', refundId, amountMinor, cause: 'operator', askedBy: 'test', reason: '' },
          },
        ]),
      ),
    /** Everything that is due, until nothing is; with the clock moved on each time by `stepMs`. */
    async settle(rounds = 12, stepMs = 20_000): Promise<void> {
      for (let round = 0; round < rounds; round += 1) {
        const done = await dispatchDue(deps, memory.provider.name)
        if (done === 0 && stepMs === 0) return
        clock.now = new Date(clock.now.getTime() + stepMs)
      }
    },
    dispatch: () => dispatchDue(deps, memory.provider.name),
    async read(paymentId: string): Promise<Dossier> {
      const found = await readDossier(db.autocommit, paymentId)
      if (found === undefined) throw new Error(`no payment ${paymentId}`)
      return found
    },
    async state(paymentId: string): Promise<string> {
      return (await readDossier(db.autocommit, paymentId))?.payment.state ?? 'none'
    },
  }
}

/** Give somebody something to pay with, as an operator does. */
export const putInWallet = (db: Database, customerId: string, amountMinor: number, currency = 'EUR') =>
  db.transaction((tx) => creditWallet(tx, { customerId, currency, amountMinor, note: 'test' }, new Date()))
