import { defineErrors } from '@souk/errors'

export const promotionErrors = defineErrors({
  'promotion-shop-not-found': {
    status: 404,
    title: 'No such shop',
    help: 'There is no shop with this id, or you have no part in it.',
  },
  'voucher-not-found': { status: 404, title: 'No such voucher', help: 'The shop has no voucher with this id.' },
  'discount-not-found': { status: 404, title: 'No such discount', help: 'The shop has no discount with this id.' },
  'shipping-rate-not-found': {
    status: 404,
    title: 'No such shipping rate',
    help: 'The shop has no shipping rate with this id.',
  },
  'voucher-code-taken': {
    status: 409,
    title: 'The shop has this code already',
    help: 'Codes are unique in a shop, however their case. Choose another, or remove the voucher that has it.',
  },
  'promotion-does-not-fit': {
    status: 422,
    title: 'These values do not go together',
    help: 'The detail says which: a percentage needs `percent`, an amount needs `amountMinor` and `currency`, an end comes after its beginning.',
  },
  'too-many-rules': {
    status: 409,
    title: 'The shop has as many as it can have',
    help: 'A shop has 200 discounts and 200 shipping rates at most, so that an order is priced in no time. Remove one first.',
  },
  'prices-unavailable': {
    status: 503,
    title: 'Not known what this costs',
    help: 'Prices could not be asked for in time. Try again shortly.',
  },
})
