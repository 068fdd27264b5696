import { defineErrors } from '@souk/errors'

export const shopErrors = defineErrors({
  'shop-not-found': {
    status: 404,
    title: 'No such shop',
    help: 'There is no shop with this id or address, it is not open, or it is not yours to manage.',
  },
  'shop-slug-taken': {
    status: 409,
    title: 'This address is taken',
    help: 'Another shop has this slug. Choose another, or leave it out to have one made from the name.',
  },
  'shop-limit-reached': {
    status: 409,
    title: 'Too many shops for one account',
    help: 'An account may own a limited number of shops that are not closed. Close one, or use another account.',
  },
  'shop-move-refused': {
    status: 409,
    title: 'Not possible in this state',
    help: 'The shop has moved on; `from` says what it is now, `action` what was asked. Read it again.',
  },
  'last-owner': {
    status: 409,
    title: 'The last owner stays',
    help: 'A shop has at least one owner. Make somebody else an owner first, or close the shop.',
  },
  'owners-only': {
    status: 403,
    title: 'Only an owner may do this',
    help: 'Making, changing and removing owners and closing the shop are for its owners and for operators.',
  },
  'member-not-found': {
    status: 404,
    title: 'Not a member',
    help: 'This account is not a member of the shop.',
  },
  'member-refused': {
    status: 409,
    title: 'This account cannot be a member',
    help: 'There is no such account, it was closed, or it works for as many shops as one may. It was not added.',
  },
})
