import type { ProvidersConfig } from '../config-providers.ts'
import type { PaymentProvider, ProviderMethod } from '../provider.ts'
import { type GuardedDeps, type GuardedProvider, guardProvider } from './guarded.ts'
import { createPayPalProvider } from './paypal.ts'
import { createRazorpayProvider } from './razorpay.ts'
import { createStripeProvider } from './stripe.ts'
import { createTestProvider } from './test.ts'

export type Providers = {
  /** The one that is called so; for payments that exist already and for webhooks. */
  named(name: string): PaymentProvider | undefined
  /**
   * Who is asked for a new payment: the preferred one, or while its circuit is open the next that can. A card's token is
   * worth something only to the provider that gave it, so with a token it is always the preferred one.
   */
  forMethod(method: ProviderMethod, withToken?: boolean): PaymentProvider | undefined
  readonly all: readonly PaymentProvider[]
}

/** The providers that are configured, each behind its guard. Their libraries are loaded at the first call. */
export function createProviders(config: ProvidersConfig, deps: GuardedDeps): Providers {
  const guarded = configured(config, deps).map((provider) =>
    guardProvider(provider, deps, config.SOUK_PROVIDER_TIMEOUT_MS),
  )
  const preferred = { card: config.SOUK_CARD_PROVIDER, 'bank-transfer': config.SOUK_BANK_TRANSFER_PROVIDER }
  const inOrder = (method: ProviderMethod): GuardedProvider[] => {
    const able = guarded.filter(({ provider }) => provider.methods.has(method))
    return able.toSorted((a, b) => rank(a.provider, preferred[method]) - rank(b.provider, preferred[method]))
  }
  const order = { card: inOrder('card'), 'bank-transfer': inOrder('bank-transfer') }
  return {
    named: (name) => guarded.find(({ provider }) => provider.name === name)?.provider,
    forMethod(method, withToken = false) {
      const [first, ...others] = order[method]
      if (withToken || first === undefined || first.guard.state !== 'open') return first?.provider
      return (others.find(({ guard }) => guard.state === 'closed') ?? first).provider
    },
    all: guarded.map(({ provider }) => provider),
  }
}

const rank = (provider: PaymentProvider, preferred: string | undefined): number =>
  provider.name === preferred ? 0 : provider.name === 'test' ? 2 : 1

function configured(config: ProvidersConfig, { clock }: GuardedDeps): PaymentProvider[] {
  const timeoutMs = config.SOUK_PROVIDER_TIMEOUT_MS
  const providers: PaymentProvider[] = []
  if (config.SOUK_STRIPE_KEY !== undefined)
    providers.push(
      createStripeProvider({
        key: config.SOUK_STRIPE_KEY,
        webhookSecrets: listed(config.SOUK_STRIPE_WEBHOOK_SECRET),
        url: config.SOUK_STRIPE_URL,
        timeoutMs,
        clock,
      }),
    )
  if (config.SOUK_RAZORPAY_KEY_ID !== undefined && config.SOUK_RAZORPAY_KEY_SECRET !== undefined)
    providers.push(
      createRazorpayProvider({
        keyId: config.SOUK_RAZORPAY_KEY_ID,
        keySecret: config.SOUK_RAZORPAY_KEY_SECRET,
        webhookSecrets: listed(config.SOUK_RAZORPAY_WEBHOOK_SECRET),
        url: config.SOUK_RAZORPAY_URL,
        timeoutMs,
        clock,
      }),
    )
  if (config.SOUK_PAYPAL_CLIENT_ID !== undefined && config.SOUK_PAYPAL_CLIENT_SECRET !== undefined)
    providers.push(
      createPayPalProvider({
        clientId: config.SOUK_PAYPAL_CLIENT_ID,
        clientSecret: config.SOUK_PAYPAL_CLIENT_SECRET,
        webhookIds: listed(config.SOUK_PAYPAL_WEBHOOK_ID),
        url: config.SOUK_PAYPAL_URL,
        timeoutMs,
        clock,
      }),
    )
  if (config.SOUK_TEST_PROVIDER_URL !== undefined)
    providers.push(
      createTestProvider({ url: config.SOUK_TEST_PROVIDER_URL, secret: config.SOUK_SECRET, timeoutMs, clock }),
    )
  return providers
}

const listed = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
