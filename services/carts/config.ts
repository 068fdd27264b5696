import { integer } from '@souk/service'

export const config = {
  SOUK_GUEST_CART_DAYS: integer({
    min: 1,
    max: 365,
    default: 30,
    help: 'Days a guest’s cart is kept after the last change.',
  }),
  SOUK_CART_DAYS: integer({
    min: 1,
    max: 3_650,
    default: 90,
    help: 'Days the cart of a signed-in customer is kept after the last change.',
  }),
}
