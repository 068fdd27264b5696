import { defineErrors, DomainError } from '@souk/errors'

export const isDomainError = (error: unknown): error is DomainError => error instanceof DomainError

export const orderErrors = defineErrors({
  'order-not-found': {
    status: 404,
    title: 'No such order',
    help: 'There is no order with this id, or it is not yours to see.',
  },
  'unknown-variant': {
    status: 409,
    title: 'Not for sale',
    help: 'A line names a variant that does not exist or is not for sale at present. Remove the line and order again.',
  },
  'shop-not-selling': {
    status: 409,
    title: 'The shop is not selling',
    help: 'The shop is closed or suspended. Orders already placed are not touched.',
  },
  'several-shops': {
    status: 409,
    title: 'Lines of several shops',
    help: 'An order is placed with one shop. Place one order for each shop.',
  },
  'out-of-stock': {
    status: 409,
    title: 'Not enough stock',
    help: 'Fewer units are left than a line asks for; `variantId` and `remaining` say which and how many. Nothing was ordered.',
  },
  'cap-reached': {
    status: 409,
    title: 'No more for one customer',
    help: 'The sale allows each customer a number of units; `remaining` says how many you may still buy.',
  },
  'sale-unknown': {
    status: 404,
    title: 'No such sale',
    help: 'Nothing was ever set aside for a sale with this id. List sales with GET /v1/sales.',
  },
  'no-sale': {
    status: 409,
    title: 'No sale is running',
    help: 'The product has no sale window now or ahead. It may be sold at its ordinary price: POST /v1/orders.',
  },
  'sale-not-started': {
    status: 409,
    title: 'The sale has not begun',
    help: '`startsAt` says when it does.',
  },
  'total-too-large': {
    status: 422,
    title: 'The order is too large',
    help: 'The sum of an order may not pass 10,000,000,000.00. Divide it.',
  },
  'voucher-refused': {
    status: 409,
    title: 'The voucher does not hold for this order',
    help: '`reason` says why: unknown, not-begun, ended, minimum, not-for-these, not-first, currency, twice. Nothing was ordered; order without it or change the order.',
  },
  'voucher-used-up': {
    status: 409,
    title: 'The voucher has been used up',
    help: 'Others were faster. Nothing was ordered; order without it.',
  },
  'voucher-cap-reached': {
    status: 409,
    title: 'You have used this voucher',
    help: 'Each customer may use it a number of times, `cap`. Nothing was ordered; order without it.',
  },
  'delivery-refused': {
    status: 409,
    title: 'The shop does not deliver so',
    help: '`reason` says why: required (it sends, and no address was given), country, method, weight. Nothing was ordered.',
  },
  'price-changed': {
    status: 409,
    title: 'Prices changed meanwhile',
    help: 'Prices or rules of the shop changed while the order was being placed. Nothing was ordered; look at it again.',
  },
  'pricing-unavailable': {
    status: 503,
    title: 'Not known what this costs',
    help: 'Vouchers, delivery or tax could not be worked out in time. Nothing was ordered; try again shortly with the same Idempotency-Key.',
  },
  'order-key-mismatch': {
    status: 422,
    title: 'This key was used for another order',
    help: 'The Idempotency-Key was sent before with another body. Use a new key for a new order.',
  },
  'illegal-transition': {
    status: 409,
    title: 'Not possible in this state',
    help: 'The order has moved on; read it again to see what is still possible.',
  },
  'shipment-not-found': {
    status: 404,
    title: 'No such shipment',
    help: 'The order has no shipment with this id.',
  },
  'shipment-under-way': {
    status: 409,
    title: 'Goods are being handed over',
    help: 'A shipment of the order is being taken from the shelf at this moment. Ask again in a few seconds.',
  },
  'nothing-to-ship': {
    status: 409,
    title: 'Nothing is left to be shipped',
    help: 'Every unit of the order is shipped, or in a shipment that is being handed over.',
  },
  'more-than-left': {
    status: 409,
    title: 'More than there is left',
    help: 'A line names more units than are left to be shipped or returned; `variantId` and `remaining` say which and how many. Nothing was done.',
  },
  'order-line-not-found': {
    status: 404,
    title: 'No such line',
    help: 'A line names a variant, in `variantId`, that the order or the return does not have. Nothing was done.',
  },
  'goods-missing': {
    status: 409,
    title: 'The goods are not there',
    help: 'The stock does not have what the shipment needs; `variantId` says what. The shipment is refused, and the order can be shipped when the goods are there.',
  },
  'too-many-parts': {
    status: 409,
    title: 'Divided too often',
    help: 'An order can have 100 shipments and 100 returns, refused ones included.',
  },
  'nothing-delivered': {
    status: 409,
    title: 'Nothing has been delivered',
    help: 'Only what has been delivered can be returned. An order that is not shipped yet can be cancelled.',
  },
  'return-not-found': {
    status: 404,
    title: 'No such return',
    help: 'There is no return with this id, or it is not yours to see.',
  },
  'return-too-late': {
    status: 409,
    title: 'Too late to be returned',
    help: 'Returns are accepted for a number of days after delivery; `until` says how long it was.',
  },
  'illegal-return-transition': {
    status: 409,
    title: 'Not possible for this return',
    help: 'The return has moved on; read it again to see what is still possible.',
  },
  'return-lines-differ': {
    status: 409,
    title: 'Not the lines of the return',
    help: 'Name every line of the return once, with no more units than were announced; 0 for what did not come. Nothing was done.',
  },
  'payment-token-unexpected': {
    status: 422,
    title: 'No payment token here',
    help: 'A token of a payment provider goes only with an order paid by card. Leave `paymentToken` out, or pay by card.',
  },
  'card-number-refused': {
    status: 422,
    title: 'This looks like a card number',
    help: 'Numbers of cards are never taken here. Give the card to the payment provider and send the token it answers with, or leave `paymentToken` out and complete the payment at `/v1/orders/{orderId}/payments`.',
  },
  'nothing-to-retry': {
    status: 409,
    title: 'Nothing is left to be done',
    help: 'The order has come to its end, and nothing of it failed.',
  },
  'orders-overloaded': {
    status: 503,
    title: 'Too many orders at once',
    help: 'Nothing was ordered. Try again after the time in Retry-After, with the same Idempotency-Key.',
  },
  'terms-unavailable': {
    status: 503,
    title: 'Not known whether this is for sale',
    help: 'A line names something new here, and the catalogue did not answer in time. Nothing was ordered; try again shortly with the same Idempotency-Key.',
  },
  'import-not-found': {
    status: 404,
    title: 'No such import',
    help: 'There is no import with this id in this shop. Begin it again.',
  },
  'import-moved-on': {
    status: 409,
    title: 'The import has moved on',
    help: 'Another program goes on with the same import, or it ended. Begin it again: that tells how far it is.',
  },
  'order-outcome-unknown': {
    status: 503,
    title: 'Not known whether the order was placed',
    help: 'The database went away at the wrong moment. Send the same request with the same Idempotency-Key: you get the order, or it is placed now.',
  },
})
