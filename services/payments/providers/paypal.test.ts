import { startPayPal } from '@souk/stand-ins/paypal/index'
import { describe, expect, test } from 'vitest'
import { ProviderUnavailable, WebhookRefused } from '../provider.ts'
import { providerConformance } from '../provider.conformance.ts'
import { createPayPalProvider } from './paypal.ts'

const keys = { clientId: 'client', clientSecret: 'secret' }

async function open() {
  const standIn = await startPayPal(keys)
  const settings = {
    ...keys,
    webhookIds: ['WHBEFORE', 'WHNOW'],
    url: standIn.url,
    timeoutMs: 400,
    clock: () => new Date(),
  }
  const provider = createPayPalProvider(settings)
  // The token is had once, as it is in life: the failures are about what comes after.
  await provider.find('none', 'none').catch(() => {})
  return { standIn, provider }
}

providerConformance('PayPal', async () => {
  const { standIn, provider } = await open()
  const ours = (reference: string) => [...standIn.orders.values()].filter((order) => order.custom_id === reference)
  const sum = (parts: readonly { amount: { value: string } }[]) =>
    Math.round(parts.reduce((total, { amount }) => total + Number(amount.value) * 100, 0))
  return {
    provider,
    tokens: undefined,
    currency: 'EUR',
    findsByOurs: false,
    timed: true,
    visit: async (id, decision) => standIn.visit(id, decision),
    failNext: async (mode, operation) => standIn.failNext(mode, operation),
    book(reference) {
      const orders = ours(reference)
      const refunds = orders.flatMap((order) => order.refunds)
      return {
        payments: orders.length,
        capturedMinor: sum(orders.flatMap((order) => order.captures)),
        refundedMinor: sum(refunds),
        refunds: refunds.length,
      }
    },
    webhook: async (reference, atMs) => standIn.event(ours(reference)[0]?.id ?? '', atMs, 'WHNOW'),
    stop: standIn.stop,
  }
})

const ask = (currency: string, amountMinor: number) => ({
  ourReference: `order-${currency}-${amountMinor}`,
  idempotencyKey: `key-${currency}-${amountMinor}`,
  method: 'card' as const,
  amountMinor,
  currency,
  token: undefined,
  capture: true,
  returnUrl: 'https://shop.example/back',
})

describe('PayPal', () => {
  test.each([
    ['EUR', 5, '0.05'],
    ['JPY', 500, '500'],
    ['HUF', 12_300, '123'],
  ])('is asked for %s in its decimals: %i is %s', async (currency, minor, value) => {
    const { standIn, provider } = await open()
    const answer = await provider.authorise(ask(currency, minor))
    expect([...standIn.orders.values()][0]?.amount).toEqual({ currency_code: currency, value })
    const record = await provider.find(ask(currency, minor).ourReference, answer.providerReference)
    expect(record).toMatchObject({ amountMinor: minor, currency })
    await standIn.stop()
  })

  test('takes the money of an order once, however often and at once it is looked at', async () => {
    const { standIn, provider } = await open()
    const answer = await provider.authorise(ask('EUR', 1_999))
    standIn.visit(answer.providerReference, 'pay')
    const look = () => provider.find('order-EUR-1999', answer.providerReference)
    const records = await Promise.all([look(), look(), look()])
    for (const record of records) expect(record).toMatchObject({ state: 'captured', captures: 1, feeMinor: 60 })
    await standIn.stop()
  })

  test('never takes the money of an order that was called off before it was approved', async () => {
    const { standIn, provider } = await open()
    const { providerReference } = await provider.authorise(ask('EUR', 1_999))
    const operation = { ...ask('EUR', 1_999), providerReference }
    await provider.voidAuthorisation({ ...operation, idempotencyKey: 'void' })
    standIn.visit(providerReference, 'pay')
    expect(await provider.find('order-EUR-1999', providerReference)).toMatchObject({ state: 'voided', captures: 0 })
    expect(standIn.orders.get(providerReference)?.captures).toEqual([])
    await standIn.stop()
  })

  test('whose token was taken back is signed in to again', async () => {
    const { standIn, provider } = await open()
    standIn.revokeTokens()
    await expect(provider.authorise(ask('EUR', 100))).rejects.toThrow(ProviderUnavailable)
    expect(await provider.authorise(ask('EUR', 100))).toMatchObject({ kind: 'pending' })
    await standIn.stop()
  })

  test('is believed only with a certificate from its own hosts', async () => {
    const { standIn, provider } = await open()
    const answer = await provider.authorise(ask('EUR', 100))
    for (const certUrl of [
      'https://evil.example/v1/notifications/certs/CERT-1',
      'https://paypal.com.evil.example/v1/notifications/certs/CERT-1',
      'https://evilpaypal.com/v1/notifications/certs/CERT-1',
      'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
      'http://api.paypal.com/v1/notifications/certs/CERT-1',
      'https://api.paypal.com/elsewhere',
      'file:///v1/notifications/certs/x',
    ]) {
      const { headers, body } = standIn.event(answer.providerReference, Date.now(), 'WHNOW', { certUrl })
      const reading = Promise.resolve(provider.readWebhook(headers, Buffer.from(body), Date.now()))
      await expect(reading, certUrl).rejects.toThrow(WebhookRefused)
    }
    const other = standIn.event(answer.providerReference, Date.now(), 'WHOFANOTHERSHOP')
    const reading = Promise.resolve(provider.readWebhook(other.headers, Buffer.from(other.body), Date.now()))
    await expect(reading).rejects.toThrow('does not belong')
    await standIn.stop()
  })
})
