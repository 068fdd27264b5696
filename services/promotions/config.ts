import { integer } from '@souk/service'

export const promotionsConfig = {
  SOUK_QUOTES_PER_MINUTE: integer({
    min: 1,
    max: 1_000_000,
    default: 120,
    help: 'Prices one address may ask for a minute: enough for a shopper, few for whoever tries out voucher codes.',
  }),
}
