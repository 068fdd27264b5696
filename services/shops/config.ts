import { flag, integer } from '@souk/service'

export const shopsConfig = {
  SOUK_SHOPS_NEED_VERIFICATION: flag({
    default: true,
    help: 'A shop opens for sale only after an operator verified it. Off: it opens when it is registered.',
  }),
  SOUK_SHOPS_PER_ACCOUNT: integer({
    min: 1,
    max: 10_000,
    default: 10,
    help: 'Shops one account may own that are not closed.',
  }),
  SOUK_SHOPS_COMMISSION_BP: integer({
    min: 0,
    max: 10_000,
    default: 1_000,
    help: 'Commission of a newly registered shop in basis points: 1000 is 10 %.',
  }),
}
