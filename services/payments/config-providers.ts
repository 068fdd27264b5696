import { integer, oneOf, optional, type ParsedEnv, text, url } from '@souk/service'

const names = ['stripe', 'razorpay', 'paypal', 'test'] as const
const address = (help: string) => optional(url({ protocols: ['https', 'http'], help }))
const secret = (help: string) => optional(text({ secret: true, help }))
const secrets = (what: string) =>
  secret(`${what} Several, separated by commas, while one is exchanged for another: each of them is believed.`)

/** Who moves the money. Without any of these the marketplace knows only the test provider, where there is one. */
export const providersConfig = {
  SOUK_SECRET: text({
    secret: true,
    minLength: 32,
    help: 'Seals the signing keys and ties the audit trail. 32 characters or more, the same for every process.',
  }),
  SOUK_CARD_PROVIDER: optional(
    oneOf(names, { help: 'Who is asked for card payments first; the others configured step in while it is away.' }),
  ),
  SOUK_BANK_TRANSFER_PROVIDER: optional(oneOf(names, { help: 'Who is asked for bank transfers first.' })),
  SOUK_PROVIDER_TIMEOUT_MS: integer({
    min: 100,
    max: 120_000,
    default: 30_000,
    help: 'How long a payment provider may take to answer; afterwards the outcome is looked up.',
  }),
  SOUK_PROVIDER_REST_MS: integer({
    min: 100,
    max: 3_600_000,
    default: 60_000,
    help: 'How long a provider that failed too often is left alone before a few calls try it again.',
  }),
  SOUK_TEST_PROVIDER_URL: address('Of the test provider. souk start sets it when it starts one.'),
  SOUK_STRIPE_KEY: secret('Secret key of your Stripe account (sk_…, or a restricted one, rk_…).'),
  SOUK_STRIPE_WEBHOOK_SECRET: secrets('What Stripe signs webhooks with (whsec_…).'),
  SOUK_STRIPE_URL: address('Instead of https://api.stripe.com.'),
  SOUK_RAZORPAY_KEY_ID: optional(text({ help: 'Key id of your Razorpay account (rzp_…).' })),
  SOUK_RAZORPAY_KEY_SECRET: secret('The secret that belongs to the key id.'),
  SOUK_RAZORPAY_WEBHOOK_SECRET: secrets('The secret you gave Razorpay for webhooks.'),
  SOUK_RAZORPAY_URL: address('Instead of https://api.razorpay.com.'),
  SOUK_PAYPAL_CLIENT_ID: optional(text({ help: 'Client id of your PayPal app.' })),
  SOUK_PAYPAL_CLIENT_SECRET: secret('The secret of that app.'),
  SOUK_PAYPAL_WEBHOOK_ID: optional(
    text({ help: 'Id of the webhook as PayPal shows it; it is part of what is signed. Several, separated by commas.' }),
  ),
  SOUK_PAYPAL_URL: address('Instead of https://api-m.paypal.com; the sandbox is https://api-m.sandbox.paypal.com.'),
}

export type ProvidersConfig = ParsedEnv<typeof providersConfig>
