import { integer } from '@souk/service'

export const config = {
  SOUK_ADDRESSES_PER_CUSTOMER: integer({
    min: 1,
    max: 1_000,
    default: 50,
    help: 'Addresses one customer may keep.',
  }),
  SOUK_EXPORTS_PER_MINUTE: integer({
    min: 1,
    max: 1_000_000,
    default: 3,
    help: 'How often a minute one account may ask for everything that is held about it.',
  }),
}
