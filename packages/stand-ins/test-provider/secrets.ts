import { createHmac } from 'node:crypto'

export type TestProviderSecrets = {
  /** What its callers show. */
  apiKey: string
  /** What it signs webhooks with. */
  webhookSecret: string
  /** What opens the payment pages it hands out. */
  pageSecret: string
}

/** Both sides derive them from the marketplace's secret: nobody has to be told any. */
export const testProviderSecrets = (secret: string): TestProviderSecrets => {
  const derive = (what: string) => createHmac('sha256', secret).update(`test provider ${what}`).digest('base64url')
  return { apiKey: derive('api key'), webhookSecret: derive('webhook secret'), pageSecret: derive('pages') }
}
