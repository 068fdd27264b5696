import { defineErrors } from '@souk/errors'

export const errors = defineErrors({
  'cart-not-found': {
    status: 404,
    title: 'No such cart',
    help: 'There is no cart with this id for you: it expired, was merged, or belongs to somebody else. A guest sends X-Cart-Token.',
  },
  'cart-full': {
    status: 409,
    title: 'The cart is full',
    help: 'A cart holds 200 different things at most. Remove some, or check out first.',
  },
  'variant-not-sold': {
    status: 422,
    title: 'Not for sale',
    help: 'There is nothing with this id that is for sale at present.',
  },
  'cart-empty': {
    status: 409,
    title: 'Nothing to order',
    help: 'The cart is empty: perhaps it was checked out in another window.',
  },
  'cart-changed': {
    status: 409,
    title: 'Dearer than when it was put in',
    help: '`changes` names what is dearer now. Show it, and check out again with `acceptChanges: true`.',
  },
  'checkout-under-way': {
    status: 409,
    title: 'This cart is being checked out',
    help: 'Another window or a first try is at it; `checkoutId` says which. Look there before ordering again.',
  },
  'checkout-not-found': {
    status: 404,
    title: 'No such checkout',
    help: 'There is no checkout of yours with this id, or it was done more than 30 days ago.',
  },
  'voucher-unknown': {
    status: 422,
    title: 'No such voucher',
    help: 'None of the shops in the cart has a voucher with this code.',
  },
  'delivery-address-unknown': {
    status: 404,
    title: 'No such address',
    help: 'There is no address with this id in your address book.',
  },
  'wishlist-full': {
    status: 409,
    title: 'The wishlist is full',
    help: 'A wishlist holds 500 products. Remove some first.',
  },
  'checkout-unavailable': {
    status: 503,
    title: 'Cannot check out just now',
    help: 'Something needed for it did not answer. Nothing was ordered; try again in a moment.',
  },
})
