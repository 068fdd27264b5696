import { defineErrors } from '@souk/errors'

export const paymentErrors = defineErrors({
  'payment-not-found': {
    status: 404,
    title: 'No such payment',
    help: 'There is no payment with this id, or it is not yours to see. The payment of an order placed a moment ago may need a second to appear.',
  },
  'illegal-payment-move': {
    status: 409,
    title: 'Not possible in this state',
    help: 'The payment has moved on, as `state` says; read it again to see what is still possible.',
  },
  'refund-too-large': {
    status: 409,
    title: 'More than can be refunded',
    help: 'All refunds of a payment together cannot be more than was collected. `leftMinor` says how much is left.',
  },
  'text-holds-card-number': {
    status: 422,
    title: 'This looks like a card number',
    help: 'Card numbers are never taken: the customer gives the card to the payment provider, and we are given its token. Nothing of what was sent has been kept.',
  },
  'provider-unknown': {
    status: 404,
    title: 'No such payment provider',
    help: 'No payment provider of this name is set up here.',
  },
  'provider-unavailable': {
    status: 503,
    title: 'The payment provider does not answer',
    help: 'Nothing was changed. Try again when it answers again.',
  },
  'webhook-refused': {
    status: 401,
    title: 'Not from the payment provider',
    help: 'The signature does not fit the body, or the webhook is older than five minutes. Check the secret, and that nothing on the way changes the body.',
  },
  'webhook-unreadable': {
    status: 400,
    title: 'The webhook cannot be read',
    help: 'It is signed as it should be, but is not what this provider is known to send.',
  },
  'webhooks-unavailable': {
    status: 503,
    title: 'The webhook cannot be checked right now',
    help: 'Nothing was kept. The provider will send it again.',
  },
})
