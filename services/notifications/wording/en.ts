import type { Wording } from './index.ts'

const because = `{reason, select,
  shop {The shop cannot fulfil it.}
  payment_refused {Your payment was refused.}
  payment_expired {No payment arrived in time.}
  out_of_stock {What you ordered is no longer there.}
  other {We had to call it off.}}`
const failure = `{reason, select,
  expired {No payment arrived in time.}
  insufficient_funds {There is not enough money on the account.}
  cancelled {The payment was called off.}
  other {Your payment was refused.}}`
const units = '{units, plural, one {# unit} other {# units}}'

export const english: Wording = {
  footer: 'You receive this because you have an account here. What you are told, and how, is for you to choose.',
  kinds: {
    'order-confirmed': {
      subject: 'Your order {order} is confirmed',
      body: `# Thank you!

Your order **{order}** from {shop} is confirmed and is being prepared. We will write again when it is on its way.`,
      short: '{shop}: your order {order} is confirmed. We will tell you when it is on its way.',
    },
    'order-shipped': {
      subject: '{complete, select, no {Part of your order {order} is} other {Your order {order} is}} on its way',
      body: `# It is on its way

${units} of your order **{order}** from {shop} left{tracked, select, yes { with {carrier}, number {trackingNumber}} other {}}.{complete, select, no { The rest follows.} other {}}

[Follow the parcel]({trackingUrl})`,
      short: `{shop}: ${units} of your order {order} left{tracked, select, yes { with {carrier}, {trackingNumber}} other {}}.`,
    },
    'order-delivered': {
      subject: 'Your order {order} has arrived',
      body: `# It has arrived

Your order **{order}** from {shop} was delivered. We hope you like it.`,
      short: '{shop}: your order {order} was delivered.',
    },
    'order-returned': {
      subject: 'We received your return of order {order}',
      body: `# Your return is here

${units} of your order **{order}** came back to {shop}. You get **{refund}** back.`,
      short: `{shop}: your return of order {order} is here. You get {refund} back.`,
    },
    'order-cancelled': {
      subject: 'Your order {order} was cancelled',
      body: `# Your order was cancelled

We are sorry: your order **{order}** from {shop} was cancelled. ${because}

If you have paid, the money is on its way back.`,
      short: `{shop}: your order {order} was cancelled. ${because}`,
    },
    'payment-failed': {
      subject: 'The payment for order {order} failed',
      body: `# The payment failed

**{amount}** for your order **{order}** from {shop} could not be taken. ${failure}

You have not been charged.`,
      short: `{shop}: {amount} for order {order} could not be taken. ${failure}`,
    },
    'payment-needed': {
      subject: 'Please pay for order {order}',
      body: `# One more step

Please complete the payment of **{amount}** for your order **{order}** from {shop} by {deadline, date, long}, {deadline, time, short} UTC. After that it ends by itself.`,
      short: '{shop}: please pay {amount} for order {order} by {deadline, time, short} UTC.',
    },
    'payment-refunded': {
      subject: '{amount} for order {order} is on its way back to you',
      body: `# Your money is on its way

We have sent back **{amount}** for your order **{order}** from {shop}{cause, select, returned {, for what you returned} late {: the payment came after the order had ended} other {}}. It can take some days to arrive.`,
      short: '{shop}: {amount} for order {order} is on its way back to you.',
    },
    'stock-low': {
      subject: '{product} is running low',
      body: `# {product} is running low

{left, plural, =0 {Nothing is} one {One unit is} other {# units are}} left on the shelves of {shop}. You asked to be told at {level}.`,
      short: '{shop}: {left, plural, =0 {nothing} one {one unit} other {# units}} left of {product}.',
    },
    notice: { subject: '{title}', body: `# {title}\n\n{text}`, short: '{shop}: {title}. {text}' },
  },
}
