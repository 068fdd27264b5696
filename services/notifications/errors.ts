import { defineErrors } from '@souk/errors'

export const errors = defineErrors({
  'recipient-not-found': {
    status: 404,
    title: 'Nobody to write to',
    help: 'A shop may write to customers it has already told something, such as that an order was confirmed. The others are named in `customerIds`.',
  },
  'message-not-found': {
    status: 404,
    title: 'No such failed message',
    help: 'It does not exist, was sent meanwhile, or a person has decided about it already.',
  },
  'message-unclear': {
    status: 422,
    title: 'The message cannot be written',
    help: 'Give a kind with exactly its parameters, or a subject and a text. `faults` says what is wrong.',
  },
  'template-refused': {
    status: 422,
    title: 'The template does not work',
    help: 'It was tried with sample values and could not be rendered. `faults` says why; nothing was published.',
  },
  'template-shop-not-found': {
    status: 404,
    title: 'No such shop for templates',
    help: 'The shop does not exist, or its settings are not yours. Templates of the whole marketplace are the operator’s.',
  },
  'template-changed': {
    status: 409,
    title: 'Another version was published',
    help: 'Somebody published at the same moment. Read the templates and publish again.',
  },
  'receipt-provider-unknown': {
    status: 404,
    title: 'No receipts of this provider',
    help: 'What signs its webhooks is not set up here. See the settings of the provider in the guide to messages.',
  },
  'receipt-refused': {
    status: 400,
    title: 'Not from this provider',
    help: 'The signature is missing or another’s, or what was signed is not what the provider sends. Nothing was kept.',
  },
  'preference-refused': {
    status: 422,
    title: 'This cannot be chosen',
    help: 'Phone numbers are written +491701234567. A channel needs its address: a phone for SMS and WhatsApp, a token for push.',
  },
})
