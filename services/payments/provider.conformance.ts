import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uuidv7 } from '@souk/postgres'
import {
  type AuthoriseAsk,
  type PaymentProvider,
  type ProviderAnswer,
  ProviderOutcomeUnknown,
  type ProviderRecord,
  ProviderRefused,
  ProviderUnavailable,
  WebhookRefused,
} from './provider.ts'

export type FailureMode =
  | 'charge-then-timeout'
  | 'charge-then-reset'
  | '500-before'
  | '500-after'
  | '429'
  | 'down'
  | 'wrong-amount'
  | 'nonsense'

export type SentWebhook = { headers: Record<string, string>; body: string }

/** A provider and what stands for the other end of its wire. */
export type ProviderUnderTest = {
  provider: PaymentProvider
  /** Undefined: this provider takes no tokens; the customer always goes there. */
  tokens: { pays: string; declines: string } | undefined
  currency: string
  /** It can be asked by our reference alone. */
  findsByOurs: boolean
  /** The time of its webhooks is part of what is signed, so old ones are refused. */
  timed: boolean
  /** The customer, at the provider's page. */
  visit(providerReference: string, decision: 'pay' | 'decline'): Promise<void>
  /** The next call of this kind goes wrong there. */
  failNext(mode: FailureMode, operation: 'authorise' | 'capture' | 'refund' | 'find'): Promise<void>
  /** What its book says, without asking through the adapter. */
  book(ourReference: string): { payments: number; capturedMinor: number; refundedMinor: number; refunds: number }
  /** A webhook about this payment, signed as the provider signs, with this time. */
  webhook(ourReference: string, atMs: number): Promise<SentWebhook>
  stop(): Promise<void>
}

const nowMs = Date.now()
let made = 0

const bytes = (text: string) => new TextEncoder().encode(text)
const referenceOf = (answer: ProviderAnswer) => answer.providerReference
const operation = (payment: { ask: AuthoriseAsk; providerReference: string }, key: string, amountMinor: number) => ({
  ourReference: payment.ask.ourReference,
  providerReference: payment.providerReference,
  idempotencyKey: `${key}-${payment.ask.ourReference}`,
  amountMinor,
  currency: payment.ask.currency,
})

/** What payments relies on, whoever the provider is. */
export function providerConformance(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`the provider ${name}`, () => {
    let it: ProviderUnderTest
    beforeAll(async () => {
      it = await open()
    })
    afterAll(() => it.stop())

    const asking = (changed: Partial<AuthoriseAsk> = {}): AuthoriseAsk => {
      const ourReference = uuidv7(Date.now(), (made += 1) % 1_024)
      return {
        ourReference,
        idempotencyKey: `authorise-${ourReference}`,
        method: 'card',
        amountMinor: 12_340,
        currency: it.currency,
        token: it.tokens?.pays,
        capture: true,
        returnUrl: 'https://shop.example/back',
        ...changed,
      }
    }

    /** Authorise, and if the customer has to go there first, go there. */
    async function paid(changed: Partial<AuthoriseAsk> = {}) {
      const ask = asking(changed)
      const answer = await it.provider.authorise(ask)
      const providerReference = referenceOf(answer)
      if (answer.kind === 'pending') await it.visit(providerReference, 'pay')
      const record = (await it.provider.find(ask.ourReference, providerReference)) as ProviderRecord
      return { ask, answer, providerReference, record }
    }
    test('takes money at once when asked to, and its record says the same as ours', async () => {
      const { record, ask } = await paid()
      expect(record).toMatchObject({
        ourReference: ask.ourReference,
        state: 'captured',
        amountMinor: 12_340,
        capturedMinor: 12_340,
        refundedMinor: 0,
        currency: it.currency,
        captures: 1,
      })
    })

    test('promises money, and takes it when told to', async () => {
      const payment = await paid({ capture: false })
      expect(payment.record).toMatchObject({ state: 'authorised', capturedMinor: 0, captures: 0 })
      const answer = await it.provider.capture(operation(payment, 'capture', 12_340))
      expect(answer).toMatchObject({ kind: 'succeeded', amountMinor: 12_340, currency: it.currency })
      expect(it.book(payment.ask.ourReference).capturedMinor).toBe(12_340)
    })

    test('lets promised money go', async () => {
      const payment = await paid({ capture: false })
      await it.provider.voidAuthorisation(operation(payment, 'void', 12_340))
      const record = await it.provider.find(payment.ask.ourReference, payment.providerReference)
      expect(record?.state).toBe('voided')
      await expect(it.provider.capture(operation(payment, 'capture', 12_340))).rejects.toThrow(ProviderRefused)
    })

    test('gives back a part, then the rest, and never more', async () => {
      const payment = await paid()
      const refund = (refundId: string, amountMinor: number) =>
        it.provider.refund({ ...operation(payment, refundId, amountMinor), refundId })
      const part = await refund('part-0001', 4_000)
      expect(part).toMatchObject({ kind: 'succeeded', amountMinor: 4_000 })
      expect(await refund('rest-0001', 8_340)).toMatchObject({ kind: 'succeeded', amountMinor: 8_340 })
      await expect(refund('more-0001', 1)).rejects.toThrow(ProviderRefused)
      const record = await it.provider.find(payment.ask.ourReference, payment.providerReference)
      expect(record).toMatchObject({ capturedMinor: 12_340, refundedMinor: 12_340 })
      expect(record?.refunds.map(({ refundId }) => refundId).toSorted()).toEqual(['part-0001', 'rest-0001'])
      expect(record?.refunds.map(({ providerReference }) => providerReference)).toContain(referenceOf(part))
    })

    test('asked twice under the same key takes and gives back once', async () => {
      const payment = await paid()
      const again = await it.provider.authorise(payment.ask)
      expect(referenceOf(again)).toBe(payment.providerReference)
      const ask = { ...operation(payment, 'refund', 1_000), refundId: 'once-0001' }
      const [first, second] = [await it.provider.refund(ask), await it.provider.refund(ask)]
      expect(referenceOf(second)).toBe(referenceOf(first))
      expect(it.book(payment.ask.ourReference)).toEqual({
        payments: 1,
        capturedMinor: 12_340,
        refundedMinor: 1_000,
        refunds: 1,
      })
    })

    test.each(['charge-then-timeout', 'charge-then-reset', '500-after'] as const)(
      'whose answer is lost (%s) has an unknown outcome, which can be looked up, and repeating it charges nothing again',
      async (mode) => {
        const ask = asking()
        await it.failNext(mode, 'authorise')
        await expect(it.provider.authorise(ask)).rejects.toThrow(ProviderOutcomeUnknown)
        if (it.findsByOurs) {
          const record = await it.provider.find(ask.ourReference)
          expect(record).toMatchObject({ ourReference: ask.ourReference, amountMinor: 12_340 })
        }
        await it.provider.authorise(ask).catch(() => {})
        expect(it.book(ask.ourReference).payments).toBe(1)
      },
    )

    test.each(['charge-then-timeout', 'charge-then-reset', '500-after'] as const)(
      'whose answer to a refund is lost (%s) tells of it in the record, and repeating it gives back nothing more',
      async (mode) => {
        const payment = await paid()
        const ask = { ...operation(payment, 'refund', 2_500), refundId: `lost-${mode}` }
        await it.failNext(mode, 'refund')
        await expect(it.provider.refund(ask)).rejects.toThrow(ProviderOutcomeUnknown)
        const record = await it.provider.find(ask.ourReference, ask.providerReference)
        expect(record?.refunds).toMatchObject([{ refundId: ask.refundId, amountMinor: 2_500 }])
        await it.provider.refund(ask).catch(() => {})
        expect(it.book(ask.ourReference)).toMatchObject({ refundedMinor: 2_500, refunds: 1 })
      },
    )

    test('that failed before it did anything has an unknown outcome all the same: nobody can tell', async () => {
      const ask = asking()
      await it.failNext('500-before', 'authorise')
      await expect(it.provider.authorise(ask)).rejects.toThrow(ProviderOutcomeUnknown)
      if (it.findsByOurs) expect(await it.provider.find(ask.ourReference)).toBeUndefined()
    })

    test('that turns us away is unavailable, and says how long', async () => {
      await it.failNext('429', 'authorise')
      const error = await it.provider.authorise(asking()).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ProviderUnavailable)
      expect((error as ProviderUnavailable).retryAfterMs).toBe(1_000)
    })

    test('that cannot be asked what it knows is unavailable, not ignorant', async () => {
      const { ask, providerReference } = await paid()
      for (const mode of ['down', '500-before', 'nonsense'] as const) {
        await it.failNext(mode, 'find')
        await expect(it.provider.find(ask.ourReference, providerReference), mode).rejects.toThrow(ProviderUnavailable)
      }
    })

    test('that answers nonsense to an authorisation has an unknown outcome', async () => {
      await it.failNext('nonsense', 'authorise')
      await expect(it.provider.authorise(asking())).rejects.toThrow(ProviderOutcomeUnknown)
    })

    test('does not know what it was never told', async () => {
      expect(await it.provider.find(uuidv7(nowMs, 1))).toBeUndefined()
    })

    test('says no for good, with its reason, and takes nothing', async () => {
      const ask = asking(it.tokens === undefined ? {} : { token: it.tokens.declines })
      const answer = await it.provider.authorise(ask)
      const reference = referenceOf(answer)
      if (answer.kind === 'pending') {
        await it.visit(reference, 'decline')
        const record = await it.provider.find(ask.ourReference, reference)
        expect(record?.state).not.toBe('captured')
      } else {
        expect(answer).toMatchObject({ kind: 'declined', reason: expect.stringMatching(/^[a-z_]+$/) })
      }
      expect(it.book(ask.ourReference).capturedMinor).toBe(0)
    })

    test('says where the customer has to go, and knows afterwards that they paid', async () => {
      const { answer, record } = await paid({ token: undefined })
      expect(answer.kind).toBe('pending')
      if (answer.kind === 'pending') expect(answer.redirectUrl ?? answer.clientSecret).toEqual(expect.any(String))
      expect(record.state).toBe('captured')
    })

    test('that took another amount than asked says so', async () => {
      const ask = asking()
      await it.failNext('wrong-amount', 'authorise')
      const answer = await it.provider.authorise(ask)
      const said = answer.kind === 'succeeded' ? answer : await it.provider.find(ask.ourReference, referenceOf(answer))
      expect(said?.amountMinor).not.toBe(12_340)
    })

    test('lists what happened in a time', async () => {
      const { ask } = await paid()
      const seen: string[] = []
      for await (const record of it.provider.listLedger(new Date(nowMs - 60_000), new Date(Date.now() + 60_000)))
        seen.push(record.ourReference)
      expect(seen).toContain(ask.ourReference)
    })

    describe('its webhooks', () => {
      const read = async ({ headers, body }: SentWebhook, atMs = Date.now()) =>
        it.provider.readWebhook(headers, bytes(body), atMs)
      const why = async (sent: SentWebhook, atMs?: number) => {
        const error = await read(sent, atMs).catch((thrown: unknown) => thrown)
        return error instanceof WebhookRefused ? error.why : error
      }

      test('are believed when they were signed there, and name our payment', async () => {
        const { ask } = await paid()
        const sent = await it.webhook(ask.ourReference, Date.now())
        const event = await read(sent)
        expect(event.ourReference).toBe(ask.ourReference)
        expect(event.eventId).not.toBe('')
        expect(event.kind).not.toBe('')
        // A replay is the same event: it is recognised by its id, not here.
        expect((await read(sent)).eventId).toBe(event.eventId)
      })

      test('are refused when a byte was changed, the signature was made up, or the body was written anew', async () => {
        const { ask } = await paid()
        const sent = await it.webhook(ask.ourReference, Date.now())
        expect(await why({ ...sent, body: sent.body.replace('{', '{ ') })).toBe('forged')
        const anew = JSON.stringify(JSON.parse(sent.body), null, 1)
        expect(await why({ ...sent, body: anew })).toBe('forged')
        for (const [header, value] of Object.entries(sent.headers)) {
          if (!/sig/.test(header) || /auth-algo/.test(header)) continue
          expect(await why({ ...sent, headers: { ...sent.headers, [header]: '' } }), header).toBe('forged')
          const bent = value.replace(
            /(.*v1=|^)(.)/,
            (_, before: string, first: string) => before + (first === 'a' ? 'b' : 'a'),
          )
          expect(await why({ ...sent, headers: { ...sent.headers, [header]: bent } }), header).toBe('forged')
        }
        expect(await why({ headers: {}, body: sent.body })).toBe('forged')
      })

      test('are refused when they are older than 300 seconds, where their time is signed', async () => {
        const { ask } = await paid()
        const sent = await it.webhook(ask.ourReference, Date.now() - 301_000)
        if (it.timed) expect(await why(sent)).toBe('stale')
        else expect((await read(sent)).ourReference).toBe(ask.ourReference)
        const fresh = await it.webhook(ask.ourReference, Date.now() - 290_000)
        expect((await read(fresh)).ourReference).toBe(ask.ourReference)
      })
    })
  })
}
