import type { ProvidersConfig } from '../config-providers.ts'
import type { PaymentProvider, ProviderMethod } from '../provider.ts'
import { type GuardedDeps, type GuardedProvider, guardProvider } from './guarded.ts'
import { lazyProvider } from './lazy.ts'

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
    guardProvider(provider, deps, { timeoutMs: config.SOUK_PROVIDER_TIMEOUT_MS, restMs: config.SOUK_PROVIDER_REST_MS }),
  )
  const preferred = { card: config.SOUK_CARD_PROVIDER, 'bank-transfer': config.SOUK_BANK_TRANSFER_PROVIDER }
  const isReal = ({ provider }: GuardedProvider) => provider.name !== 'test'
  const inOrder = (method: ProviderMethod): GuardedProvider[] => {
    // Beside a real provider the test provider takes nothing unless it was named: its money is none.
    const some = guarded.some(isReal) && preferred[method] !== 'test' ? guarded.filter(isReal) : guarded
    return some
      .filter(({ provider }) => provider.methods.has(method))
      .toSorted((a, b) => Number(b.provider.name === preferred[method]) - Number(a.provider.name === preferred[method]))
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

const card: ReadonlySet<ProviderMethod> = new Set(['card'])

function configured(config: ProvidersConfig, { clock }: GuardedDeps): PaymentProvider[] {
  const common = { timeoutMs: config.SOUK_PROVIDER_TIMEOUT_MS, clock }
  const providers: PaymentProvider[] = []
  const key = config.SOUK_STRIPE_KEY
  if (key !== undefined) {
    const webhookSecrets = listed(config.SOUK_STRIPE_WEBHOOK_SECRET)
    const settings = { key, webhookSecrets, url: config.SOUK_STRIPE_URL, ...common }
    const load = async () => (await import('./stripe.ts')).createStripeProvider(settings)
    providers.push(lazyProvider({ name: 'stripe', methods: card, load }))
  }
  const { SOUK_RAZORPAY_KEY_ID: keyId, SOUK_RAZORPAY_KEY_SECRET: keySecret } = config
  if (keyId !== undefined && keySecret !== undefined) {
    const webhookSecrets = listed(config.SOUK_RAZORPAY_WEBHOOK_SECRET)
    const settings = { keyId, keySecret, webhookSecrets, url: config.SOUK_RAZORPAY_URL, ...common }
    const load = async () => (await import('./razorpay.ts')).createRazorpayProvider(settings)
    providers.push(lazyProvider({ name: 'razorpay', methods: card, load }))
  }
  const { SOUK_PAYPAL_CLIENT_ID: clientId, SOUK_PAYPAL_CLIENT_SECRET: clientSecret } = config
  if (clientId !== undefined && clientSecret !== undefined) {
    const webhookIds = listed(config.SOUK_PAYPAL_WEBHOOK_ID)
    const settings = { clientId, clientSecret, webhookIds, url: config.SOUK_PAYPAL_URL, ...common }
    const load = async () => (await import('./paypal.ts')).createPayPalProvider(settings)
    providers.push(lazyProvider({ name: 'paypal', methods: card, load }))
  }
  if (config.SOUK_TEST_PROVIDER_URL !== undefined) {
    const settings = { url: config.SOUK_TEST_PROVIDER_URL, secret: config.SOUK_SECRET, ...common }
    const load = async () => (await import('./test.ts')).createTestProvider(settings)
    const methods = new Set<ProviderMethod>(['card', 'bank-transfer'])
    providers.push(lazyProvider({ name: 'test', methods, many: true, load }))
  }
  return providers
}

const listed = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
