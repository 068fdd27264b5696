import { flag, integer, oneOf, url } from '@souk/service'
import { providersConfig } from './config-providers.ts'

export const paymentsConfig = {
  ...providersConfig,
  SOUK_PAYMENTS_CAPTURE: oneOf(['authorisation', 'shipment'], {
    default: 'authorisation',
    help: 'When the money of cards and bank transfers is taken: as soon as it is promised, or when goods leave.',
  }),
  // The orders' setting, read here too, because the customer is told how long he has.
  SOUK_PAYMENT_DEADLINE_MINUTES: integer({
    min: 1,
    max: 10_080,
    default: 15,
    help: 'How long an order waits for a payment whose answer comes later; then it is cancelled and what it held is released.',
  }),
  SOUK_PAYMENTS_AT_ONCE_MS: integer({
    min: 50,
    max: 10_000,
    default: 800,
    help: 'How long a provider that answers many payments at once may take before they are left to wait.',
  }),
  SOUK_PAYMENTS_FRAUD: flag({
    default: true,
    help: 'Judge payments through providers before any money is taken; those above 0.8 are refused.',
  }),
  SOUK_PAYMENTS_LARGE: integer({
    min: 1,
    max: 1_000_000_000,
    default: 5_000,
    help: 'From which amount on a payment is unusual, in whole units of its currency.',
  }),
  SOUK_COMMISSION_TAX_BP: integer({
    min: 0,
    max: 10_000,
    default: 0,
    help: 'Tax on the commission, in basis points of it; kept of the shop beside the commission.',
  }),
  SOUK_PAYMENTS_RETURN_URL: url({
    protocols: ['https', 'http'],
    default: 'http://127.0.0.1:3000/orders',
    help: 'Where customers come back to from a payment provider; the id of the order is added to it.',
  }),
}
