import { defineErrors } from '@souk/errors'

export const errors = defineErrors({
  'customer-not-found': { status: 404, title: 'No such customer', help: 'There is no customer with this id.' },
  'customer-closed': {
    status: 410,
    title: 'The account was closed',
    help: 'What was personal has been erased, and nothing is kept for this account any more.',
  },
  'avatar-not-found': {
    status: 404,
    title: 'No such picture of yours',
    help: 'Upload one with POST /v1/media/personal and complete it, then choose it here.',
  },
  'address-not-found': {
    status: 404,
    title: 'No such address',
    help: 'There is no address with this id in your address book.',
  },
  'address-refused': {
    status: 422,
    title: 'The address cannot be right',
    help: 'Something the country asks for is missing or does not look as it does there; `faults` names each field and why.',
  },
  'too-many-addresses': {
    status: 409,
    title: 'The address book is full',
    help: 'An address book holds a limited number of addresses. Remove one first.',
  },
  'phone-refused': {
    status: 422,
    title: 'Not a phone number',
    help: 'Write it as dialled from abroad, beginning with + and the country: +49 30 901820.',
  },
  'birth-date-refused': {
    status: 422,
    title: 'Not a possible birth date',
    help: 'A birth date lies in the past, at most 130 years ago.',
  },
})
