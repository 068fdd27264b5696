import { defineErrors } from '@souk/errors'

export const reviewErrors = defineErrors({
  'review-not-found': {
    status: 404,
    title: 'No such review',
    help: 'There is no review with this id, it is not published, or it is not yours to look after.',
  },
  'review-not-a-buyer': {
    status: 403,
    title: 'Only buyers review',
    help: 'A product is reviewed by those it was delivered to. It takes a moment from the delivery until this is known.',
  },
  'review-exists': {
    status: 409,
    title: 'You have reviewed this already',
    help: 'There is one review per customer and product; `reviewId` names yours. Edit it.',
  },
  'review-empty': {
    status: 422,
    title: 'Nothing was written',
    help: 'Without characters nobody sees (spaces, marks of direction) nothing is left of the text. Write some words.',
  },
  'review-own-vote': {
    status: 409,
    title: 'Your own review',
    help: 'Nobody votes for a review of his own, or reports it: edit or remove it.',
  },
})
