import { startStripe } from '@souk/stand-ins/stripe/index'
import { describe, expect, test } from 'vitest'
import { providerConformance } from '../provider.conformance.ts'
import { createStripeProvider } from './stripe.ts'

const key = 'sk_test_stand_in'
const secrets = ['whsec_before', 'whsec_now']

async function open(searchLags = false) {
  const standIn = await startStripe({ key, searchLags })
  const settings = { key, webhookSecrets: secrets, url: standIn.url, timeoutMs: 400, clock: () => new Date() }
  const provider = createStripeProvider(settings)
  const ours = (reference: string) =>
    [...standIn.intents.values()].filter((intent) => intent.metadata.our_reference === reference)
  return {
    standIn,
    provider,
    tokens: { pays: 'pm_card_visa', declines: 'pm_card_visa_chargeDeclined' },
    currency: 'EUR',
    findsByOurs: true,
    timed: true,
    visit: async (id: string, decision: 'pay' | 'decline') => standIn.visit(id, decision),
    failNext: async (...[mode, operation]: Parameters<typeof standIn.failNext>) => standIn.failNext(mode, operation),
    book(reference: string) {
      const intents = ours(reference)
      const refunds = intents.flatMap((intent) => intent.refunds)
      return {
        payments: intents.length,
        capturedMinor: intents.reduce((sum, intent) => sum + intent.amountReceived, 0),
        refundedMinor: refunds.reduce((sum, refund) => sum + refund.amount, 0),
        refunds: refunds.length,
      }
    },
    webhook: async (reference: string, atMs: number) => standIn.event(ours(reference)[0]?.id ?? '', atMs, 'whsec_now'),
    stop: standIn.stop,
  }
}

providerConformance('Stripe', () => open())
providerConformance('Stripe whose search has not caught up', () => open(true))

describe('Stripe', () => {
  const ask = (currency: string, amountMinor: number) => ({
    ourReference: `order-${currency}`,
    idempotencyKey: `key-${currency}-${amountMinor}`,
    method: 'card' as const,
    amountMinor,
    currency,
    token: 'pm_card_visa',
    capture: true,
    returnUrl: 'https://shop.example/back',
  })

  test.each([
    ['JPY', 500, 500],
    ['KWD', 1_230, 1_230],
    ['ISK', 500, 50_000],
  ])('counts %s as it does: %i of ours is sent as %i and comes back as ours', async (currency, ours, sent) => {
    const it = await open()
    const answer = await it.provider.authorise(ask(currency, ours))
    expect([...it.standIn.intents.values()][0]?.amount).toBe(sent)
    expect(answer).toMatchObject({ kind: 'succeeded', amountMinor: ours, currency })
    await it.stop()
  })

  test('is not asked for an amount it cannot take, and another request under a used key is refused', async () => {
    const it = await open()
    await expect(it.provider.authorise(ask('KWD', 1_234))).rejects.toThrow('amount_not_payable')
    expect(it.standIn.requests).toEqual([])
    await it.provider.authorise(ask('EUR', 100))
    await expect(it.provider.authorise({ ...ask('EUR', 100), amountMinor: 200 })).rejects.toThrow('refused')
    await it.stop()
  })

  test('gives back once what is asked for twice because the first answer was lost', async () => {
    const it = await open()
    const { providerReference } = await it.provider.authorise(ask('EUR', 100))
    const refund = {
      ...ask('EUR', 100),
      providerReference,
      refundId: 'r-1',
      idempotencyKey: 'refund-1',
      amountMinor: 40,
    }
    it.standIn.failNext('charge-then-reset', 'refund')
    await expect(it.provider.refund(refund)).rejects.toThrow('gave no answer')
    await it.provider.refund(refund)
    expect(it.standIn.intents.get(providerReference)?.refunds).toHaveLength(1)
    await it.stop()
  })

  test('is not believed when what it says is from yesterday', async () => {
    const it = await open()
    const { providerReference } = await it.provider.authorise(ask('EUR', 100))
    const { headers, body } = it.standIn.event(providerReference, Date.now() - 86_400_000, 'whsec_now')
    expect(() => it.provider.readWebhook(headers, Buffer.from(body), Date.now())).toThrow('more than 300 s ago')
    await it.stop()
  })

  test('is believed with each of the secrets that are being exchanged, and with no other', async () => {
    const it = await open()
    const answer = await it.provider.authorise(ask('EUR', 100))
    const read = async (secret: string) => {
      const { headers, body } = it.standIn.event(answer.providerReference, Date.now(), secret)
      return it.provider.readWebhook(headers, Buffer.from(body), Date.now())
    }
    for (const secret of secrets) expect((await read(secret)).kind).toBe('payment_intent.succeeded')
    await expect(read('whsec_of_another_shop')).rejects.toThrow('does not belong')
    await it.stop()
  })
})
