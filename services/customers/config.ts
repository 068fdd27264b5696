import { integer } from '@souk/service'

export const config = {
  SOUK_ADDRESSES_PER_CUSTOMER: integer({
    min: 1,
    max: 1_000,
    default: 50,
    help: 'Addresses one customer may keep.',
  }),
}
